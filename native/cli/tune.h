// `remora tune`: what the optimizer of an agent has changed, and how it is taken back.
#pragma once

#include <string>

namespace remora {

struct TuneOptions {
    std::string directory;
    bool json = false;
    bool reverts = false;
    std::string which;  // of revert: the number of a change, or "all"
};

// Prints what is kept, tried and rests, in words or as the agent wrote it, and whether that agent
// is there. To revert, it asks the agent to take changes back, and waits until it has. Problems go
// to stderr. Exit status: 0, also when all is to be taken back and nothing is kept; 1 when there is
// nothing to show, or the agent has not answered; 2 when nothing is called so.
int run_tune(const TuneOptions& options);

}  // namespace remora
