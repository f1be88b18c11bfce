// What travels through ring 1, from the collector to the core, in order.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "model/ids.h"

namespace remora {

enum class MessageKind : std::uint8_t {
    kValue = 1,         // one value of a unit
    kUnitEnd = 2,       // the unit's values are complete; with the outcome of the read
    kBatch = 3,         // when what follows was read
    kCost = 4,          // what a group of units took to read
    kControl = 5,       // take the next item of the control channel (a registration, a text)
    kUnregistered = 6,  // unit is gone; the core gives its id back once nothing uses it
};

// Made by the functions below. `unit`, `slot` and `value` mean what they say in a kValue; what the
// other kinds keep there is read by the accessor of the kind.
struct Message {
    std::uint32_t unit;
    MessageKind kind;
    std::uint8_t status;  // wire::ReadStatus, of a kUnitEnd
    std::uint16_t slot;
    double value;

    static Message of_value(UnitId unit, std::uint16_t slot, double value) {
        return {unit, MessageKind::kValue, 0, slot, value};
    }
    // `values`: how many of the unit came before. `status`: of wire::ReadStatus.
    static Message unit_end(UnitId unit, std::uint8_t status, std::uint16_t values) {
        return {unit, MessageKind::kUnitEnd, status, values, 0};
    }
    // `read_ns`: monotonic time; nothing of what follows was read before it.
    static Message batch(std::int64_t read_ns) {
        return {0, MessageKind::kBatch, 0, 0, std::bit_cast<double>(read_ns)};
    }
    // `cpu_ns`: of all `units` of the family that were read.
    static Message cost(FamilyId family, std::uint16_t units, double cpu_ns) {
        return {family, MessageKind::kCost, 0, units, cpu_ns};
    }
    static Message control() { return {0, MessageKind::kControl, 0, 0, 0}; }
    static Message unregistered(UnitId unit) { return {unit, MessageKind::kUnregistered, 0, 0, 0}; }

    // Of a kUnitEnd.
    std::uint16_t unit_values() const { return slot; }
    // Of a kBatch.
    std::int64_t read_ns() const { return std::bit_cast<std::int64_t>(value); }
    // Of a kCost.
    FamilyId family() const { return unit; }
    std::uint16_t group_units() const { return slot; }
    double cpu_ns() const { return value; }
};
static_assert(sizeof(Message) == 16);
static_assert(std::is_trivially_copyable_v<Message>);

}  // namespace remora
