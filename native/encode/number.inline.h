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

// Writes a finite `value`: whole numbers below 2^53 as integers, anything else as the shortest text
// that reads back the same. Returns the end. `out` has room for kNumberBytesMax.
inline char* write_number(char* out, double value) {
    constexpr double kExact = 9007199254740992.0;
    if (value > -kExact && value < kExact) {
        const auto whole = static_cast<std::int64_t>(value);
        if (static_cast<double>(whole) == value) {
            return std::to_chars(out, out + kNumberBytesMax, whole).ptr;
        }
    }
    return std::to_chars(out, out + kNumberBytesMax, value).ptr;
}

inline char* write_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

}  // namespace remora::encode
