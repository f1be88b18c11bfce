// Influx line protocol: measurement is the sample name, one field `value`, always a float (a field
// that changes its type loses whole batches), nanoseconds (the only precision that UDP listeners
// take).
#include <array>
#include <cmath>

#include "encode/escape.h"
#include "encode/formats.h"
#include "encode/line_encoder.h"

namespace remora::encode {
namespace {

struct Influx {
    static constexpr bool kUnique = true;
    static constexpr bool kWhole = false;
    static constexpr bool kDeltas = false;
    static constexpr Dots kDots = Dots::kKept;
    static constexpr std::size_t kLineBytesMax = kBlockBytes;
    static constexpr std::size_t kPiecesMax = 4;
    static constexpr std::string_view kEpilogue = "";

    void begin_lines(std::int64_t wall_ms) {
        char* at = tail_.data();
        *at++ = ' ';
        at = std::to_chars(at, at + kNumberBytesMax, wall_ms * 1'000'000).ptr;
        *at++ = '\n';
        tail_bytes_ = static_cast<std::size_t>(at - tail_.data());
    }

    bool render(const ReadySeries& ready, Rendered& rendered) const {
        rendered.metric_family = ready.metric_family;
        rendered.variant.name = ready.name;
        for (const Label& label : ready.labels) {
            append_key(rendered.text, label.name, ready);
            append_influx_tag(rendered.text, label.value);
        }
        if (ready.state_label.empty()) {
            rendered.text.append(" value=");
        } else {
            append_key(rendered.text, ready.state_label, ready);
        }
        return true;
    }

    static void escape_state(std::string& out, std::string_view text) {
        append_influx_tag(out, text.empty() ? "_" : text);
    }

    char* number(char* out, const Number& number, const Variant& variant) const {
        if (!std::isfinite(number.value)) [[unlikely]] {
            return nullptr;
        }
        if (variant.rule == ValueRule::kState) {
            out = write_text(out, " value=");
        }
        return write_text(write_number(out, number.value, number.kept),
                          {tail_.data(), tail_bytes_});
    }

    static std::size_t arrange(const Parts& parts, std::int64_t, std::string_view* pieces) {
        pieces[0] = parts.name;
        pieces[1] = parts.text;
        pieces[2] = parts.state;
        pieces[3] = parts.number;
        return 4;
    }

    static std::uint32_t lines(const Parts&) { return 1; }

 private:
    // Servers drop a point with a tag of one of these names; `value` is the field.
    static void append_key(std::string& text, std::string_view name, const ReadySeries& ready) {
        constexpr std::array<std::string_view, 5> kReserved = {"time", "value", "_time", "_field",
                                                               "_measurement"};
        text.append(",").append(unreserved(name, kReserved, ready.labels, ready.state_label));
        text.append("=");
    }

    std::array<char, kNumberBytesMax + 2> tail_{};
    std::size_t tail_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Encoder> make_influx(const EncoderOptions& options, CounterTable& counters) {
    return std::make_unique<LineEncoder<Influx>>(options, counters);
}

}  // namespace remora::encode
