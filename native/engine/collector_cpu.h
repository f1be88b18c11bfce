// CPU of every collector thread that there was, those included that hang in a read.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace remora {

// An example: a bean spins. Its thread is abandoned and goes on spinning; a fresh one reads the
// others. What the first one uses is no longer the price of reads, and is still the agent's.
//
// Thread safety: one thread at a time, the collector's.
class CollectorCpu {
 public:
    // Of the calling thread since its last call; of its whole life when it calls for the first
    // time.
    std::int64_t take_ns();
    // Of the threads before it, since the last call.
    std::int64_t take_abandoned_ns();
    // Of all of them, as far as it was taken.
    std::int64_t total_ns() const { return total_ns_; }

 private:
    struct Seen {
        ThreadCpu cpu;
        std::int64_t seen_ns = 0;
    };

    std::int64_t since(Seen& thread);

    std::vector<Seen> threads_;  // the last one is the collector; as many as may hang, and it
    std::int64_t total_ns_ = 0;
};

}  // namespace remora
