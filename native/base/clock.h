// Time as the agent sees it. Tests hand in a fake one (tests/support/fake_clock.h).
#pragma once

#include <time.h>

#include <cstdint>

namespace remora {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNanosPerMilli = 1'000'000;

// Thread safety: any thread.
class Clock {
 public:
    virtual ~Clock() = default;

    // CLOCK_MONOTONIC, the clock of System.nanoTime() on Linux.
    virtual std::int64_t monotonic_ns() const = 0;

    // Milliseconds since the epoch, UTC.
    virtual std::int64_t wall_ms() const = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
    std::int64_t monotonic_ns() const override;
    std::int64_t wall_ms() const override;
};

// CPU time of the calling thread since it started.
std::int64_t thread_cpu_ns();

// CPU time that the thread which made this has used since.
//
// Thread safety: one thread at a time, any.
class ThreadCpu {
 public:
    ThreadCpu();
    // Once the thread has ended: the time of the last call before that.
    std::int64_t ns();
    // Whether ns() found that the thread has ended.
    bool has_ended() const { return has_ended_; }
    // Whether the caller is that thread.
    bool is_of_this_thread() const;

 private:
    clockid_t clock_{};
    std::int64_t begun_ns_ = 0;
    std::int64_t last_ns_ = 0;
    bool has_clock_ = false;
    bool has_ended_ = false;
};

}  // namespace remora
