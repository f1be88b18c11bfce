#include "engine/intake.h"

#include <remora/wire.h>

#include <bit>
#include <cstring>

namespace remora {
namespace {

constexpr std::int32_t kMalformed = -static_cast<std::int32_t>(Code::kInvalidArgument);

}  // namespace

Intake::Intake(Channels& channels, Planner& planner, CounterTable& counters)
    : channels_(channels), planner_(planner), counters_(counters) {
    batch_.resize(wire::kAttributesMax + 1);
}

std::int32_t Intake::submit(std::span<const std::uint8_t> bytes, std::int64_t now_ns) {
    // Without room for the time stamp nothing else will fit either; each unit is then counted
    // below.
    static_cast<void>(channels_.samples.try_push(
        Message{0, MessageKind::kBatch, 0, 0, std::bit_cast<double>(now_ns)}));
    std::int32_t taken = 0;
    std::size_t at = 0;
    while (at + sizeof(wire::SampleRecord) <= bytes.size()) {
        wire::SampleRecord record{};
        std::memcpy(&record, bytes.data() + at, sizeof(record));
        if (record.kind == static_cast<std::uint8_t>(wire::SampleKind::kCost)) {
            wire::CostRecord cost{};
            if (at + sizeof(cost) > bytes.size()) {
                break;
            }
            std::memcpy(&cost, bytes.data() + at, sizeof(cost));
            counters_.add(Counter::kReadNanos, static_cast<std::uint64_t>(cost.nanos));
            planner_.on_cost(cost.family, cost.unit_count, cost.nanos);
            // A lost cost record only delays learning.
            static_cast<void>(channels_.samples.try_push(Message{cost.family, MessageKind::kCost, 0,
                                                                 cost.unit_count,
                                                                 static_cast<double>(cost.nanos)}));
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
        if (push_unit(record.unit, record.status, bytes.data() + at + sizeof(record),
                      record.value_count)) {
            taken += record.value_count;
        }
        at = end;
    }
    if (at != bytes.size()) {
        counters_.add(Counter::kSubmitsRejected);
        return kMalformed;
    }
    return taken;
}

void Intake::count_status(std::uint8_t status, std::uint16_t values) {
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
        case wire::ReadStatus::kThrew:
        case wire::ReadStatus::kNotNumber:
        case wire::ReadStatus::kTooLarge:
            break;
    }
    counters_.add(Counter::kReadsFailed);
}

bool Intake::push_unit(UnitId unit, std::uint8_t status, const std::uint8_t* values,
                       std::uint16_t count) {
    for (std::uint16_t slot = 0; slot < count; ++slot) {
        double value = 0;
        std::memcpy(&value, values + 8ULL * slot, sizeof(value));
        batch_[slot] = Message{unit, MessageKind::kValue, 0, slot, value};
    }
    batch_[count] = Message{unit, MessageKind::kUnitEnd, status, count, 0};
    if (channels_.samples.try_push_all({batch_.data(), count + 1ULL})) {
        counters_.add(Counter::kRingPushed, count + 1ULL);
        return true;
    }
    counters_.add(Counter::kRingFullDropped, count);
    planner_.wake(unit);
    return false;
}

}  // namespace remora
