// `remora stat`: the counters of an agent, from its counters file; works on a hung or dead broker.
#pragma once

#include <string>

namespace remora {

struct StatOptions {
    std::string where;
    bool json = false;
    bool all = false;
};

// Prints to stdout; problems to stderr. Exit status: 0, or 1 when there is no counters file of this
// version.
int run_stat(const StatOptions& options);

}  // namespace remora
