#include "base/clock.h"

#include <time.h>

namespace remora {
namespace {

std::int64_t read_ns(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<std::int64_t>(now.tv_sec) * kNanosPerSecond + now.tv_nsec;
}

}  // namespace

std::int64_t SystemClock::monotonic_ns() const {
    return read_ns(CLOCK_MONOTONIC);
}

std::int64_t SystemClock::wall_ms() const {
    return read_ns(CLOCK_REALTIME) / kNanosPerMilli;
}

std::int64_t thread_cpu_ns() {
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace remora
