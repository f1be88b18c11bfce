// `remora attach`, `detach` and `reload`: tell a JVM that runs what to do with the agent.
#pragma once

#include <string>

namespace remora {

struct AttachOptions {
    int pid = 0;
    std::string arguments;  // as behind -javaagent:remora.jar=; of attach only
    std::string jar;        // empty: the one that came with this program
    int timeout_s = 90;
};

// `command`: "attach", "detach" or "reload". Prints to stdout what came of it, problems to stderr.
// Exit status: 0 when it was done, else 1. Acts as the JVM's user from then on.
int run_attach(const std::string& command, const AttachOptions& options);

}  // namespace remora
