// A snapshot of an agent that is well, for tests to change.
#pragma once

#include <string>
#include <utility>

#include "watch/snapshot.h"

namespace remora {

inline constexpr std::int64_t kNowMs = 1'700'000'000'000;

inline void set_counter(Snapshot& snapshot, Counter counter, std::uint64_t value) {
    snapshot.counters->readings[static_cast<std::size_t>(counter)].value = value;
}

inline void set_value(Snapshot& snapshot, const std::string& name, double value, double before = 0,
                      std::int64_t span_ms = 0) {
    for (NamedReading& one : snapshot.values->values) {
        if (one.name == name) {
            one.reading = {value, 1'000, before, span_ms};
            return;
        }
    }
    snapshot.values->values.push_back({name, {value, 1'000, before, span_ms}});
}

// Broker 1, up for a day, with load and one file, 3 s after its last tick.
inline Snapshot well() {
    Snapshot snapshot;
    snapshot.directory = "/var/log/kafka/remora";
    snapshot.now_wall_ms = kNowMs;
    CounterFile counters;
    counters.process = {4711, 1, 2};
    counters.start_wall_ms = kNowMs - 86'400'000;
    counters.written_wall_ms = kNowMs - 3'000;
    counters.interval_ms = 10'000;
    counters.outputs = {{"prometheus", "basic", "/var/log/kafka/remora/remora.prom"}};
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const CounterInfo& info = counter_info(static_cast<Counter>(i));
        counters.readings.push_back({info.metric, 0, info.is_gauge, info.divisor});
    }
    snapshot.counters = std::move(counters);
    LastValues values;
    values.process = {4711, 1, 2};
    values.tick_wall_ms = kNowMs - 3'000;
    values.tick_interval_ms = 10'000;
    values.facts = {{"version", "0.1.0"},
                    {"broker.id", "1"},
                    {"kafka.version", "3.5.0"},
                    {"cluster.id", "MkU3OEVBNTcwNTJENDM2Qg"},
                    {"node.role", "broker"}};
    values.topics = {
        {"orders", {200'000, 0, 100'000, 10'000}, {50, 0, 0, 10'000}, {90, 0, 0, 10'000}},
        {"payments", {90, 0, 0, 10'000}, {400'000, 0, 0, 10'000}, {900, 0, 0, 10'000}}};
    values.topics_total = 2;
    values.classes = {{"broker", 900, 3, 3, 50, 0, 0.001},
                      {"partition", 5'000, 58, 60, 400, 0.012, 0.002}};
    values.outputs = {{"file-0", {200'000, 0, 100'000, 10'000}, 12, 0, 0, 0, -1}};
    values.events = {{"config_reload_failures_total", 0, -1}, {"config_reloads_total", 0, -1}};
    snapshot.values = std::move(values);
    for (const auto& [name, value] :
         {std::pair("under_replicated", 0.0), std::pair("under_min_isr", 0.0),
          std::pair("offline_partitions", 0.0), std::pair("offline_log_dirs", 0.0),
          std::pair("active_controller", 1.0), std::pair("partitions", 1'200.0),
          std::pair("leaders", 400.0), std::pair("broker_state", 3.0),
          std::pair("handlers_idle", 0.97), std::pair("network_idle", 0.99),
          std::pair("request_queue", 0.0), std::pair("connections", 42.0),
          std::pair("request_p99/Produce", 12.5), std::pair("request_p99/FetchConsumer", 501.0),
          std::pair("request_p99/Metadata", 1.5), std::pair("heap_used", 536'870'912.0),
          std::pair("heap_max", 1'073'741'824.0), std::pair("processors", 4.0)}) {
        set_value(snapshot, name, value);
    }
    for (const char* const name :
         {"messages_in", "bytes_in", "bytes_out", "produce_requests", "fetch_requests",
          "request_count/Produce", "request_count/Metadata", "gc_ms", "cpu_ns"}) {
        set_value(snapshot, name, 20'000, 8'000, 10'000);
    }
    set_counter(snapshot, Counter::kTicks, 8'640);
    set_counter(snapshot, Counter::kTickIntervalMillis, 10'000);
    set_counter(snapshot, Counter::kUnits, 3'000);
    set_counter(snapshot, Counter::kSeries, 5'900);
    set_counter(snapshot, Counter::kBudgetPpm, 10'000);
    set_counter(snapshot, Counter::kCpuUsedPpm, 1'230);
    set_counter(snapshot, Counter::kCacheHits, 750);
    set_counter(snapshot, Counter::kCacheMisses, 250);
    return snapshot;
}

}  // namespace remora
