#include "base/clock.h"

#include <pthread.h>

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

ThreadCpu::ThreadCpu()
    : begun_ns_(thread_cpu_ns()), has_clock_(pthread_getcpuclockid(pthread_self(), &clock_) == 0) {}

std::int64_t ThreadCpu::ns() {
    timespec now{};
    has_ended_ = !has_clock_ || clock_gettime(clock_, &now) != 0;
    if (!has_ended_) {
        last_ns_ = now.tv_sec * kNanosPerSecond + now.tv_nsec - begun_ns_;
    }
    return last_ns_;
}

bool ThreadCpu::is_of_this_thread() const {
    clockid_t caller{};
    return has_clock_ && pthread_getcpuclockid(pthread_self(), &caller) == 0 && caller == clock_;
}

}  // namespace remora
