#include "watch/panels.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include "base/formatted.h"
#include "watch/units.h"

namespace remora {
namespace {

using Shown = std::string (*)(double);

constexpr double kIdleLow = 0.3;
constexpr double kIdleVeryLow = 0.1;
constexpr double kHeapFull = 0.95;
constexpr double kFilesFull = 0.8;
constexpr std::array<std::string_view, 3> kFeltRequests = {"Produce", "FetchConsumer",
                                                           "FetchFollower"};

std::string by_second(double value) {
    return in_count(value) + "/s";
}

std::string bytes_by_second(double value) {
    return in_bytes(value) + "/s";
}

PanelRow row(const ScreenInput& input, const char* label, const std::string& name, Shown shown,
             Tone tone = Tone::kPlain) {
    const auto value = figure(input.figures, name);
    return {label, value ? shown(*value) : "-", value ? tone : Tone::kDim,
            value ? &input.history.of(name) : nullptr};
}

void add_known(const ScreenInput& input, const char* label, const std::string& name, Shown shown,
               std::vector<PanelRow>& rows) {
    if (figure(input.figures, name)) {
        rows.push_back(row(input, label, name, shown));
    }
}

// Red when it is above 0.
PanelRow alarm_row(const ScreenInput& input, const char* label, const char* name, Shown shown) {
    const double value = figure(input.figures, name).value_or(0);
    return row(input, label, name, shown, value > 0 ? Tone::kBad : Tone::kGood);
}

PanelRow idle_row(const ScreenInput& input, const char* label, const char* name, double whole) {
    const auto value = figure(input.figures, name);
    if (!value) {
        return {label, "-", Tone::kDim, nullptr};
    }
    const double share = *value / whole;
    return {
        label,
        formatted("%.0f %%", 100 * *value) + (whole > 1 ? formatted(" of %.0f", 100 * whole) : ""),
        share < kIdleVeryLow ? Tone::kBad
        : share < kIdleLow   ? Tone::kWarn
                             : Tone::kGood,
        &input.history.of(name)};
}

// "1.2 GiB of 4 GiB"; yellow from `full` on.
PanelRow part_row(const ScreenInput& input, const char* label, const char* part, const char* whole,
                  Shown shown, double full) {
    PanelRow made = row(input, label, part, shown);
    const auto used = figure(input.figures, part);
    const auto most = figure(input.figures, whole);
    if (used && most && *most > 0) {
        made.value += " of " + shown(*most);
        made.tone = *used > full * *most ? Tone::kWarn : Tone::kPlain;
    }
    return made;
}

std::vector<PanelRow> class_rows(const LastValues& values) {
    std::vector<PanelRow> rows;
    for (const ClassTruth& one : values.classes) {
        std::string text = "age " + in_duration(one.age_max_s);
        text += one.samples > 0 ? formatted(", error %.3f", one.error) : "";
        rows.push_back({one.name + " values", std::move(text), Tone::kPlain, nullptr});
    }
    return rows;
}

std::vector<PanelRow> output_rows(const LastValues& values) {
    std::vector<PanelRow> rows;
    for (const OutputReadings& one : values.outputs) {
        const bool is_bad = is_recent(one.trouble_age_ms);
        const auto bytes = rate(one.bytes);
        std::string text = bytes ? bytes_by_second(*bytes) : "-";
        text += is_bad ? ", has trouble" : ", out in " + in_ms(static_cast<double>(one.tick_ms));
        rows.push_back(
            {"out " + one.name, std::move(text), is_bad ? Tone::kBad : Tone::kPlain, nullptr});
    }
    return rows;
}

// Ages of all classes in one line, and errors in another: where there is no room for more.
void add_truth(const LastValues& values, std::vector<PanelRow>& rows) {
    double age_s = 0;
    double error = 0;
    bool is_known = false;
    for (const ClassTruth& one : values.classes) {
        age_s = std::max(age_s, one.age_max_s);
        error = one.samples > 0 ? std::max(error, one.error) : error;
        is_known = is_known || one.samples > 0;
    }
    rows.push_back({"age, error (worst)",
                    in_duration(age_s) + ", " + (is_known ? formatted("%.3f", error) : "-"),
                    Tone::kPlain, nullptr});
}

}  // namespace

bool has_shared_meter(const ScreenInput& input) {
    const bool is_combined = input.snapshot.values &&
                             fact_of(*input.snapshot.values, "node.role") == "broker,controller";
    return !figure(input.figures, "broker_handlers_idle") &&
           (is_combined || figure(input.figures, "handlers_idle").value_or(0) > 1.005);
}

std::vector<PanelRow> throughput_rows(const ScreenInput& input) {
    std::vector<PanelRow> rows = {
        row(input, "messages in", "messages_in", by_second),
        row(input, "bytes in", "bytes_in", bytes_by_second),
        row(input, "bytes out", "bytes_out", bytes_by_second),
        row(input, "produce requests", "produce_requests", by_second),
        row(input, "fetch requests", "fetch_requests", by_second),
        row(input, "replicated in", "replication_in", bytes_by_second),
        row(input, "replicated out", "replication_out", bytes_by_second),
        alarm_row(input, "failed produce", "failed_produce", by_second),
        alarm_row(input, "failed fetch", "failed_fetch", by_second),
    };
    std::stable_partition(rows.begin(), rows.end(),
                          [](const PanelRow& one) { return one.tone == Tone::kBad; });
    return rows;
}

std::vector<PanelRow> health_rows(const ScreenInput& input) {
    std::vector<PanelRow> rows = {
        alarm_row(input, "under-replicated", "under_replicated", in_count),
        alarm_row(input, "offline partitions", "offline_partitions", in_count),
        alarm_row(input, "under min ISR", "under_min_isr", in_count),
        alarm_row(input, "offline log dirs", "offline_log_dirs", in_count),
    };
    PanelRow controller = row(input, "active controller", "active_controller", in_count);
    if (const auto is_active = figure(input.figures, "active_controller")) {
        controller = {"active controller", *is_active > 0 ? "this one" : "another", Tone::kPlain,
                      nullptr};
    }
    rows.push_back(controller);
    PanelRow partitions = row(input, "partitions", "partitions", in_count);
    if (const auto leaders = figure(input.figures, "leaders")) {
        partitions.value += ", leads " + in_count(*leaders);
    }
    partitions.history = nullptr;
    rows.push_back(partitions);
    rows.push_back(alarm_row(input, "offline replicas", "offline_replicas", in_count));
    rows.push_back(row(input, "ISR shrinks", "isr_shrinks", by_second));
    add_known(input, "replica lag", "fetcher_lag", in_count, rows);
    add_known(input, "reassigning", "reassigning", in_count, rows);
    add_known(input, "at min ISR", "at_min_isr", in_count, rows);
    std::stable_partition(rows.begin(), rows.end(),
                          [](const PanelRow& one) { return one.tone == Tone::kBad; });
    return rows;
}

std::vector<PanelRow> request_rows(const ScreenInput& input) {
    constexpr std::string_view kP99 = "request_p99/";
    std::vector<std::pair<double, std::string>> others;  // by how many come
    for (auto at = input.figures.lower_bound(kP99);
         at != input.figures.end() && at->first.starts_with(kP99); ++at) {
        const std::string kind = at->first.substr(kP99.size());
        if (std::find(kFeltRequests.begin(), kFeltRequests.end(), kind) == kFeltRequests.end()) {
            others.emplace_back(-figure(input.figures, "request_count/" + kind).value_or(0), kind);
        }
    }
    std::sort(others.begin(), others.end());
    std::vector<std::string> kinds(kFeltRequests.begin(), kFeltRequests.end());
    for (const auto& [count, kind] : others) {
        kinds.push_back(kind);
    }
    std::vector<PanelRow> rows;
    for (const std::string& kind : kinds) {
        PanelRow made = row(input, kind.c_str(), std::string(kP99) + kind, in_ms);
        if (const auto count = figure(input.figures, "request_count/" + kind)) {
            made.value = by_second(*count) + " " + made.value;
        }
        rows.push_back(std::move(made));
    }
    return rows;
}

std::vector<PanelRow> saturation_rows(const ScreenInput& input) {
    const bool has_own_pool = figure(input.figures, "broker_handlers_idle").has_value();
    std::vector<PanelRow> rows = {
        idle_row(input, "handlers idle", has_own_pool ? "broker_handlers_idle" : "handlers_idle",
                 has_shared_meter(input) ? 2 : 1),
        idle_row(input, "network idle", "network_idle", 1),
        row(input, "request queue", "request_queue", in_count),
        row(input, "connections", "connections", in_count),
        row(input, "response queue", "response_queue", in_count),
    };
    add_known(input, "purgatory, produce", "purgatory/Produce", in_count, rows);
    add_known(input, "purgatory, fetch", "purgatory/Fetch", in_count, rows);
    add_known(input, "log flush p99", "flush_p99", in_ms, rows);
    return rows;
}

std::vector<PanelRow> jvm_rows(const ScreenInput& input) {
    std::vector<PanelRow> rows;
    rows.push_back(part_row(input, "heap", "heap_used", "heap_max", in_bytes, kHeapFull));
    PanelRow collection = row(input, "GC, share of time", "gc_ms",
                              [](double ms) { return formatted("%.2f %%", ms / 10); });
    rows.push_back(std::move(collection));
    PanelRow cpu =
        row(input, "CPU", "cpu_ns", [](double ns) { return formatted("%.2f", ns / 1e9); });
    if (const auto processors = figure(input.figures, "processors")) {
        cpu.value += formatted(" of %.0f cores", *processors);
    }
    rows.push_back(std::move(cpu));
    rows.push_back(part_row(input, "open files", "open_files", "max_files", in_count, kFilesFull));
    rows.push_back(row(input, "resident memory", "resident", in_bytes));
    rows.push_back(row(input, "threads", "threads", in_count));
    rows.push_back(row(input, "collections", "gc_count", by_second));
    return rows;
}

std::vector<PanelRow> agent_rows(const ScreenInput& input) {
    if (!input.snapshot.counters || !input.verdict.agent.is_running()) {
        return {};
    }
    const CounterFile& counters = *input.snapshot.counters;
    std::vector<PanelRow> rows;
    const auto used = static_cast<double>(count_of(counters, Counter::kCpuUsedPpm)) / 1e4;
    const auto ceiling = static_cast<double>(count_of(counters, Counter::kBudgetPpm)) / 1e4;
    rows.push_back({"CPU, % of a core", formatted("%.3f of %.4g", used, ceiling),
                    ceiling > 0 && used > ceiling ? Tone::kWarn : Tone::kPlain,
                    &input.history.of("remora_cpu_percent")});
    const LastValues none;
    const LastValues& values = input.snapshot.values ? *input.snapshot.values : none;
    if (input.snapshot.values) {
        add_truth(values, rows);
    }
    rows.push_back(row(input, "served from cache", "remora_cached_percent",
                       [](double percent) { return formatted("%.0f %%", percent); }));
    std::vector<PanelRow> outputs = output_rows(values);
    std::stable_partition(outputs.begin(), outputs.end(),
                          [](const PanelRow& one) { return one.tone == Tone::kBad; });
    rows.insert(rows.end(), outputs.begin(), outputs.end());
    const std::vector<PanelRow> classes = class_rows(values);
    rows.insert(rows.end(), classes.begin(), classes.end());
    rows.push_back({"series of beans",
                    in_count(static_cast<double>(count_of(counters, Counter::kSeries))) + " of " +
                        in_count(static_cast<double>(count_of(counters, Counter::kUnits))),
                    Tone::kPlain, nullptr});
    return rows;
}

std::vector<TopicReadings> topics_shown(const Snapshot& snapshot, const ScreenOptions& options) {
    if (!snapshot.values) {
        return {};
    }
    const auto lower = [](std::string text) {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return text;
    };
    std::vector<TopicReadings> topics;
    for (const TopicReadings& topic : snapshot.values->topics) {
        if (lower(topic.topic).find(lower(options.filter)) != std::string::npos) {
            topics.push_back(topic);
        }
    }
    const auto key = [&options](const TopicReadings& topic) {
        switch (options.order) {
            case TopicOrder::kBytesOut:
                return rate(topic.bytes_out).value_or(-1);
            case TopicOrder::kMessagesIn:
                return rate(topic.messages_in).value_or(-1);
            case TopicOrder::kBytesIn:
            case TopicOrder::kName:
                break;
        }
        return rate(topic.bytes_in).value_or(-1);
    };
    std::sort(topics.begin(), topics.end(),
              [&](const TopicReadings& one, const TopicReadings& other) {
                  const double left = options.order == TopicOrder::kName ? 0 : key(one);
                  const double right = options.order == TopicOrder::kName ? 0 : key(other);
                  return left != right ? left > right : one.topic < other.topic;
              });
    return topics;
}

}  // namespace remora
