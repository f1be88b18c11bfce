#include "engine/tick_grid.h"

#include <algorithm>

#include "base/clock.h"

namespace remora {
namespace {

// How long a tick waits for its reads: half its interval, and no longer than this.
constexpr std::int64_t kUnfinishedMostNs = 2 * kNanosPerSecond;

}  // namespace

void TickGrid::set_interval(std::int64_t base_interval_ms, std::uint32_t stride,
                            std::int64_t now_ns) {
    base_ns_ = base_interval_ms * kNanosPerMilli;
    stride_ = stride;
    const std::int64_t since_start_ns = now_ns - start_ns_;
    ticks_ = static_cast<std::uint64_t>(since_start_ns / interval_ns());
    emitted_interval_ = static_cast<std::uint64_t>(since_start_ns / base_ns_);
    counters_.set(Counter::kTickIntervalMillis,
                  static_cast<std::uint64_t>(interval_ns() / kNanosPerMilli));
}

bool TickGrid::is_due(std::int64_t now_ns, std::int64_t complete_until_ns) {
    if (now_ns < next_ns()) {
        return false;
    }
    // From when the caller noticed: it may have slept as long as its reads did. What was read for a
    // tick that lies further back than the last one is old by now.
    if (noticed_tick_ != ticks_) {
        const std::int64_t last = (now_ns - start_ns_) / interval_ns();
        ticks_ = std::max(ticks_, static_cast<std::uint64_t>(last - 1));
        noticed_tick_ = ticks_;
        noticed_ns_ = now_ns;
    }
    const std::int64_t due_ns = next_ns();
    is_unfinished_ = complete_until_ns < due_ns;
    if (!is_unfinished_) {
        return true;
    }
    if (now_ns - noticed_ns_ < std::min(interval_ns() / 2, kUnfinishedMostNs)) {
        return false;
    }
    counters_.add(Counter::kTicksUnfinished);
    return true;
}

void TickGrid::advance(std::int64_t now_ns) {
    ticks_ = std::max(ticks_, static_cast<std::uint64_t>((now_ns - start_ns_) / interval_ns()));
}

}  // namespace remora
