// What an ASCII character is, whatever the locale: bytes outside ASCII are none of these.
#pragma once

#include <cstddef>
#include <string_view>

namespace remora {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_letter(char c) {
    return is_lower(c) || is_upper(c);
}

// For names in which '_' stands for what is no letter or digit: `name` without those at its front
// that would make it begin with "__", which Prometheus keeps for itself. "--a" gives "-a".
constexpr std::string_view without_double_front(std::string_view name) {
    const auto is_replaced = [name](std::size_t i) {
        return !is_letter(name[i]) && !is_digit(name[i]);
    };
    std::size_t skip = 0;
    while (skip + 1 < name.size() && is_replaced(skip) && is_replaced(skip + 1)) {
        ++skip;
    }
    return name.substr(skip);
}

}  // namespace remora
