// What travels through ring 1, from the collector to the core, in order.
#pragma once

#include <cstdint>
#include <type_traits>

#include "model/ids.h"

namespace remora {

enum class MessageKind : std::uint8_t {
    kValue = 1,         // unit, slot, value
    kUnitEnd = 2,       // the unit's values are complete; with the outcome of the read
    kBatch = 3,         // value: monotonic ns (bit pattern of int64) of what follows
    kCost = 4,          // unit: family; slot: units in the group; value: nanoseconds as double
    kControl = 5,       // take the next item of the control channel (a registration, a text)
    kUnregistered = 6,  // unit is gone; the core gives its id back once nothing uses it
};

struct Message {
    std::uint32_t unit;
    MessageKind kind;
    std::uint8_t status;  // wire::ReadStatus, for kUnitEnd
    std::uint16_t slot;
    double value;
};
static_assert(sizeof(Message) == 16);
static_assert(std::is_trivially_copyable_v<Message>);

}  // namespace remora
