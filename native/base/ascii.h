// ASCII text, whatever the locale: a byte outside ASCII is neither letter nor digit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
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
// A-Z as a-z.
constexpr char to_lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string lower_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), to_lower);
    return result;
}

// Returns what stands before the first `separator`, and takes it and the separator off `text`: of
// "a;b" returns "a" and leaves "b". Without a separator it is all of `text`.
constexpr std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
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
