// A series: one value of a unit with its final name and labels.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remora {

enum class MetricType : std::uint8_t {
    kGauge,
    kCounter,
    kSummary,        // quantile samples, `_count` and `_sum` of one family share the family name
    kUpDownCounter,  // a sum that also falls: a kind of its own in OTLP, a gauge elsewhere
    kUntyped,
};

// How the number of a slot becomes the number of a series.
enum class ValueRule : std::uint8_t {
    kAsIs,
    kScaled,  // value * scale (milliseconds to seconds where the name says seconds)
    kState,   // text slot: the series is 1 and carries the text as its last label (`state_label`);
              // it changes with the text
    kFixed,   // `scale`, whatever the slot's value is, as long as there is one
};

struct Label {
    std::string name;   // [a-zA-Z_][a-zA-Z0-9_]*, never beginning with "__"
    std::string value;  // any UTF-8; encoders escape
};

// All facts about a series that outlive registration. The strings are those that every output
// starts from; an encoder changes in them what its format cannot hold.
struct Series {
    std::string metric_family;  // metric family: HELP and TYPE belong to it
                                // ("kafka_network_requestmetrics_totaltimems")
    std::string name;  // sample name: the family, or family + "_count" / "_sum" for a summary
    MetricType type = MetricType::kGauge;
    std::string help;  // one line, unescaped
    std::string unit;  // UCUM, as OpenTelemetry writes it ("By", "{request}"); empty: not known
    std::vector<Label> labels;
    ValueRule rule = ValueRule::kAsIs;
    double scale = 1.0;
    std::string state_label;  // for kState
    std::string attribute;    // JMX attribute path, for NDJSON and for people
    wire::ValueType value_type = wire::ValueType::kNumber;  // of the slot
};

// What a unit offers to encoders at registration. Valid during the call only.
struct UnitSeries {
    std::string_view object_name;
    const Series* series = nullptr;
    std::size_t count = 0;
    // The bean came while the agent ran, so its counters began at 0 a moment ago.
    bool is_new = false;
    const std::uint16_t* slots = nullptr;  // of each series; null: one for each, in slot order
    // Gets the indexes of series that are left out since another one has their name and labels.
    // Null: they are told apart by the name of their MBean.
    std::vector<std::size_t>* twins = nullptr;
};

}  // namespace remora
