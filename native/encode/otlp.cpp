// OTLP JSON lines, as the OpenTelemetry file exporter writes them: one MetricsData a line, one
// metric in it, with as many data points as a line may hold.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "encode/escape.h"
#include "encode/formats.h"
#include "encode/number.inline.h"
#include "encode/registry.h"

namespace remora::encode {
namespace {

constexpr std::string_view kLineEnd = "]}}]}]}]}\n";

// The output's labels describe the whole resource: they are written once a line and not in each
// point.
EncoderOptions without_labels(EncoderOptions options) {
    options.labels.clear();
    return options;
}

void append_attribute(std::string& out, std::string_view key, std::string_view value) {
    out.append(out.back() == '[' ? "" : ",").append("{\"key\":\"").append(key);
    out.append("\",\"value\":{\"stringValue\":\"");
    append_json(out, value);
    out.append("\"}}");
}

// Everything of a line up to the metric.
std::string line_begin(const EncoderOptions& options) {
    constexpr std::string_view kServiceName = "service.name";
    const std::vector<Label> labels = safe_labels(options.labels, Dots::kKept);
    std::string text = "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[";
    if (std::none_of(labels.begin(), labels.end(),
                     [kServiceName](const Label& label) { return label.name == kServiceName; })) {
        append_attribute(text, kServiceName, "kafka");
    }
    for (const Label& label : labels) {
        append_attribute(text, label.name, label.value);
    }
    text.append("]},\"scopeMetrics\":[{\"scope\":{\"name\":\"remora\"");
    if (!options.version.empty()) {
        text.append(",\"version\":\"");
        append_json(text, options.version);
        text.push_back('"');
    }
    return text + "},\"metrics\":[{";
}

// A summary point has no way to say that it has no count or no sum: both would be 0. The samples of
// one that lacks either are metrics of their own.
bool is_whole_summary(const UnitSeries& unit, const Series& sample) {
    const auto has = [&](const char* suffix) {
        return std::any_of(unit.series, unit.series + unit.count, [&](const Series& other) {
            return other.metric_family == sample.metric_family &&
                   other.name == sample.metric_family + suffix;
        });
    };
    return has("_count") && has("_sum");
}

Series standing_alone(Series sample) {
    if (sample.name == sample.metric_family) {
        sample.name += "_quantile";
        sample.type = MetricType::kGauge;
    } else {
        sample.type = MetricType::kCounter;
    }
    sample.metric_family = sample.name;
    return sample;
}

// Of what is counted or measured in whole units; seconds, shares and rates are not.
bool is_fractional_unit(std::string_view unit) {
    return unit == "1" || unit == "s" || unit == "ms" || unit.ends_with("/s");
}

bool fits_int64(double value) {
    constexpr double kBeyond = 9223372036854775808.0;
    return value >= -kBeyond && value < kBeyond && std::trunc(value) == value;
}

// A JSON number, or the string that protobuf's JSON mapping has for what is none.
void append_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out.append(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    char buffer[kNumberBytesMax];
    out.append(buffer, static_cast<std::size_t>(write_number(buffer, value) - buffer));
}

class OtlpEncoder final : public Registry {
 public:
    OtlpEncoder(const EncoderOptions& options, CounterTable& counters)
        : Registry(without_labels(options), counters, {.starts = true, .dots = Dots::kKept}),
          line_begin_(line_begin(options)) {
        line_.reserve(kLineBytesMax);
        point_.reserve(kLineBytesMax);
    }

    Status add_unit(UnitId unit, const UnitSeries& series) override {
        std::vector<Series> all(series.series, series.series + series.count);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].type == MetricType::kSummary &&
                !is_whole_summary(series, series.series[i])) {
                all[i] = standing_alone(std::move(all[i]));
            }
        }
        UnitSeries told = series;
        told.series = all.data();
        return Registry::add_unit(unit, told);
    }

 protected:
    bool render(const ReadySeries& ready, Rendered& rendered) const override {
        rendered.metric_family = ready.metric_family;
        std::string& header = rendered.header;
        header.append("\"name\":\"").append(ready.metric_family).append("\",\"description\":\"");
        append_json(header, ready.series.help);
        if (!ready.series.unit.empty()) {
            header.append("\",\"unit\":\"").append(ready.series.unit);
        }
        rendered.is_fractional =
            ready.series.rule == ValueRule::kScaled || is_fractional_unit(ready.series.unit);
        if (ready.series.type == MetricType::kSummary) {
            rendered.owned = {ready.metric_family + "_count", ready.metric_family + "_sum"};
            header.append("\",\"summary\":{\"dataPoints\":[");
        } else if (ready.counter || ready.series.type == MetricType::kUpDownCounter) {
            rendered.one_type = true;
            header.append("\",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":");
            header.append(ready.counter ? "true" : "false").append(",\"dataPoints\":[");
        } else {
            header.append("\",\"gauge\":{\"dataPoints\":[");
        }
        if (ready.role == Role::kQuantile) {
            render_quantile(ready, rendered.variant.quantile);
        }
        rendered.variant.name = ready.name;
        std::string& text = rendered.text;
        text.append("{\"attributes\":[");
        for (const Label& label : ready.labels) {
            if (ready.role != Role::kQuantile || label.name != "quantile") {
                append_attribute(text, label.name, label.value);
            }
        }
        if (ready.state_label.empty()) {
            text.push_back(']');
        } else {
            text.append(text.back() == '[' ? "" : ",").append("{\"key\":\"");
            text.append(ready.state_label).append("\",\"value\":{\"stringValue\":\"");
        }
        return true;
    }

    void begin_lines(std::int64_t wall_ms) override {
        line_.clear();
        set_time(wall_ms);
    }

    bool encode_lines(const Values& values, BlockChannel& out, Tally& tally) override {
        const std::size_t line_bytes_max =
            std::min({options_.line_bytes_max, out.block_bytes(), kLineBytesMax});
        for (; at_.group < store_.group_count(); at_.next_group()) {
            Group& group = store_.group(at_.group);
            while (at_.entry < group.entries.size()) {
                const std::size_t run = run_at(group);
                if (!encode_point(group, run, values, out, line_bytes_max, tally)) {
                    return false;
                }
                at_.entry += run;
            }
            if (!flush(out, tally)) {
                return false;
            }
        }
        return true;
    }

 private:
    // A point carries the time of the read of its values; those of a batch share it.
    void set_time(std::int64_t wall_ms) {
        if (wall_ms != time_wall_ms_ || time_.empty()) {
            time_wall_ms_ = wall_ms;
            time_.clear();
            append_nanos(time_, "timeUnixNano", wall_ms);
        }
    }

    // A 64-bit integer, which JSON carries as a string.
    static void append_nanos(std::string& out, std::string_view name, std::int64_t wall_ms) {
        constexpr std::int64_t kNanosPerMilli = 1'000'000;
        char buffer[kNumberBytesMax];
        const char* end =
            std::to_chars(buffer, buffer + kNumberBytesMax, wall_ms * kNanosPerMilli).ptr;
        out.append(",\"").append(name).append("\":\"");
        out.append(buffer, static_cast<std::size_t>(end - buffer)).push_back('"');
    }

    // Digits with at most one point, as the registry checked; by hand, since libc++ has no
    // from_chars for doubles and strtod depends on the host's locale.
    static void render_quantile(const ReadySeries& ready, std::string& text) {
        double digits = 0;
        double divisor = 1;
        bool behind_point = false;
        for (const char c : ready.quantile) {
            if (c == '.') {
                behind_point = true;
                continue;
            }
            digits = digits * 10 + (c - '0');
            divisor *= behind_point ? 10 : 1;
        }
        append_number(text, digits / divisor);
    }

    // How many entries make one data point: all of a unit's in a summary, else one.
    std::size_t run_at(const Group& group) const {
        const Entry& first = group.entries[at_.entry];
        std::size_t run = 1;
        while (group.type == MetricType::kSummary && at_.entry + run < group.entries.size()) {
            const Entry& next = group.entries[at_.entry + run];
            if (next.unit != first.unit || next.stamp != first.stamp ||
                store_.text_of(next) != store_.text_of(first)) {
                break;
            }
            ++run;
        }
        return run;
    }

    // False: no block was free, and nothing was taken of this point yet.
    bool encode_point(Group& group, std::size_t run, const Values& values, BlockChannel& out,
                      std::size_t line_bytes_max, Tally& tally) {
        Sample sample;
        if (!sample_of(group.entries[at_.entry], values, sample)) {
            return true;
        }
        if (group.entries[at_.entry].variant == kTooLong) {
            ++tally.too_long;
            return true;
        }
        point_.clear();
        set_time(sample.read_wall_ms);
        const bool any = group.type == MetricType::kSummary
                             ? summary_point(group, run, sample, values, tally)
                             : number_point(group, sample, values);
        if (!any) {
            return true;
        }
        const std::size_t start_bytes = line_begin_.size() + group.header.size();
        if (start_bytes + point_.size() + kLineEnd.size() > line_bytes_max) {
            ++tally.too_long;
            return true;
        }
        if (line_.size() + 1 + point_.size() + kLineEnd.size() > line_bytes_max &&
            !flush(out, tally)) {
            return false;
        }
        if (line_.empty()) {
            line_.append(line_begin_).append(group.header);
        } else {
            line_.push_back(',');
        }
        line_.append(point_);
        remember(group, run, values);
        return true;
    }

    bool number_point(Group& group, const Sample& sample, const Values& values) {
        const Entry& entry = group.entries[at_.entry];
        const Variant& variant = group.variants[entry.variant];
        const double source = variant.source(sample.value);
        if (unchanged(group, at_.entry, source)) {
            return false;
        }
        point_.append(store_.text_of(entry));
        double value = variant.apply(source);
        if (variant.rule == ValueRule::kState) {
            if (!(value >= 1) || value >= static_cast<double>(values.texts.size())) {
                return false;
            }
            append_json(point_, values.texts[static_cast<std::size_t>(value)]);
            point_.append("\"}}]");
            value = 1;
        }
        if (variant.counter) {
            note_fall(group, at_.entry, at_.entry, source);
            append_start(group, sample);
        }
        point_.append(time_);
        append_value(group, value);
        point_.push_back('}');
        return true;
    }

    // A family has points of one kind, as some receivers want it: a fraction is there to stay.
    void append_value(Group& group, double value) {
        group.is_fractional = group.is_fractional || !fits_int64(value);
        if (group.is_fractional) {
            point_.append(",\"asDouble\":");
            append_number(point_, value);
            return;
        }
        char buffer[kNumberBytesMax];
        const char* end =
            std::to_chars(buffer, buffer + kNumberBytesMax, static_cast<std::int64_t>(value)).ptr;
        point_.append(",\"asInt\":\"").append(buffer, static_cast<std::size_t>(end - buffer));
        point_.push_back('"');
    }

    // A counter that fell counts since the last tick, and so does the point of the entry at
    // `first`.
    void note_fall(Group& group, std::size_t first, std::size_t at, double value) const {
        if (value < std::bit_cast<double>(group.previous[at])) {
            SeriesStore::set_beside(group, first, static_cast<double>(previous_wall_ms_));
        }
    }

    // Since when the point under way counts: the start of the host, unless it began later.
    void append_start(const Group& group, const Sample& sample) {
        const auto begun_ms = static_cast<std::int64_t>(SeriesStore::beside(group, at_.entry));
        const std::int64_t start_ms =
            begun_ms > 0 ? std::min(begun_ms, sample.read_wall_ms) : options_.start_wall_ms;
        if (start_ms > 0) {
            append_nanos(point_, "startTimeUnixNano", start_ms);
        }
    }

    bool summary_point(Group& group, std::size_t run, const Sample& first, const Values& values,
                       Tally& tally) {
        bool wanted = false;
        double sum = 0;
        double count = -1;
        bool has_sum = false;
        for (std::size_t i = at_.entry; i < at_.entry + run; ++i) {
            Sample sample;
            if (!sample_of(group.entries[i], values, sample)) {
                continue;
            }
            wanted = wanted || !unchanged(group, i, sample.value);
            const Variant& variant = group.variants[group.entries[i].variant];
            if (variant.role == Role::kQuantile) {
                continue;
            }
            note_fall(group, at_.entry, i, sample.value);
            has_sum = has_sum || variant.role == Role::kSum;
            (variant.role == Role::kSum ? sum : count) = variant.apply(sample.value);
        }
        constexpr double kBeyond = 18446744073709551616.0;
        // What another bean's clash took away is not there either.
        if (!has_sum || !(count >= 0 && count < kBeyond && count == std::floor(count))) {
            tally.unencodable += wanted ? run : 0;
            return false;
        }
        point_.append(store_.text_of(group.entries[at_.entry]));
        append_start(group, first);
        point_.append(time_).append(",\"count\":\"");
        char buffer[kNumberBytesMax];
        const char* end =
            std::to_chars(buffer, buffer + kNumberBytesMax, static_cast<std::uint64_t>(count)).ptr;
        point_.append(buffer, static_cast<std::size_t>(end - buffer)).append("\",\"sum\":");
        append_number(point_, sum);
        append_quantiles(group, run, values);
        return wanted;
    }

    void append_quantiles(const Group& group, std::size_t run, const Values& values) {
        point_.append(",\"quantileValues\":[");
        for (std::size_t i = at_.entry; i < at_.entry + run; ++i) {
            const Variant& variant = group.variants[group.entries[i].variant];
            Sample sample;
            if (variant.role != Role::kQuantile || !sample_of(group.entries[i], values, sample)) {
                continue;
            }
            point_.append(point_.back() == '[' ? "{\"quantile\":" : ",{\"quantile\":");
            point_.append(variant.quantile).append(",\"value\":");
            append_number(point_, variant.apply(sample.value));
            point_.push_back('}');
        }
        point_.append("]}");
    }

    bool unchanged(const Group& group, std::size_t at, double value) const {
        return only_changed_ && !keyframe_ &&
               group.previous[at] == std::bit_cast<std::uint64_t>(value);
    }

    void remember(Group& group, std::size_t run, const Values& values) {
        for (std::size_t i = at_.entry; i < at_.entry + run; ++i) {
            Sample sample;
            if (sample_of(group.entries[i], values, sample)) {
                const Variant& variant = group.variants[group.entries[i].variant];
                group.previous[i] = std::bit_cast<std::uint64_t>(variant.source(sample.value));
            }
        }
    }

    bool flush(BlockChannel& out, Tally& tally) {
        if (line_.empty()) {
            return true;
        }
        const std::size_t bytes = line_.size() + kLineEnd.size();
        char* at = out.reserve(bytes);
        if (at == nullptr) {
            return false;
        }
        write_text(write_text(at, line_), kLineEnd);
        out.commit(bytes);
        line_.clear();
        ++tally.lines;
        return true;
    }

    const std::string line_begin_;
    std::string time_;
    std::int64_t time_wall_ms_ = 0;  // that time_ says
    std::string line_;               // begun, not yet ended
    std::string point_;              // being written
};

}  // namespace

std::unique_ptr<Encoder> make_otlp(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<OtlpEncoder>(options, counters);
}

}  // namespace remora::encode
