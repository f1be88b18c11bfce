// `remora tune`: what the optimizer of an agent has changed, and how it is taken back.
#pragma once

#include <string>

namespace remora {

struct TuneOptions {
    std::string directory;
    bool json = false;
    std::string which;  // of revert: the number of a change, or "all"
};

// Prints what is kept, tried and rests, in words or as the agent wrote it. With `which` it asks the
// agent to take changes back, and waits until it has. Problems go to stderr. Exit status: 0; 1 when
// there is nothing to show, or the agent has not answered; 2 when nothing is called so.
int run_tune(const TuneOptions& options);

}  // namespace remora
