// Decodes what the shim submits into messages of ring 1.
#pragma once

#include <remora/wire.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/counter_table.h"
#include "engine/channels.h"
#include "plan/planner.h"

namespace remora {

// Thread safety: collector thread only.
//
// Messages of many units are pushed at once, for each push costs a look at the other thread's
// index. A unit's messages arrive together or not at all: when a batch does not fit, its units are
// pushed one by one, and one that does not fit is dropped, counted by value in kRingFullDropped,
// and read again by the planner: the newest value wins.
class SampleDecoder {
 public:
    SampleDecoder(Channels& channels, Planner& planner, CounterTable& counters);

    // Takes `bytes` of sample records, none of which was read before `since_ns` and which took
    // `cpu_ns` of the calling thread to read. Returns the number of values taken, or a negative
    // code for a malformed record (what stands before it is taken).
    std::int32_t submit(std::span<const std::uint8_t> bytes, std::int64_t since_ns,
                        std::int64_t cpu_ns);

 private:
    void put(const Message& message) { batch_[filled_++] = message; }
    void put_unit(UnitId unit, std::uint8_t status, const std::uint8_t* values,
                  std::uint16_t count);
    void count_status(std::uint8_t status, std::uint16_t values);
    void measure_wait(std::span<const std::uint8_t> bytes, std::int64_t cpu_ns);
    double excess(const wire::CostRecord& cost) const;
    double cpu_of(const wire::CostRecord& cost) const;
    // Both return how many values did not fit.
    std::int32_t push_batch();
    std::int32_t push_one_by_one();

    Channels& channels_;
    Planner& planner_;
    CounterTable& counters_;
    std::vector<Message> batch_;
    std::size_t filled_ = 0;
    // Of the batch being taken: what its groups took longer than they usually do, and which share
    // of that the thread was waiting; then which share of the rest.
    double waited_of_excess_ = 0;
    double waited_of_rest_ = 0;
};

}  // namespace remora
