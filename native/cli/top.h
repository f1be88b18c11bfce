// `remora top`: key metrics of the broker and the agent's own cost, again and again, from the
// agent's files.
#pragma once

#include <string>

namespace remora {

struct TopOptions {
    std::string directory;
    int interval_s = 5;
    int count = 0;  // screens; 0: for ever
    bool plain = false;
};

// Exit status: 0, or 1 when the directory has no counters file of this version.
int run_top(const TopOptions& options);

}  // namespace remora
