// A clock that stands still until a test moves it. Threads of the agent may look at it meanwhile.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace remora {

class FakeClock final : public Clock {
 public:
    std::int64_t monotonic_ns() const override { return now_ns; }
    std::int64_t wall_ms() const override { return wall_start_ms + now_ns / kNanosPerMilli; }

    void advance_ms(std::int64_t ms) { now_ns += ms * kNanosPerMilli; }

    std::atomic<std::int64_t> now_ns = kNanosPerSecond;
    std::int64_t wall_start_ms = 1'700'000'000'000;
};

}  // namespace remora
