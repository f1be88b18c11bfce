#include "rules/java_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace remora {

std::string java_double_text(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "Infinity" : "-Infinity";
    }
    constexpr double kPlainMin = 1e-3;
    constexpr double kPlainMax = 1e7;
    const double size = std::abs(value);
    const bool is_plain = size == 0 || (size >= kPlainMin && size < kPlainMax);
    std::array<char, 64> buffer{};
    const auto format = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
    const char* end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
    const std::string_view written(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t exponent = written.find('e');
    std::string text(written.substr(0, exponent));
    if (text.find('.') == std::string::npos) {
        text += ".0";
    }
    if (exponent == std::string_view::npos) {
        return text;
    }
    // "e-05" there, "E-5" in Java.
    std::string_view power = written.substr(exponent + 1);
    text += "E";
    if (power.front() == '-') {
        text += "-";
    }
    power.remove_prefix(1);
    power.remove_prefix(std::min(power.find_first_not_of('0'), power.size() - 1));
    return text.append(power);
}

std::string java_number_text(double value) {
    constexpr double kExact = 9007199254740992.0;
    if (std::abs(value) < kExact && std::trunc(value) == value) {
        return std::to_string(static_cast<std::int64_t>(value));
    }
    return java_double_text(value);
}

}  // namespace remora
