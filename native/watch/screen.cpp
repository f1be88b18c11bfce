#include "watch/screen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/formatted.h"
#include "watch/panels.h"
#include "watch/units.h"

namespace remora {
namespace {

constexpr std::size_t kRowsLeast = 24;
constexpr std::size_t kHeadRows = 3;
constexpr std::size_t kGap = 2;  // columns between two panels
constexpr std::size_t kNumberColumns = 14;
constexpr std::size_t kLabelColumns = 18;
constexpr std::size_t kValueColumnsLeast = 10;

// Beside each other.
struct PanelPair {
    const char* left_title;
    const char* right_title;
    std::vector<PanelRow> left;
    std::vector<PanelRow> right;
    std::size_t rows;  // below the titles
};

std::string blanks(std::size_t count) {
    return std::string(count, ' ');
}

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// The beginning of `text` that takes so many columns.
std::string first_columns(const std::string& text, std::size_t columns) {
    std::size_t end = 0;
    for (std::size_t seen = 0; end < text.size(); ++end) {
        seen += begins_character(text[end]) ? 1 : 0;
        if (seen > columns) {
            break;
        }
    }
    return text.substr(0, end);
}

// `text` in exactly `columns` columns.
std::string fitted(const std::string& text, std::size_t columns, bool to_the_right = false) {
    const std::size_t has = columns_of(text);
    if (has > columns) {
        return columns < 2 ? first_columns(text, columns) : first_columns(text, columns - 1) + "~";
    }
    return to_the_right ? blanks(columns - has) + text : text + blanks(columns - has);
}

// At most `columns` columns of the line.
ScreenLine cut(ScreenLine line, std::size_t columns) {
    std::size_t left = columns;
    for (Span& span : line) {
        const std::size_t has = columns_of(span.text);
        if (has > left) {
            span.text = left == 0 ? "" : fitted(span.text, left);
        }
        left -= std::min(left, has);
    }
    return line;
}

void add(ScreenLine& line, std::string text, Tone tone = Tone::kPlain) {
    line.push_back({std::move(text), tone});
}

// Columns that the values of a panel take, so that its sparklines begin below each other.
std::size_t value_columns(const std::vector<PanelRow>& rows, std::size_t shown) {
    std::size_t most = kValueColumnsLeast;
    for (std::size_t i = 0; i < rows.size() && i < shown; ++i) {
        most = std::max(most, columns_of(rows[i].value));
    }
    return most;
}

ScreenLine panel_line(const PanelRow& row, std::size_t columns, std::size_t value,
                      bool is_unicode) {
    const std::size_t label = std::min(kLabelColumns, columns);
    value = std::min(value, columns - label);
    const std::size_t left = columns - label - value;
    std::string spark;
    if (row.history != nullptr && left > 2) {
        spark = " " + sparkline(*row.history, left - 1, is_unicode);
    }
    return {{fitted(row.label, label), Tone::kPlain},
            {fitted(row.value, value, true), row.tone},
            {fitted(spark, left), Tone::kDim}};
}

ScreenLine joined(ScreenLine left, const ScreenLine& right) {
    add(left, blanks(kGap));
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

void add_pair(const PanelPair& pair, const ScreenOptions& options, std::vector<ScreenLine>& lines) {
    const std::size_t columns = (options.columns - std::min(options.columns, kGap)) / 2;
    lines.push_back(joined({{fitted(pair.left_title, columns), Tone::kTitle}},
                           {{fitted(pair.right_title, columns), Tone::kTitle}}));
    const std::size_t left_value = value_columns(pair.left, pair.rows);
    const std::size_t right_value = value_columns(pair.right, pair.rows);
    const PanelRow empty;
    for (std::size_t i = 0; i < pair.rows; ++i) {
        lines.push_back(joined(panel_line(i < pair.left.size() ? pair.left[i] : empty, columns,
                                          left_value, options.is_unicode),
                               panel_line(i < pair.right.size() ? pair.right[i] : empty, columns,
                                          right_value, options.is_unicode)));
    }
}

Tone tone_of(const Verdict& verdict) {
    return verdict.exit_status() == 2 ? Tone::kBad
           : verdict.reasons.empty()  ? Tone::kGood
                                      : Tone::kWarn;
}

void add_head(const ScreenInput& input, std::vector<ScreenLine>& lines) {
    const Snapshot& snapshot = input.snapshot;
    const Judgement& agent = input.verdict.agent;
    ScreenLine first;
    add(first, agent.word, agent.is_running() ? Tone::kGood : Tone::kBad);
    if (agent.since_wall_ms != 0) {
        add(first, "  since " + in_time(agent.since_wall_ms, snapshot.now_wall_ms) + ", " +
                       in_duration_ms(snapshot.now_wall_ms - agent.since_wall_ms));
    }
    if (snapshot.counters) {
        add(first, "  pid " + std::to_string(snapshot.counters->process.pid));
    }
    if (agent.tick_age_ms >= 0) {
        add(first, "  tick " + in_duration_ms(agent.tick_age_ms) + " ago");
    }
    lines.push_back(std::move(first));
    ScreenLine second;
    if (snapshot.values) {
        std::string text;
        for (const auto& [key, word] :
             {std::pair("broker.id", "broker "), std::pair("kafka.version", "Kafka "),
              std::pair("version", "remora "), std::pair("cluster.id", "cluster ")}) {
            const std::string fact = fact_of(*snapshot.values, key);
            text += fact.empty() ? "" : (text.empty() ? "" : "  ") + (word + fact);
        }
        add(second, std::move(text));
    } else {
        add(second, snapshot.directory, Tone::kDim);
    }
    lines.push_back(std::move(second));
}

ScreenLine verdict_line(const ScreenInput& input) {
    const Verdict& verdict = input.verdict;
    ScreenLine line;
    if (!verdict.agent.is_running()) {
        add(line, verdict.agent.why, Tone::kBad);
        return line;
    }
    std::string text = verdict.reasons.empty() ? "all is well" : verdict.reasons[0].what;
    if (verdict.reasons.size() > 1) {
        text += " (and " + std::to_string(verdict.reasons.size() - 1) + " more: remora status)";
    }
    if (!verdict.agent.why.empty()) {
        text = verdict.agent.why;
    }
    const bool has_alarm = !verdict.reasons.empty() && verdict.reasons[0].is_brokers;
    add(line, std::move(text), has_alarm ? Tone::kBad : tone_of(verdict));
    if (input.snapshot.report && !input.snapshot.report->findings.empty()) {
        add(line, "  suggestions: " + std::to_string(input.snapshot.report->findings.size()),
            Tone::kDim);
    }
    return line;
}

std::string rate_text(const Reading& reading, bool is_bytes) {
    const auto value = rate(reading);
    return !value ? "-" : (is_bytes ? in_bytes(*value) : in_count(*value)) + "/s";
}

void add_topics(const ScreenInput& input, ScreenOptions& options, std::size_t rows,
                std::vector<ScreenLine>& lines) {
    constexpr std::array<const char*, 4> kOrders = {"bytes in", "bytes out", "messages", "name"};
    const bool is_known = input.verdict.agent.is_running() && input.snapshot.values;
    const std::vector<TopicReadings> topics =
        is_known ? topics_shown(input.snapshot, options) : std::vector<TopicReadings>();
    std::string title =
        std::string("TOPICS by ") + kOrders[static_cast<std::size_t>(options.order)];
    const std::uint64_t total = is_known ? input.snapshot.values->topics_total : 0;
    if (!options.filter.empty() || options.is_typing) {
        title += "  /" + options.filter + (options.is_typing ? "_" : "");
    }
    if (is_known) {
        title +=
            formatted("  (%zu of %llu%s)", topics.size(), static_cast<unsigned long long>(total),
                      input.snapshot.values->has_more_topics ? "+" : "");
    }
    const std::size_t name = options.columns - std::min(options.columns, 3 * kNumberColumns);
    ScreenLine head;
    add(head, fitted(title, name), Tone::kTitle);
    for (const char* column : {"bytes in", "bytes out", "messages"}) {
        add(head, fitted(column, kNumberColumns, true), Tone::kTitle);
    }
    lines.push_back(std::move(head));
    options.first_topic =
        std::min(options.first_topic, topics.size() - std::min(topics.size(), rows));
    for (std::size_t i = 0; i < rows; ++i) {
        ScreenLine line;
        if (options.first_topic + i < topics.size()) {
            const TopicReadings& topic = topics[options.first_topic + i];
            add(line, fitted(topic.topic, name));
            add(line, fitted(rate_text(topic.bytes_in, true), kNumberColumns, true));
            add(line, fitted(rate_text(topic.bytes_out, true), kNumberColumns, true));
            add(line, fitted(rate_text(topic.messages_in, false), kNumberColumns, true));
        } else if (i == 0 && total == 0 && is_known) {
            add(line, "none is collected: see select.profile and topics in the configuration",
                Tone::kDim);
        }
        lines.push_back(std::move(line));
    }
}

void add_help(const ScreenInput& input, std::vector<ScreenLine>& lines) {
    for (const char* text :
         {"", "  q        quit                 s          next order of topics",
          "  /        filter topics: type a part of a name, Enter keeps it, Esc clears it",
          "  up down  move the topics          ?          this help", "",
          "The screen follows the agent's ticks. A dash: not known, or not collected.",
          "Rates are of the time between the last two reads of a value.",
          "p99 of a request is Kafka's own: of the last minutes, not of this tick.",
          "Produce and fetch requests: Kafka counts one for each partition of a request.",
          "Idle: below 30 % yellow, below 10 % red. Sparklines reach from 0 to their largest."}) {
        lines.push_back({{text, Tone::kPlain}});
    }
    if (has_shared_meter(input)) {
        lines.push_back(
            {{"Handlers idle is of 200 %: on a node that is broker and "
              "controller, two pools",
              Tone::kPlain}});
        lines.push_back({{"count into one meter. 199 % says that both are idle.", Tone::kPlain}});
    }
}

// Rows for panels beyond those of the smallest screen; the rest is for topics.
void spread(std::size_t extra, std::array<PanelPair, 3>& pairs) {
    std::size_t left = extra * 2 / 3;
    for (bool gave = true; gave && left > 0;) {
        gave = false;
        for (PanelPair& pair : pairs) {
            if (left > 0 && pair.rows < std::max(pair.left.size(), pair.right.size())) {
                ++pair.rows;
                --left;
                gave = true;
            }
        }
    }
}

void add_body(const ScreenInput& input, ScreenOptions& options, std::vector<ScreenLine>& lines) {
    std::array<PanelPair, 3> pairs = {
        PanelPair{"THROUGHPUT", "HEALTH", throughput_rows(input), health_rows(input), 5},
        PanelPair{"REQUESTS, p99", "SATURATION", request_rows(input), saturation_rows(input), 4},
        PanelPair{"JVM", "REMORA", jvm_rows(input), agent_rows(input), 4}};
    spread(options.rows - std::min(options.rows, kRowsLeast), pairs);
    for (const PanelPair& pair : pairs) {
        add_pair(pair, options, lines);
    }
    const std::size_t used = lines.size() + 2;  // title and footer
    add_topics(input, options, options.rows > used ? options.rows - used : 1, lines);
}

}  // namespace

std::vector<ScreenLine> screen_of(const ScreenInput& input, ScreenOptions& options) {
    std::vector<ScreenLine> lines;
    lines.reserve(options.rows + kHeadRows);
    add_head(input, lines);
    lines.push_back(verdict_line(input));
    if (options.is_help) {
        add_help(input, lines);
    } else {
        add_body(input, options, lines);
    }
    lines.resize(std::max<std::size_t>(options.rows, 1) - 1);
    lines.push_back({{options.is_typing ? "type a part of the names; Enter keeps, Esc clears"
                                        : "q quit  s order  / filter  up, down  ? help",
                      Tone::kDim}});
    for (ScreenLine& line : lines) {
        line = cut(std::move(line), options.columns);
    }
    return lines;
}

std::string text_of(const ScreenLine& line) {
    std::string text;
    for (const Span& span : line) {
        text += span.text;
    }
    return text;
}

std::size_t columns_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string sparkline(const std::deque<double>& values, std::size_t columns, bool is_unicode) {
    constexpr std::array<const char*, 8> kBlocks = {"\u2581", "\u2582", "\u2583", "\u2584",
                                                    "\u2585", "\u2586", "\u2587", "\u2588"};
    constexpr std::array<const char*, 8> kAscii = {"_", ".", ":", "-", "=", "+", "*", "#"};
    const std::size_t count = std::min(values.size(), columns);
    const auto first = values.end() - static_cast<std::ptrdiff_t>(count);
    double most = 0;
    std::size_t known = 0;
    for (auto value = first; value != values.end(); ++value) {
        known += std::isnan(*value) ? 0 : 1;
        most = std::isnan(*value) ? most : std::max(most, *value);
    }
    if (known < 2) {
        return "";
    }
    std::string text;
    for (auto value = first; value != values.end(); ++value) {
        if (std::isnan(*value)) {
            text += ' ';
            continue;
        }
        const double share = most > 0 ? std::clamp(*value / most, 0.0, 1.0) : 0;
        const auto step = static_cast<std::size_t>(std::lround(share * 7));
        text += is_unicode ? kBlocks[step] : kAscii[step];
    }
    return text;
}

}  // namespace remora
