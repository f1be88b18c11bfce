// StatsD (labels folded into the name) and DogStatsD (tags). Counters go out as their growth since
// the last emission, in whole numbers. A gauge below zero is set to zero first, in the same
// datagram: a sign alone would be taken as a change.
#include <algorithm>
#include <cmath>
#include <vector>

#include "encode/escape.h"
#include "encode/formats.h"
#include "encode/line_encoder.h"

namespace remora::encode {
namespace {

struct StatsdBase {
    static constexpr bool kUnique = true;
    static constexpr bool kWhole = false;
    static constexpr bool kDeltas = true;
    static constexpr std::size_t kLineBytesMax = kBlockBytes;
    static constexpr std::string_view kEpilogue = "";

    void begin_lines(std::int64_t) {}

    // Receivers count a negative increment as an error.
    static bool is_refused(const Number& number, const Variant& variant) {
        return !std::isfinite(number.value) || (variant.counter && number.value < 0);
    }
    static std::string_view suffix(const Variant& variant) { return variant.counter ? "|c" : "|g"; }
    static std::uint32_t lines(const Parts& parts) { return parts.negative_gauge ? 2 : 1; }
};

struct Statsd : StatsdBase {
    static constexpr Dots kDots = Dots::kReplaced;
    static constexpr std::size_t kPiecesMax = 6;

    bool render(const ReadySeries& ready, Rendered& rendered) const {
        rendered.metric_family = ready.metric_family;
        rendered.variant.name = ready.name;
        for (const Label& label : ready.labels) {
            rendered.text.append(".").append(label.name).append(".");
            append_value(rendered.text, label);
        }
        if (ready.state_label.empty()) {
            rendered.text.push_back(':');
        } else {
            rendered.text.append(".").append(ready.state_label).append(".");
        }
        return true;
    }

    static void escape_state(std::string& out, std::string_view text) {
        append_statsd_part(out, text.empty() ? "_" : text);
    }

    static char* number(char* out, const Number& number, const Variant& variant) {
        if (is_refused(number, variant)) [[unlikely]] {
            return nullptr;
        }
        if (variant.rule == ValueRule::kState) {
            *out++ = ':';
        }
        out = write_text(write_number(out, number.value, number.kept), suffix(variant));
        *out = '\n';
        return out + 1;
    }

    static std::size_t arrange(const Parts& parts, std::int64_t, std::string_view* pieces) {
        std::size_t count = 0;
        if (parts.negative_gauge) {
            pieces[count++] = parts.name;
            pieces[count++] = parts.text;
            pieces[count++] = "0|g\n";
        }
        pieces[count++] = parts.name;
        pieces[count++] = parts.text;
        if (!parts.state.empty()) {
            pieces[count++] = parts.state;
        }
        pieces[count++] = parts.number;
        return count;
    }

 private:
    // Kafka has no two topics that differ in a dot and an underscore only, since many take the one
    // for the other.
    static void append_value(std::string& text, const Label& label) {
        std::string value = label.value;
        if (label.name == "topic") {
            std::replace(value.begin(), value.end(), '.', '_');
        }
        append_statsd_part(text, value);
    }
};

struct Dogstatsd : StatsdBase {
    static constexpr Dots kDots = Dots::kKept;
    static constexpr std::size_t kPiecesMax = 6;

    bool render(const ReadySeries& ready, Rendered& rendered) const {
        rendered.metric_family = ready.metric_family;
        // statsd_exporter has process_* of its own, without our labels, and answers every scrape
        // with an error when it gets more of them.
        if (ready.name.starts_with("process_")) {
            rendered.variant.name = "kafka_";
        }
        // statsd_exporter takes no counter x_count or x_sum beside a gauge x.
        rendered.variant.name += ready.name;
        rendered.variant.name += ready.role == Role::kQuantile ? "_quantile:" : ":";
        // Telegraf cuts the last tag of a line within its last character unless that is ASCII.
        std::vector<Label> labels = ready.labels;
        std::stable_partition(labels.begin(), labels.end(), [](const Label& label) {
            return static_cast<unsigned char>(label.value.back()) >= 0x80;
        });
        for (const Label& label : labels) {
            append_key(rendered.text, label.name);
            append_dogstatsd_tag(rendered.text, label.value);
        }
        if (ready.state_label.empty()) {
            rendered.text.push_back('\n');
        } else {
            append_key(rendered.text, ready.state_label);
        }
        return true;
    }

    static void escape_state(std::string& out, std::string_view text) {
        append_dogstatsd_tag(out, text.empty() ? "_" : text);
    }

    static char* number(char* out, const Number& number, const Variant& variant) {
        if (is_refused(number, variant)) [[unlikely]] {
            return nullptr;
        }
        return write_text(write_number(out, number.value, number.kept), suffix(variant));
    }

    static std::size_t arrange(const Parts& parts, std::int64_t, std::string_view* pieces) {
        std::size_t count = 0;
        if (parts.negative_gauge) {
            pieces[count++] = parts.name;
            pieces[count++] = "0|g";
            pieces[count++] = parts.text;
        }
        pieces[count++] = parts.name;
        pieces[count++] = parts.number;
        pieces[count++] = parts.text;
        if (!parts.state.empty()) {
            pieces[count++] = parts.state;
            pieces[count++] = "\n";
        }
        return count;
    }

 private:
    static void append_key(std::string& text, std::string_view name) {
        text.append(text.empty() ? "|#" : ",").append(name).append(":");
    }
};

}  // namespace

std::unique_ptr<Encoder> make_statsd(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<LineEncoder<Statsd>>(options, counters);
}

std::unique_ptr<Encoder> make_dogstatsd(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<LineEncoder<Dogstatsd>>(options, counters);
}

}  // namespace remora::encode
