#include "model/last_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "base/counter_table.h"

namespace remora {
namespace {

constexpr std::string_view kFirstLine = "remora values 1\n";

// Makes a line of its parts.
class Line {
 public:
    Line(std::string& out, std::string_view kind) : out_(out) { out_ += kind; }
    ~Line() { out_ += '\n'; }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    Line& text(std::string_view part) {
        out_ += '\t';
        for (const char c : part) {
            out_ += static_cast<unsigned char>(c) < ' ' ? '?' : c;
        }
        return *this;
    }
    template <typename Number>
    Line& number(Number value) {
        std::array<char, 32> digits{};
        const auto [end, failed] = std::to_chars(digits.begin(), digits.end(), value);
        out_ += '\t';
        out_.append(digits.data(), failed == std::errc{} ? end : digits.data());
        return *this;
    }
    Line& reading(const Reading& reading) {
        return number(reading.value)
            .number(reading.age_ms)
            .number(reading.before)
            .number(reading.span_ms);
    }

 private:
    std::string& out_;
};

// Takes a line apart.
class Parts {
 public:
    explicit Parts(std::string_view line) : rest_(line) {}

    std::string_view text() {
        const std::string_view part = rest_.substr(0, rest_.find('\t'));
        rest_.remove_prefix(std::min(rest_.size(), part.size() + 1));
        return part;
    }
    template <typename Number>
    Number number() {
        const std::string_view part = text();
        Number value{};
        const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), value);
        is_whole_ = is_whole_ && failed == std::errc{} && end == part.data() + part.size();
        return value;
    }
    Reading reading() {
        Reading found;
        found.value = number<double>();
        found.age_ms = number<std::int64_t>();
        found.before = number<double>();
        found.span_ms = number<std::int64_t>();
        return found;
    }
    // Whether every number was one.
    bool is_whole() const { return is_whole_; }

 private:
    std::string_view rest_;
    bool is_whole_ = true;
};

void take_class(Parts& parts, LastValues& values) {
    ClassTruth found;
    found.name = parts.text();
    found.series = parts.number<std::uint64_t>();
    found.age_p99_s = parts.number<double>();
    found.age_max_s = parts.number<double>();
    found.samples = parts.number<std::uint64_t>();
    found.error = parts.number<double>();
    found.margin = parts.number<double>();
    values.classes.push_back(std::move(found));
}

void take_output(Parts& parts, LastValues& values) {
    OutputReadings found;
    found.name = parts.text();
    found.bytes = parts.reading();
    found.tick_ms = parts.number<std::uint64_t>();
    found.errors = parts.number<std::uint64_t>();
    found.dropped = parts.number<std::uint64_t>();
    found.skipped = parts.number<std::uint64_t>();
    found.trouble_age_ms = parts.number<std::int64_t>();
    values.outputs.push_back(std::move(found));
}

void take_topic(Parts& parts, LastValues& values) {
    TopicReadings found;
    found.topic = parts.text();
    found.bytes_in = parts.reading();
    found.bytes_out = parts.reading();
    found.messages_in = parts.reading();
    values.topics.push_back(std::move(found));
}

void take_process(Parts& parts, LastValues& values) {
    values.process.pid = parts.number<std::int64_t>();
    values.process.pid_namespace = parts.number<std::uint64_t>();
    values.process.start_ticks = parts.number<std::uint64_t>();
}

void take_line(Parts& parts, LastValues& values) {
    const std::string_view kind = parts.text();
    if (kind == "value") {
        std::string name(parts.text());
        values.values.push_back({std::move(name), parts.reading()});
    } else if (kind == "topic") {
        take_topic(parts, values);
    } else if (kind == "class") {
        take_class(parts, values);
    } else if (kind == "output") {
        take_output(parts, values);
    } else if (kind == "event") {
        std::string name(parts.text());
        const auto total = parts.number<std::uint64_t>();
        values.events.push_back({std::move(name), total, parts.number<std::int64_t>()});
    } else if (kind == "fact") {
        std::string key(parts.text());
        values.facts.emplace_back(std::move(key), parts.text());
    } else if (kind == "process") {
        take_process(parts, values);
    } else if (kind == "tick") {
        values.tick_wall_ms = parts.number<std::int64_t>();
        values.tick_interval_ms = parts.number<std::int64_t>();
    } else if (kind == "topics" || kind == "topics_at_least") {
        values.topics_total = parts.number<std::uint64_t>();
        values.has_more_topics = kind == "topics_at_least";
    }
}

}  // namespace

std::optional<double> rate(const Reading& reading) {
    if (reading.span_ms <= 0 || !(reading.value >= reading.before)) {
        return std::nullopt;
    }
    return (reading.value - reading.before) * 1e3 / static_cast<double>(reading.span_ms);
}

std::string print_values(const LastValues& values) {
    std::string out(kFirstLine);
    Line(out, "process")
        .number(values.process.pid)
        .number(values.process.pid_namespace)
        .number(values.process.start_ticks);
    Line(out, "tick").number(values.tick_wall_ms).number(values.tick_interval_ms);
    for (const auto& [key, value] : values.facts) {
        Line(out, "fact").text(key).text(value);
    }
    for (const NamedReading& one : values.values) {
        Line(out, "value").text(one.name).reading(one.reading);
    }
    Line(out, values.has_more_topics ? "topics_at_least" : "topics").number(values.topics_total);
    for (const TopicReadings& one : values.topics) {
        Line(out, "topic")
            .text(one.topic)
            .reading(one.bytes_in)
            .reading(one.bytes_out)
            .reading(one.messages_in);
    }
    for (const ClassTruth& one : values.classes) {
        Line(out, "class")
            .text(one.name)
            .number(one.series)
            .number(one.age_p99_s)
            .number(one.age_max_s)
            .number(one.samples)
            .number(one.error)
            .number(one.margin);
    }
    for (const OutputReadings& one : values.outputs) {
        Line(out, "output")
            .text(one.name)
            .reading(one.bytes)
            .number(one.tick_ms)
            .number(one.errors)
            .number(one.dropped)
            .number(one.skipped)
            .number(one.trouble_age_ms);
    }
    for (const EventCount& one : values.events) {
        Line(out, "event").text(one.name).number(one.total).number(one.age_ms);
    }
    return out;
}

Result<LastValues> parse_values(std::string_view text) {
    const Status corrupt(Code::kCorrupt, "is no file of last values of this version of remora");
    if (!text.starts_with(kFirstLine) || !text.ends_with('\n')) {
        return corrupt;
    }
    text.remove_prefix(kFirstLine.size());
    LastValues values;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        Parts parts(line);
        take_line(parts, values);
        if (!parts.is_whole()) {
            return corrupt;
        }
    }
    return values;
}

std::string fact_of(const LastValues& values, std::string_view key) {
    const auto found = std::find_if(values.facts.begin(), values.facts.end(),
                                    [key](const auto& fact) { return fact.first == key; });
    return found == values.facts.end() ? "" : found->second;
}

const EventCount* find_event(const LastValues& values, Counter counter) {
    const std::string_view name = counter_info(counter).metric;
    const auto found = std::find_if(values.events.begin(), values.events.end(),
                                    [name](const EventCount& one) { return one.name == name; });
    return found == values.events.end() ? nullptr : &*found;
}

}  // namespace remora
