// How an output tells of its destination's faults. Internal to the room.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"

namespace remora {

// Counts a fault and says it once: not again before the destination has worked in between, or an
// hour has passed.
//
// Thread safety: one thread, which uses the destination.
class FaultReporter {
 public:
    FaultReporter(std::string output, const Clock& clock, CounterTable& counters, Log& log)
        : output_(std::move(output)), clock_(clock), counters_(counters), log_(log) {}

    // `what` is the failed action ("cannot open /x/y"), `error` an errno > 0.
    void report(std::string_view what, int error);
    // Same with a reason in words.
    void report(std::string_view what, std::string_view why);
    // Logs something that is no fault of the destination but worth knowing, as once as a fault.
    // `now` ends the line, and may be another each time: " (3 now)".
    void note(std::string_view text, std::string_view now = "");
    // Destination works again after `frames` lost frames.
    void recovered(std::uint64_t frames);

    CounterTable& counters() { return counters_; }

 private:
    const std::string output_;
    const Clock& clock_;
    CounterTable& counters_;
    Log& log_;
    std::map<std::string, std::int64_t, std::less<>> reported_ns_;  // by text: when
};

}  // namespace remora
