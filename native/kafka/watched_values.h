// What `remora top` shows of a broker: which beans, and what each value is called there.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace remora {

// One value by the bean that has it. Example: {"bytes_in", "kafka.server", "BrokerTopicMetrics",
// "BytesInPerSec", "Count"}.
struct WatchedValue {
    std::string_view key;        // what tools call it
    std::string_view domain;     // of the ObjectName
    std::string_view type;       // its key `type`
    std::string_view name;       // its key `name`; "": any, or none
    std::string_view attribute;  // JMX path
    // Which other keys the ObjectName has. "": none. "*": any, and the values of all such beans are
    // added up. Else that one, whose value is the value's: "request_p99/Produce".
    std::string_view by = {};
};

// Static; a key stands once.
std::span<const WatchedValue> watched_values();

// What is watched of each topic: counters of kafka.server:type=BrokerTopicMetrics, by `name`.
enum class TopicValue : std::size_t { kBytesIn, kBytesOut, kMessagesIn };
inline constexpr std::size_t kTopicValues = 3;
inline constexpr std::string_view kTopicValueNames[kTopicValues] = {
    "BytesInPerSec", "BytesOutPerSec", "MessagesInPerSec"};

}  // namespace remora
