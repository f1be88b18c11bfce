#include "name/units.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace remora {
namespace {

using Words = std::vector<std::string>;

// "BytesInPerSec", "io-time-ns-avg" and "HeapMemoryUsage.used" into lower-case words.
Words words_of(std::string_view text) {
    Words words;
    bool ends = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (!is_letter(c) && !is_digit(c)) {
            ends = true;
            continue;
        }
        if (ends || (is_upper(c) && !is_upper(text[i - 1]))) {
            words.emplace_back();
        }
        ends = false;
        words.back().push_back(to_lower(c));
    }
    return words;
}

bool has(const Words& words, std::span<const std::string_view> any) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return std::find(any.begin(), any.end(), word) != any.end();
    });
}

bool has(const Words& words, std::string_view one) {
    return has(words, std::span(&one, 1));
}

std::string singular(std::string word) {
    if (word.size() > 4 && word.ends_with("ies")) {
        return word.replace(word.size() - 3, 3, "y");
    }
    const bool is_plural = word.size() > 3 && word.back() == 's' && !word.ends_with("ss") &&
                           !word.ends_with("us") && !word.ends_with("is");
    return is_plural ? word.substr(0, word.size() - 1) : word;
}

// What is counted: the last word that is no statistic and no direction.
std::string thing(const Words& words) {
    static constexpr std::array<std::string_view, 22> kNone = {
        "count", "total", "rate",   "per",   "sec",     "in",   "out", "avg",
        "max",   "min",   "mean",   "size",  "num",     "time", "ms",  "and",
        "ns",    "value", "number", "ratio", "current", "from"};
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
        if (std::find(kNone.begin(), kNone.end(), *word) == kNone.end() &&
            !is_digit(word->front())) {
            return "{" + singular(*word) + "}";
        }
    }
    return words.empty() ? "{value}" : "{" + singular(words.back()) + "}";
}

// Of a quantity that is called so; empty when the words do not tell.
std::string dimension(const Words& words) {
    static constexpr std::array<std::string_view, 3> kBytes = {"byte", "bytes", "memory"};
    static constexpr std::array<std::string_view, 7> kShares = {
        "ratio", "percent", "percentage", "efficiency", "utilization", "load", "idle"};
    static constexpr std::array<std::string_view, 4> kMillis = {"ms", "millis", "latency",
                                                                "timestamp"};
    if (has(words, "ns") || has(words, "nanos") || has(words, "nanoseconds")) {
        return "ns";
    }
    if (has(words, "us")) {
        return "us";
    }
    if (has(words, kMillis)) {
        return "ms";
    }
    if (has(words, "seconds")) {
        return "s";
    }
    if (has(words, kShares)) {
        return "1";
    }
    if (has(words, kBytes)) {
        return "By";
    }
    return has(words, "time") || has(words, "duration") || has(words, "uptime") ? "ms" : "";
}

bool is_rate(std::string_view path) {
    return path.ends_with("Rate") || path.ends_with("-rate");
}

bool has_attribute(const Bean& bean, std::string_view path) {
    return std::any_of(bean.attributes.begin(), bean.attributes.end(),
                       [path](const BeanAttribute& attribute) { return attribute.path == path; });
}

bool has_percentiles(const Bean& bean) {
    return has_attribute(bean, "99thPercentile");
}

// Yammer: `name` says what is measured, the attribute which statistic of it.
std::string unit_of_yammer(const Bean& bean, std::string_view path, MetricType type) {
    const std::string_view name = bean.name.get("name");
    const Words words = words_of(name);
    const std::string measured = dimension(words);
    const bool is_share = name.find("Percent") != std::string_view::npos ||
                          name.find("Ratio") != std::string_view::npos;
    const bool is_meter = bean.kind == BeanKind::kMeter ||
                          (has_attribute(bean, "OneMinuteRate") && !has_percentiles(bean));
    if (is_rate(path)) {
        if (is_meter && is_share) {
            return "1";
        }
        return (is_meter && measured == "By" ? "By" : thing(words)) + "/s";
    }
    if (is_meter && path == "Count") {
        // A share is a rate of nanoseconds.
        return is_share ? "ns" : measured == "By" ? "By" : thing(words);
    }
    if (path == "Count" && type != MetricType::kSummary) {
        return thing(words);
    }
    const bool is_timer = has_attribute(bean, "OneMinuteRate") && has_percentiles(bean);
    if (is_timer && measured.empty()) {
        return "ms";
    }
    if (measured.empty() && name == "Size" && bean.name.get("type") == "Log") {
        return "By";
    }
    return measured.empty() ? thing(words) : measured;
}

// Kafka's own metrics and any other MBean: the attribute says it all.
std::string unit_of_attribute(const Bean& bean, std::string_view path) {
    const Words words = words_of(path);
    if (is_rate(path)) {
        const std::string measured = dimension(words);
        return (measured.empty() ? thing(words) : measured) + "/s";
    }
    if (path.ends_with("-count") || path.ends_with("Count")) {
        return thing(words);
    }
    if (bean.name.domain() == "java.lang") {
        const std::string_view type = bean.name.get("type");
        const bool is_memory = type == "Memory" || type == "MemoryPool";
        if ((is_memory && path.find("sage") != std::string_view::npos) ||
            (type == "OperatingSystem" && path.ends_with("Size"))) {
            return path.ends_with("Supported") || path.ends_with("Exceeded") ? thing(words) : "By";
        }
        if (type == "OperatingSystem" && path == "SystemLoadAverage") {
            return "{run_queue_item}";
        }
        if (path.ends_with("CpuTime") || path.ends_with("UserTime")) {
            return "ns";
        }
        if (path.ends_with("Supported") || path.ends_with("Enabled")) {
            return thing(words);
        }
    }
    // Requests, records, batches and fetches are measured in bytes, queues by what is in them.
    static constexpr std::array<std::string_view, 5> kMessages = {"request", "response", "record",
                                                                  "batch", "fetch"};
    if (has(words, "size") && has(words, kMessages)) {
        return "By";
    }
    if (bean.name.domain() == "java.nio" && (path == "MemoryUsed" || path == "TotalCapacity")) {
        return "By";
    }
    const std::string measured = dimension(words);
    return measured.empty() ? thing(words) : measured;
}

}  // namespace

std::string unit_of(const Bean& bean, const Slot& slot, const Series& series) {
    if (series.rule == ValueRule::kState) {
        return "{info}";
    }
    if (slot.type == ValueType::kBoolean) {
        return "{boolean}";
    }
    // Names that say it are right: the value was scaled to it.
    std::string_view metric_family = series.metric_family;
    if (metric_family.ends_with("_total")) {
        metric_family.remove_suffix(6);
    }
    if (metric_family.ends_with("_seconds")) {
        return "s";
    }
    if (metric_family.ends_with("_bytes")) {
        return "By";
    }
    const bool is_yammer = bean.kind != BeanKind::kMBean || bean.name.has("name");
    if (is_yammer && !bean.name.domain().starts_with("java.")) {
        return unit_of_yammer(bean, slot.path, series.type);
    }
    return unit_of_attribute(bean, slot.path);
}

}  // namespace remora
