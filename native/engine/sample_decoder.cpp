#include "engine/sample_decoder.h"

#include <remora/wire.h>

#include <algorithm>
#include <cstring>

#include "model/values.h"

namespace remora {
namespace {

// Stays in the first-level cache.
constexpr std::size_t kBatchMessages = 512;
constexpr std::int32_t kMalformed = negative(Code::kInvalidArgument);
// A day. Sums of longer ones would not fit into an integer.
constexpr std::int64_t kCostNanosMax = 86'400 * kNanosPerSecond;

}  // namespace

SampleDecoder::SampleDecoder(Channels& channels, Planner& planner, CounterTable& counters)
    : channels_(channels), planner_(planner), counters_(counters) {
    batch_.resize(kBatchMessages + wire::kAttributesMax + 1);
}

// A group is timed by the wall clock, for its thread's own clock costs a system call. When the
// batch took less CPU than time its thread was waiting for a processor or a lock, most likely in
// those groups that took longer than they usually do.
void SampleDecoder::measure_wait(std::span<const std::uint8_t> bytes, std::int64_t cpu_ns) {
    double wall_ns = 0;
    double excess_ns = 0;
    std::size_t at = 0;
    while (at + sizeof(wire::SampleRecord) <= bytes.size()) {
        wire::SampleRecord record{};
        std::memcpy(&record, bytes.data() + at, sizeof(record));
        if (record.kind != static_cast<std::uint8_t>(wire::SampleKind::kCost)) {
            at += sizeof(record) + 8ULL * record.value_count;
            continue;
        }
        wire::CostRecord cost{};
        if (at + sizeof(cost) > bytes.size()) {
            break;
        }
        std::memcpy(&cost, bytes.data() + at, sizeof(cost));
        wall_ns += static_cast<double>(cost.nanos);
        excess_ns += excess(cost);
        at += sizeof(cost);
    }
    const double waited_ns = std::max(wall_ns - static_cast<double>(cpu_ns), 0.0);
    const double in_excess_ns = std::min(waited_ns, excess_ns);
    waited_of_excess_ = excess_ns > 0 ? in_excess_ns / excess_ns : 0;
    const double rest_ns = wall_ns - excess_ns;
    waited_of_rest_ = rest_ns > 0 ? (waited_ns - in_excess_ns) / rest_ns : 0;
}

double SampleDecoder::excess(const wire::CostRecord& cost) const {
    const auto usual = static_cast<double>(planner_.expected_ns(cost.family)) * cost.unit_count;
    return std::max(static_cast<double>(cost.nanos) - usual, 0.0);
}

double SampleDecoder::cpu_of(const wire::CostRecord& cost) const {
    const double over = excess(cost);
    const double rest = static_cast<double>(cost.nanos) - over;
    return over * (1 - waited_of_excess_) + rest * std::max(1 - waited_of_rest_, 0.0);
}

std::int32_t SampleDecoder::submit(std::span<const std::uint8_t> bytes, std::int64_t since_ns,
                                   std::int64_t cpu_ns) {
    measure_wait(bytes, cpu_ns);
    put(Message::batch(since_ns));
    std::int32_t taken = 0;
    std::size_t at = 0;
    while (at + sizeof(wire::SampleRecord) <= bytes.size()) {
        if (filled_ >= kBatchMessages) {
            taken -= push_batch();
        }
        wire::SampleRecord record{};
        std::memcpy(&record, bytes.data() + at, sizeof(record));
        if (record.kind == static_cast<std::uint8_t>(wire::SampleKind::kCost)) {
            wire::CostRecord cost{};
            if (at + sizeof(cost) > bytes.size()) {
                break;
            }
            std::memcpy(&cost, bytes.data() + at, sizeof(cost));
            if (cost.nanos < 0 || cost.nanos > kCostNanosMax) {
                break;
            }
            counters_.add(Counter::kReadNanos, static_cast<std::uint64_t>(cost.nanos));
            put(Message::cost(cost.family, cost.unit_count, cpu_of(cost)));
            planner_.on_cost(cost.family, cost.unit_count, cost.nanos);
            at += sizeof(cost);
            continue;
        }
        const std::size_t end = at + sizeof(record) + 8ULL * record.value_count;
        const bool has_values = record.status == static_cast<std::uint8_t>(wire::ReadStatus::kOk);
        if (record.kind != static_cast<std::uint8_t>(wire::SampleKind::kValues) ||
            record.value_count > wire::kAttributesMax || end > bytes.size() ||
            (!has_values && record.value_count != 0)) {
            break;
        }
        count_status(record.status, record.value_count);
        put_unit(record.unit, record.status, bytes.data() + at + sizeof(record),
                 record.value_count);
        taken += record.value_count;
        at = end;
    }
    taken -= push_batch();
    if (at != bytes.size()) {
        counters_.add(Counter::kSubmitsRejected);
        return kMalformed;
    }
    return taken;
}

void SampleDecoder::count_status(std::uint8_t status, std::uint16_t values) {
    switch (static_cast<wire::ReadStatus>(status)) {
        case wire::ReadStatus::kOk:
            counters_.add(Counter::kUnitsRead);
            counters_.add(Counter::kValuesRead, values);
            return;
        case wire::ReadStatus::kGone:
            counters_.add(Counter::kReadsGone);
            return;
        case wire::ReadStatus::kBlocked:
            counters_.add(Counter::kReadsBlocked);
            return;
        case wire::ReadStatus::kHeld:
            counters_.add(Counter::kReadsHeld);
            return;
        case wire::ReadStatus::kThrew:
        case wire::ReadStatus::kNotNumber:
        case wire::ReadStatus::kTooLarge:
            break;
    }
    counters_.add(Counter::kReadsFailed);
}

void SampleDecoder::put_unit(UnitId unit, std::uint8_t status, const std::uint8_t* values,
                             std::uint16_t count) {
    std::uint64_t missing = 0;
    for (std::uint16_t slot = 0; slot < count; ++slot) {
        double value = 0;
        std::memcpy(&value, values + 8ULL * slot, sizeof(value));
        missing += is_no_value(value) ? 1 : 0;
        put(Message::of_value(unit, slot, value));
    }
    if (missing > 0) [[unlikely]] {
        counters_.add(Counter::kValuesMissing, missing);
    }
    put(Message::unit_end(unit, status, count));
    if (status == static_cast<std::uint8_t>(wire::ReadStatus::kBlocked)) {
        planner_.on_blocked(unit);
    }
}

std::int32_t SampleDecoder::push_batch() {
    std::int32_t dropped = 0;
    if (channels_.samples.try_push_all({batch_.data(), filled_})) {
        counters_.add(Counter::kRingPushed, filled_);
    } else {
        dropped = push_one_by_one();
    }
    filled_ = 0;
    return dropped;
}

std::int32_t SampleDecoder::push_one_by_one() {
    std::int32_t dropped = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < filled_; ++i) {
        const Message& last = batch_[i];
        if (last.kind == MessageKind::kValue) {
            continue;
        }
        const std::size_t count = i + 1 - begin;
        if (channels_.samples.try_push_all({batch_.data() + begin, count})) {
            counters_.add(Counter::kRingPushed, count);
        } else if (last.kind == MessageKind::kUnitEnd) {
            counters_.add(Counter::kRingFullDropped, last.unit_values());
            planner_.wake(last.unit);
            dropped += last.unit_values();
        }
        // A lost cost only delays learning; without room for the time stamp no unit fits either.
        begin = i + 1;
    }
    return dropped;
}

}  // namespace remora
