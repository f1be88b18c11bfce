// What a unit is about: decides how old its values may get and what is given up last.
#pragma once

#include <cstddef>
#include <cstdint>

namespace remora {

// From the most to the least important. The bounds on age: sample/bounds.h.
enum class UnitClass : std::uint8_t {
    kAlert,      // somebody is woken by it: read for every tick, whatever it costs
    kBroker,     // no topic, partition, client or user in its name: read for every tick
    kTopic,      // of a topic
    kClient,     // of a client, user, group or address
    kPartition,  // of a partition
};
inline constexpr std::size_t kUnitClasses = 5;

inline const char* unit_class_name(UnitClass unit_class) {
    constexpr const char* kNames[kUnitClasses] = {"alert", "broker", "topic", "client",
                                                  "partition"};
    return kNames[static_cast<std::size_t>(unit_class)];
}

}  // namespace remora
