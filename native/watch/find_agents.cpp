#include "watch/find_agents.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "watch/process_facts.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLock = "/remora.lock";

// The pid that a folder of /proc is named after; 0: another folder.
std::int64_t pid_of(const fs::path& folder) {
    const std::string name = folder.filename().string();
    std::int64_t pid = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
    return failed == std::errc{} && end == name.data() + name.size() ? pid : 0;
}

// Looks at what the process has open. False when that is forbidden.
bool add_by_locks(std::int64_t pid, const std::string& proc, FoundAgents& found) {
    const std::string folder = proc + "/" + std::to_string(pid);
    std::error_code failed;
    fs::directory_iterator descriptors(folder + "/fd", failed);
    if (failed) {
        return false;
    }
    for (const fs::directory_iterator end; descriptors != end; descriptors.increment(failed)) {
        std::error_code ignored;
        std::string path = fs::read_symlink(descriptors->path(), ignored).string();
        if (!path.ends_with(kLock)) {
            continue;
        }
        // In a container it is another file of the same path.
        if (!is_same_file(path, descriptors->path().string())) {
            path.insert(0, folder + "/root");
        }
        found.agents.push_back({pid, path.substr(0, path.size() - kLock.size())});
    }
    return true;
}

void add_process(std::int64_t pid, const std::string& proc, FoundAgents& found) {
    if (add_by_locks(pid, proc, found)) {
        return;
    }
    const std::vector<std::string> command = command_of(pid, proc);
    if (std::any_of(command.begin(), command.end(), is_agent_argument)) {
        found.hidden.push_back(pid);
    }
}

}  // namespace

bool is_agent_argument(const std::string& word) {
    constexpr std::string_view kAgent = "-javaagent:";
    const std::string_view jar = std::string_view(word).substr(0, word.find('='));
    const std::size_t slash = jar.find_last_of("/:");
    return word.starts_with(kAgent) && jar.ends_with(".jar") && slash != std::string_view::npos &&
           jar.substr(slash + 1).starts_with("remora");
}

std::vector<std::string> command_of(std::int64_t pid, const std::string& proc) {
    return texts_of(proc + "/" + std::to_string(pid) + "/cmdline");
}

FoundAgents find_agents_of(std::int64_t pid, const std::string& proc) {
    FoundAgents found;
    std::error_code ignored;
    if (!add_by_locks(pid, proc, found) && fs::exists(proc + "/" + std::to_string(pid), ignored)) {
        found.hidden.push_back(pid);
    }
    return found;
}

FoundAgents find_agents(const std::string& proc) {
    FoundAgents found;
    std::error_code failed;
    fs::directory_iterator folders(proc, failed);
    std::vector<std::int64_t> pids;
    for (const fs::directory_iterator end; !failed && folders != end; folders.increment(failed)) {
        if (const std::int64_t pid = pid_of(folders->path()); pid > 0) {
            pids.push_back(pid);
        }
    }
    std::sort(pids.begin(), pids.end());
    for (const std::int64_t pid : pids) {
        add_process(pid, proc, found);
    }
    return found;
}

}  // namespace remora
