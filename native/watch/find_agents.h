// The agents that run on this machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace remora {

// An agent holds the lock of its directory for as long as it runs.
struct FoundAgent {
    std::int64_t pid = 0;
    std::string directory;  // as this process can reach it
};

struct FoundAgents {
    std::vector<FoundAgent> agents;  // by process id
    // Processes of other users that cannot be looked into and whose command line has an agent.
    std::vector<std::int64_t> hidden;
};

// Looks at all processes. `proc`: where they are shown. Asks the kernel.
FoundAgents find_agents(const std::string& proc = "/proc");

// The same of one process, which is hidden whatever its command line has.
FoundAgents find_agents_of(std::int64_t pid, const std::string& proc = "/proc");

// Whether a word of a command line starts a JVM with the agent.
bool is_agent_argument(const std::string& word);

// Words of a process's command line; empty when there is no such process.
std::vector<std::string> command_of(std::int64_t pid, const std::string& proc);

}  // namespace remora
