// NDJSON: one object a line and a value. The schema: docs/reference/ndjson.md.
#include <array>
#include <cmath>

#include "encode/escape.h"
#include "encode/formats.h"
#include "encode/line_encoder.h"

namespace remora::encode {
namespace {

struct Ndjson {
    static constexpr bool kUnique = false;  // lines carry the MBean and the attribute
    static constexpr bool kWhole = false;
    static constexpr bool kDeltas = false;
    static constexpr Dots kDots = Dots::kKept;
    static constexpr std::size_t kLineBytesMax = 8000;  // rsyslog cuts at 8,096
    static constexpr std::size_t kPiecesMax = 6;
    static constexpr std::string_view kEpilogue = "";

    void begin_lines(std::int64_t) {}

    bool render(const ReadySeries& ready, Rendered& rendered) const {
        rendered.metric_family = ready.metric_family;
        rendered.variant.name = ",\"name\":\"" + ready.name + "\"";
        std::string& text = rendered.text;
        text.append(",\"mbean\":\"");
        append_json(text, ready.object_name);
        text.append("\",\"attribute\":\"");
        append_json(text, ready.series.attribute);
        text.append("\",\"labels\":{");
        for (const Label& label : ready.labels) {
            text.append(text.back() == '{' ? "\"" : ",\"").append(label.name).append("\":\"");
            append_json(text, label.value);
            text.push_back('"');
        }
        if (ready.state_label.empty()) {
            text.append("},\"value\":");
        } else {
            text.append(text.back() == '{' ? "\"" : ",\"")
                .append(ready.state_label)
                .append("\":\"");
        }
        return true;
    }

    static void escape_state(std::string& out, std::string_view text) { append_json(out, text); }

    static char* number(char* out, const Number& number, const Variant& variant) {
        if (variant.rule == ValueRule::kState) {
            out = write_text(out, "\"},\"value\":1");
        } else if (std::isfinite(number.value)) [[likely]] {
            out = write_number(out, number.value, number.kept);
        } else {
            out = write_text(out, "null,\"text\":\"");
            out = write_text(out, std::isnan(number.value) ? "NaN"
                                  : number.value > 0       ? "+Inf"
                                                           : "-Inf");
            *out++ = '"';
        }
        return write_text(out, number.stale ? ",\"stale\":true}\n" : "}\n");
    }

    std::size_t arrange(const Parts& parts, std::int64_t read_wall_ms, std::string_view* pieces) {
        if (read_wall_ms != time_ms_ || time_.empty()) {
            time_ms_ = read_wall_ms;
            char* const begin = time_buffer_.data();
            const char* end = std::to_chars(begin, begin + time_buffer_.size(), read_wall_ms).ptr;
            time_ = {begin, static_cast<std::size_t>(end - begin)};
        }
        pieces[0] = "{\"ts\":";
        pieces[1] = time_;
        pieces[2] = parts.name;
        pieces[3] = parts.text;
        pieces[4] = parts.state;
        pieces[5] = parts.number;
        return 6;
    }

    static std::uint32_t lines(const Parts&) { return 1; }

 private:
    // Units that were read together have the same time.
    std::array<char, kNumberBytesMax> time_buffer_{};
    std::string_view time_;
    std::int64_t time_ms_ = 0;
};

}  // namespace

std::unique_ptr<Encoder> make_ndjson(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<LineEncoder<Ndjson>>(options, counters);
}

}  // namespace remora::encode
