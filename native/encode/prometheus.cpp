// Prometheus text exposition and OpenMetrics: one frame is one whole file, families contiguous, no
// timestamps (the textfile collector refuses them).
#include <cmath>

#include "encode/escape.h"
#include "encode/formats.h"
#include "encode/line_encoder.h"

namespace remora::encode {
namespace {

std::string_view type_name(MetricType type, bool open) {
    switch (type) {
        case MetricType::kGauge:
        case MetricType::kUpDownCounter:
            return "gauge";
        case MetricType::kCounter:
            return "counter";
        case MetricType::kSummary:
            return "summary";
        case MetricType::kUntyped:
            break;
    }
    return open ? "unknown" : "untyped";
}

// `{a="b",c="d"} `; for a state open at the text's place: `{a="b",state="`.
void render_labels(const ReadySeries& ready, std::string& text) {
    char separator = '{';
    for (const Label& label : ready.labels) {
        text.push_back(separator);
        separator = ',';
        text.append(label.name).append("=\"");
        append_prometheus_value(text, label.value);
        text.push_back('"');
    }
    if (!ready.state_label.empty()) {
        text.push_back(separator);
        text.append(ready.state_label).append("=\"");
    } else {
        text.append(separator == '{' ? " " : "} ");
    }
}

void render_header(std::string_view metric_family, const ReadySeries& ready, bool open,
                   std::string& header) {
    header.append("# HELP ").append(metric_family).push_back(' ');
    append_prometheus_help(header, ready.series.help.empty() ? metric_family : ready.series.help,
                           open);
    header.append("\n# TYPE ").append(metric_family).push_back(' ');
    header.append(type_name(ready.series.type, open)).push_back('\n');
}

// What both formats share.
struct PrometheusBase {
    static constexpr bool kUnique = true;
    static constexpr bool kWhole = true;
    static constexpr bool kDeltas = false;
    static constexpr Dots kDots = Dots::kReplaced;
    static constexpr std::size_t kLineBytesMax = kBlockBytes;
    static constexpr std::size_t kPiecesMax = 4;

    void begin_lines(std::int64_t) {}

    static void escape_state(std::string& out, std::string_view text) {
        append_prometheus_value(out, text);
    }

    static char* write_value(char* out, const Number& number, const Variant& variant) {
        if (variant.rule == ValueRule::kState) {
            return write_text(out, "\"} 1\n");
        }
        if (std::isfinite(number.value)) [[likely]] {
            out = write_number(out, number.value, number.kept);
        } else {
            out = write_text(out, std::isnan(number.value) ? "NaN"
                                  : number.value > 0       ? "+Inf"
                                                           : "-Inf");
        }
        *out = '\n';
        return out + 1;
    }

    // Clients hold the count of a summary in 64 bits; anything else comes out as another number.
    static bool is_no_count(const Number& number, const Variant& variant) {
        constexpr double kBeyond = 18446744073709551616.0;
        return variant.role == Role::kCount && !(number.value >= 0 && number.value < kBeyond &&
                                                 number.value == std::floor(number.value));
    }

    static std::size_t arrange(const Parts& parts, std::int64_t, std::string_view* pieces) {
        pieces[0] = parts.name;
        pieces[1] = parts.text;
        if (parts.state.empty()) [[likely]] {
            pieces[2] = parts.number;
            return 3;
        }
        pieces[2] = parts.state;
        pieces[3] = parts.number;
        return 4;
    }

    static std::uint32_t lines(const Parts&) { return 1; }
};

struct Prometheus : PrometheusBase {
    static constexpr std::string_view kEpilogue = "";

    bool render(const ReadySeries& ready, Rendered& rendered) const {
        rendered.metric_family = ready.metric_family;
        if (ready.series.type == MetricType::kSummary) {
            rendered.owned = {ready.metric_family + "_count", ready.metric_family + "_sum"};
        }
        rendered.variant.name = ready.name;
        render_header(ready.metric_family, ready, false, rendered.header);
        render_labels(ready, rendered.text);
        return true;
    }

    static char* number(char* out, const Number& number, const Variant& variant) {
        return is_no_count(number, variant) ? nullptr : write_value(out, number, variant);
    }
};

// Counters are `family_total` there, whatever their name was.
struct OpenMetrics : PrometheusBase {
    static constexpr std::string_view kEpilogue = "# EOF\n";

    bool render(const ReadySeries& ready, Rendered& rendered) const {
        constexpr std::string_view kTotal = "_total";
        std::string metric_family = ready.metric_family;
        std::string name = ready.name;
        if (ready.series.type == MetricType::kSummary) {
            rendered.owned = {metric_family + "_count", metric_family + "_sum",
                              metric_family + "_created"};
        } else if (ready.counter) {
            if (metric_family.size() > kTotal.size() && metric_family.ends_with(kTotal)) {
                metric_family.resize(metric_family.size() - kTotal.size());
            }
            name = metric_family + std::string(kTotal);
            rendered.owned = {name, metric_family + "_created"};
        }
        rendered.one_type = true;  // their samples are spelt differently
        render_header(metric_family, ready, true, rendered.header);
        rendered.metric_family = std::move(metric_family);
        rendered.variant.name = std::move(name);
        render_labels(ready, rendered.text);
        return true;
    }

    // Neither counters nor what a summary counts may be NaN or negative, and a count is whole.
    static char* number(char* out, const Number& number, const Variant& variant) {
        const bool refused = (variant.counter && !(number.value >= 0)) ||
                             (variant.role == Role::kQuantile && number.value < 0) ||
                             is_no_count(number, variant);
        if (refused) [[unlikely]] {
            return nullptr;
        }
        return write_value(out, number, variant);
    }
};

}  // namespace

std::unique_ptr<Encoder> make_prometheus(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<LineEncoder<Prometheus>>(options, counters);
}

std::unique_ptr<Encoder> make_openmetrics(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<LineEncoder<OpenMetrics>>(options, counters);
}

}  // namespace remora::encode

namespace remora {

std::string down_page(OutputFormat format, const std::vector<Label>& labels) {
    std::string page = "# HELP remora_up 1 while the agent runs\n# TYPE remora_up gauge\nremora_up";
    char before = '{';
    for (const Label& label : encode::safe_labels(labels, encode::Dots::kReplaced)) {
        if (!label.value.empty()) {
            page.append(1, before).append(label.name).append("=\"");
            encode::append_prometheus_value(page, label.value);
            page.push_back('"');
            before = ',';
        }
    }
    page.append(before == ',' ? "} 0\n" : " 0\n");
    if (format == OutputFormat::kOpenMetrics) {
        page.append(encode::OpenMetrics::kEpilogue);
    }
    return page;
}

}  // namespace remora
