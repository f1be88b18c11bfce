// `remora top`: a broker and its agent, again and again, from the agent's files.
#pragma once

#include <string>

namespace remora {

struct TopOptions {
    std::string where;  // see which_agent.h
    bool plain = false;
    bool json = false;
    bool once = false;
    int seconds = 0;  // ends by itself after so long; 0: when it is told to
};

// A screen at each tick of the agent; without a terminal one below the other. Exit status: 0; 1
// when there is no such agent, or its directory has no counters file of this version.
int run_top(const TopOptions& options);

}  // namespace remora
