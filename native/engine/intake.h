// Decodes what the shim submits into messages of ring 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/counter_table.h"
#include "engine/channels.h"
#include "plan/planner.h"

namespace remora {

// Thread safety: collector thread only.
//
// A unit's messages are pushed together or not at all. A unit that does not fit is dropped, counted
// by value in kRingFullDropped, and listed in refused() so that the planner reads it again: the
// newest value wins.
class Intake {
 public:
    Intake(Channels& channels, Planner& planner, CounterTable& counters);

    // Takes `bytes` of sample records. Returns the number of values taken, or a negative code for a
    // malformed record (what stands before it is taken).
    std::int32_t submit(std::span<const std::uint8_t> bytes, std::int64_t now_ns);

 private:
    bool push_unit(UnitId unit, std::uint8_t status, const std::uint8_t* values,
                   std::uint16_t count);
    void count_status(std::uint8_t status, std::uint16_t values);

    Channels& channels_;
    Planner& planner_;
    CounterTable& counters_;
    std::vector<Message> batch_;  // one unit's messages
};

}  // namespace remora
