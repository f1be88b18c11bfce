// `remora status`: whether all is well, for people and scripts.
#pragma once

#include <string>

namespace remora {

struct StatusOptions {
    std::string where;  // see which_agent.h; empty: all agents that run here
    bool json = false;
};

// Exit status: 0: all well, 1: degraded, 2: dead, off, or none. The worst of several.
int run_status(const StatusOptions& options);

}  // namespace remora
