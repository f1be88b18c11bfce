// Numbers to text on the hot path.
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace remora::encode {

inline constexpr std::size_t kNumberBytesMax = 32;  // longest text of a double or an int64

// The text of a series' last fraction, so that one that has not changed is copied and not rendered.
struct KeptNumber {
    std::uint64_t bits = 0;  // of the value; 0 is a whole number, which is never kept
    std::uint8_t size = 0;
    char text[23] = {};
};
static_assert(sizeof(KeptNumber) == 32);

inline bool is_whole(double value) {
    constexpr double kExact = 9007199254740992.0;
    return value > -kExact && value < kExact &&
           static_cast<double>(static_cast<std::int64_t>(value)) == value;
}

// Writes a finite `value`: whole numbers below 2^53 as integers, anything else as the shortest text
// that reads back the same. Returns the end. `out` has room for kNumberBytesMax. `kept`: where the
// series' last fraction is; may be null.
inline char* write_number(char* out, double value, KeptNumber* kept = nullptr) {
    if (is_whole(value)) {
        return std::to_chars(out, out + kNumberBytesMax, static_cast<std::int64_t>(value)).ptr;
    }
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
    if (kept != nullptr && kept->bits == bits) {
        std::memcpy(out, kept->text, sizeof(kept->text));
        return out + kept->size;
    }
    char* const end = std::to_chars(out, out + kNumberBytesMax, value).ptr;
    const auto size = static_cast<std::size_t>(end - out);
    if (kept != nullptr && size <= sizeof(kept->text)) {
        kept->bits = bits;
        kept->size = static_cast<std::uint8_t>(size);
        std::memcpy(kept->text, out, sizeof(kept->text));
    }
    return end;
}

inline char* write_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

}  // namespace remora::encode
