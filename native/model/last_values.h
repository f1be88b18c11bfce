// The file ${dir}/remora.values: what the agent knew at its last tick, for people who look.
#pragma once

#include <remora/counters.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.h"
#include "base/status.h"

namespace remora {

// A value and the one before it, so that one look at the file has a rate.
struct Reading {
    double value = 0;
    std::int64_t age_ms = 0;  // at the tick
    double before = 0;
    std::int64_t span_ms = 0;  // from the read before to this one; 0: there was none before
    bool operator==(const Reading&) const = default;
};

// What it grew by a second; nothing where that is not known, or where it began anew.
std::optional<double> rate(const Reading& reading);

struct NamedReading {
    std::string name;  // of kafka/watched_values.h: "bytes_in", "request_p99/Produce"
    Reading reading;
    bool operator==(const NamedReading&) const = default;
};

struct TopicReadings {
    std::string topic;
    Reading bytes_in;
    Reading bytes_out;
    Reading messages_in;
    bool operator==(const TopicReadings&) const = default;
};

// Of one class of units (unit_class_name()).
struct ClassTruth {
    std::string name;
    std::uint64_t series = 0;
    double age_p99_s = 0;
    double age_max_s = 0;
    std::uint64_t samples = 0;  // of the audit; 0: the error is not known
    double error = 0;
    double margin = 1;
    bool operator==(const ClassTruth&) const = default;
};

struct OutputReadings {
    std::string name;
    Reading bytes;
    std::uint64_t tick_ms = 0;  // until the last tick was out
    std::uint64_t errors = 0;
    std::uint64_t dropped = 0;         // ticks that it gave up
    std::uint64_t skipped = 0;         // ticks that could not begin
    std::int64_t trouble_age_ms = -1;  // since one of the three last grew; -1: never
    bool operator==(const OutputReadings&) const = default;
};

// How often something has happened, and when it did last.
struct EventCount {
    std::string name;  // of the counter
    std::uint64_t total = 0;
    std::int64_t age_ms = -1;  // since it last grew; -1: never
    bool operator==(const EventCount&) const = default;
};

// Everything is as of one tick.
struct LastValues {
    ProcessMark process;
    std::int64_t tick_wall_ms = 0;
    std::int64_t tick_interval_ms = 0;                       // until the next one
    std::vector<std::pair<std::string, std::string>> facts;  // of the host, and "version"
    std::vector<NamedReading> values;
    std::vector<TopicReadings> topics;  // those that move most
    std::uint64_t topics_total = 0;     // of which they are
    bool has_more_topics = false;       // beyond those; nobody follows them
    std::vector<ClassTruth> classes;
    std::vector<OutputReadings> outputs;
    std::vector<EventCount> events;
    bool operator==(const LastValues&) const = default;
};

// One item a line, with tabs between; other control characters become "?".
std::string print_values(const LastValues& values);
// kCorrupt when it is no such text. Lines of kinds that are not known are passed over.
Result<LastValues> parse_values(std::string_view text);

// Empty when it is not known.
std::string fact_of(const LastValues& values, std::string_view key);
// Null when the counter is not among them.
const EventCount* find_event(const LastValues& values, Counter counter);

}  // namespace remora
