// The tick of every format that writes one line a sample. What differs is a Dialect, known at
// compile time: no virtual call, no map and no allocation a value.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <string_view>

#include "encode/number.inline.h"
#include "encode/registry.h"

namespace remora::encode {

inline constexpr std::size_t kTailBytesMax = 128;  // number and what a dialect puts around it

// A line in pieces, in no order yet.
struct Parts {
    std::string_view name = "";
    std::string_view text = "";    // labels
    std::string_view state = "";   // escaped text of a state
    std::string_view number = "";  // as Dialect::number wrote it
    bool negative_gauge = false;
};

// The value of a line.
struct Number {
    double value = 0;
    bool stale = false;
    KeptNumber* kept = nullptr;
};

// A Dialect has
//   static constexpr bool kUnique, kWhole, kDeltas;       see Registry::Needs
//   static constexpr Dots kDots;                          in names of labels
//   static constexpr std::size_t kLineBytesMax;
//   static constexpr std::size_t kPiecesMax;
//   static constexpr std::string_view kEpilogue;          the last line of a frame
//   bool render(const ReadySeries&, Rendered&) const;
//   void begin_lines(std::int64_t wall_ms);
//   static void escape_state(std::string&, std::string_view);
//   char* number(char* out, const Number&, const Variant&) const;   nullptr: not expressible
//   std::size_t arrange(const Parts&, std::int64_t read_wall_ms, std::string_view* pieces);
//   static std::uint32_t lines(const Parts&);             lines that arrange() makes
template <typename Dialect>
class LineEncoder final : public Registry {
 public:
    LineEncoder(const EncoderOptions& options, CounterTable& counters)
        : Registry(options, counters,
                   {.unique = Dialect::kUnique,
                    .whole = Dialect::kWhole,
                    .deltas = Dialect::kDeltas,
                    .dots = Dialect::kDots}) {
        state_.reserve(8 * wire::kTextBytesMax);
    }

 protected:
    bool render(const ReadySeries& ready, Rendered& rendered) const override {
        return dialect_.render(ready, rendered);
    }
    void begin_lines(std::int64_t wall_ms) override {
        epilogue_done_ = false;
        line_wall_ms_ = wall_ms;
        dialect_.begin_lines(wall_ms);
    }
    bool encode_lines(const Values& values, BlockChannel& out, Tally& tally) override {
        return encode_groups(values, out, tally) && epilogue(out);
    }

 private:
    // False: no block was free; at_ is where to go on.
    bool encode_groups(const Values& values, BlockChannel& out, Tally& tally) {
        const std::size_t line_bytes_max = std::min(
            {options_.line_bytes_max, out.block_bytes(), std::size_t{Dialect::kLineBytesMax}});
        for (; at_.group < store_.group_count(); at_.next_group()) {
            Group& group = store_.group(at_.group);
            for (; at_.entry < group.entries.size(); ++at_.entry) {
                if (!encode_entry(group, values, out, line_bytes_max, tally)) {
                    return false;
                }
            }
        }
        return true;
    }

    bool encode_entry(Group& group, const Values& values, BlockChannel& out,
                      std::size_t line_bytes_max, Tally& tally) {
        const Entry& entry = group.entries[at_.entry];
        Sample sample;
        if (!sample_of(entry, values, sample)) {
            return true;
        }
        if (entry.variant == kTooLong) {
            ++tally.too_long;
            return true;
        }
        const Variant& variant = group.variants[entry.variant];
        Parts parts;
        double value = sample.value;
        if (variant.rule == ValueRule::kState) [[unlikely]] {
            if (!state_text(values, sample.value, parts)) {
                return true;
            }
            value = 1;
        } else if (variant.rule != ValueRule::kAsIs) {
            sample.value = variant.source(sample.value);
            value = variant.apply(sample.value);
        }
        const std::uint64_t bits = std::bit_cast<std::uint64_t>(sample.value);
        if (only_changed_ && !keyframe_ && group.previous[at_.entry] == bits) {
            return true;
        }
        double rest = 0;
        if (Dialect::kDeltas && variant.counter &&
            !take_growth(group, variant, bits, value, rest)) {
            return true;
        }
        if (options_.time_of_read && sample.read_wall_ms != line_wall_ms_) {
            line_wall_ms_ = sample.read_wall_ms;
            dialect_.begin_lines(line_wall_ms_);
        }
        char tail[kTailBytesMax];
        char* end =
            dialect_.number(tail, {value, sample.stale, kept_number(group, value)}, variant);
        if (end == nullptr) {
            ++tally.unencodable;
            return true;
        }
        parts.name = variant.name;
        parts.text = store_.text_of(entry);
        parts.number = {tail, static_cast<std::size_t>(end - tail)};
        parts.negative_gauge = !variant.counter && value < 0;
        if (!write_line(group, parts, sample.read_wall_ms, bits, out, line_bytes_max, tally)) {
            return false;
        }
        if (Dialect::kDeltas) {
            SeriesStore::set_beside(group, at_.entry, rest);
        }
        return true;
    }

    KeptNumber* kept_number(Group& group, double value) {
        if (!group.numbers.empty()) {
            return &group.numbers[at_.entry];
        }
        if (!group.wants_numbers && !is_whole(value)) {
            store_.want_numbers(group);
        }
        return nullptr;
    }

    bool write_line(Group& group, const Parts& parts, std::int64_t read_wall_ms, std::uint64_t bits,
                    BlockChannel& out, std::size_t line_bytes_max, Tally& tally) {
        std::string_view pieces[Dialect::kPiecesMax];
        const std::size_t count = dialect_.arrange(parts, read_wall_ms, pieces);
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < count; ++i) {
            bytes += pieces[i].size();
        }
        if (bytes > line_bytes_max) {
            ++tally.too_long;
            return true;
        }
        if (!at_.has_header && !write_header(group, out)) {
            return false;
        }
        char* at = out.reserve(bytes);
        if (at == nullptr) {
            return false;
        }
        for (std::size_t i = 0; i < count; ++i) {
            at = write_text(at, pieces[i]);
        }
        out.commit(bytes, Dialect::lines(parts));
        ++tally.lines;
        if (!group.previous.empty()) {
            group.previous[at_.entry] = bits;
        }
        return true;
    }

    bool write_header(const Group& group, BlockChannel& out) {
        const std::string& header = group.header;
        // One that does not fit a block is left out: the samples are valid without.
        if (!header.empty() && header.size() <= out.block_bytes()) {
            char* at = out.reserve(header.size());
            if (at == nullptr) {
                return false;
            }
            write_text(at, header);
            out.commit(header.size(), 2);
        }
        at_.has_header = true;
        return true;
    }

    // Turns a counter's value into its growth, in whole numbers, because many receivers cut off
    // fractions. `rest` is added the next time. Returns false when nothing is to be emitted: the
    // first sight of an old counter gives its value, not its growth. A value that no counter can
    // have is not kept: Dialect::number() refuses it.
    bool take_growth(Group& group, const Variant& variant, std::uint64_t bits, double& value,
                     double& rest) {
        if (!std::isfinite(value) || value < 0) [[unlikely]] {
            rest = SeriesStore::beside(group, at_.entry);
            return true;
        }
        const std::uint64_t before = group.previous[at_.entry];
        if (before == kUnseen) {
            group.previous[at_.entry] = bits;
            return false;
        }
        const double last = before == kBegun ? 0 : variant.apply(std::bit_cast<double>(before));
        // Below its last value it was reset and has grown to `value` since.
        const double growth =
            (value >= last ? value - last : value) + SeriesStore::beside(group, at_.entry);
        value = std::floor(growth);
        rest = growth - value;
        return true;
    }

    bool state_text(const Values& values, double id, Parts& parts) {
        if (!(id >= 1) || id >= static_cast<double>(values.texts.size())) {
            return false;
        }
        state_.clear();
        Dialect::escape_state(state_, values.texts[static_cast<std::size_t>(id)]);
        parts.state = state_;
        return true;
    }

    bool epilogue(BlockChannel& out) {
        if (epilogue_done_ || Dialect::kEpilogue.empty()) {
            return true;
        }
        char* at = out.reserve(Dialect::kEpilogue.size());
        if (at == nullptr) {
            return false;
        }
        write_text(at, Dialect::kEpilogue);
        out.commit(Dialect::kEpilogue.size());
        epilogue_done_ = true;
        return true;
    }

    Dialect dialect_;
    std::int64_t line_wall_ms_ = 0;  // that the dialect has
    std::string state_;
    bool epilogue_done_ = false;
};

}  // namespace remora::encode
