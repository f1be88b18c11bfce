// What is a character of UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace remora {

// Bytes of the well-formed UTF-8 character at `at`, which is in `text`; 0: none begins there. No
// overlong one, no surrogate, none above U+10FFFF. Thread safety: any thread.
inline std::size_t character_bytes(std::string_view text, std::size_t at) {
    const auto byte_at = [text](std::size_t i) -> unsigned char {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    };
    const auto is_continuation = [](unsigned char c) { return (c & 0xC0U) == 0x80U; };
    const unsigned char lead = byte_at(at);
    const unsigned char second = byte_at(at + 1);
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4 || !is_continuation(second)) {
        return 0;
    }
    if (lead < 0xE0) {
        return 2;
    }
    if (!is_continuation(byte_at(at + 2))) {
        return 0;
    }
    if (lead < 0xF0) {
        const bool overlong = lead == 0xE0 && second < 0xA0;
        const bool surrogate = lead == 0xED && second >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    const bool out_of_range = (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    return !is_continuation(byte_at(at + 3)) || out_of_range ? 0 : 4;
}

}  // namespace remora
