// When ticks are due.
#pragma once

#include <cstdint>

#include "base/counter_table.h"

namespace remora {

// Tick k is due at start + k x interval, where the interval is one or several base intervals. Every
// base interval has a number too, which stays when the interval changes: outputs go by it.
//
// Thread safety: core thread only.
class TickGrid {
 public:
    // `start_ns`: monotonic time of tick 0. set_interval() next. `counters` outlives this.
    TickGrid(std::int64_t start_ns, CounterTable& counters)
        : start_ns_(start_ns), counters_(counters) {}

    // A tick comes every `stride` base intervals from now on. Ticks are counted anew; the current
    // one is not repeated.
    void set_interval(std::int64_t base_interval_ms, std::uint32_t stride, std::int64_t now_ns);

    std::int64_t interval_ns() const { return base_ns_ * stride_; }
    // When the next tick is due, monotonic.
    std::int64_t next_ns() const {
        return start_ns_ + static_cast<std::int64_t>(ticks_ + 1) * interval_ns();
    }

    // Whether the next tick is to be made now. It waits until everything due for it has been read,
    // that is until `complete_until_ns` has reached it, but at most half an interval and two
    // seconds, for a read may hang; it is unfinished then, and counted. After a pause of the whole
    // process the next tick is the last one that the pause took: it waits for reads of now.
    bool is_due(std::int64_t now_ns, std::int64_t complete_until_ns);
    // Whether the tick that is_due() spoke of last did not wait for all its reads.
    bool is_unfinished() const { return is_unfinished_; }

    // The tick is being made: the next one follows it. When several have passed meanwhile, one
    // makes up for them.
    void advance(std::int64_t now_ns);
    // Number of the base interval that the tick is of.
    std::uint64_t base_interval() const { return ticks_ * static_cast<std::uint64_t>(stride_); }
    // Of the last tick that was emitted.
    std::uint64_t emitted_interval() const { return emitted_interval_; }
    // The outputs have this tick.
    void set_emitted(std::uint64_t base_interval) { emitted_interval_ = base_interval; }

    // Of tick 0, monotonic.
    std::int64_t start_ns() const { return start_ns_; }

 private:
    const std::int64_t start_ns_;
    CounterTable& counters_;
    std::int64_t base_ns_ = 1;
    std::int64_t stride_ = 1;
    std::uint64_t ticks_ = 0;                  // in tick intervals since the start
    std::uint64_t noticed_tick_ = UINT64_MAX;  // the tick that is due was seen to be
    std::int64_t noticed_ns_ = 0;
    bool is_unfinished_ = false;
    std::uint64_t emitted_interval_ = 0;
};

}  // namespace remora
