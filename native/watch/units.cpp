#include "watch/units.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <ctime>

#include "base/formatted.h"

namespace remora {
namespace {

// Three digits that count; at least one of what is not 0.
std::string three_digits(double value) {
    const double size = std::fabs(value);
    if (size > 0 && size < 0.01) {
        return formatted("%.1g", value);
    }
    const int decimals = size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : 2;
    return formatted("%.*f", decimals, value);
}

template <std::size_t kCount>
std::string scaled(double value, double step, const std::array<const char*, kCount>& units) {
    std::size_t unit = 0;
    while (unit + 1 < kCount && std::fabs(value) >= step * 0.9995) {
        value /= step;
        ++unit;
    }
    const bool is_whole = unit == 0 && value == std::floor(value);
    return (is_whole ? formatted("%.0f", value) : three_digits(value)) + units[unit];
}

}  // namespace

std::string in_bytes(double bytes) {
    constexpr std::array<const char*, 6> kUnits = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
    return scaled(bytes, 1024, kUnits);
}

std::string in_count(double count) {
    constexpr std::array<const char*, 5> kUnits = {"", " k", " M", " G", " T"};
    return scaled(count, 1000, kUnits);
}

std::string in_ms(double ms) {
    return std::fabs(ms) < 999.5 ? three_digits(ms) + " ms" : three_digits(ms / 1e3) + " s";
}

std::string in_duration(double seconds) {
    const auto whole = static_cast<long long>(seconds < 0 ? 0 : seconds);
    if (whole < 60) {
        return formatted("%lld s", whole);
    }
    if (whole < 3'600) {
        return formatted("%lld m %lld s", whole / 60, whole % 60);
    }
    if (whole < 86'400) {
        return formatted("%lld h %lld m", whole / 3'600, whole / 60 % 60);
    }
    return formatted("%lld d %lld h", whole / 86'400, whole / 3'600 % 24);
}

std::string in_duration_ms(long long ms) {
    return in_duration(static_cast<double>(ms) / 1e3);
}

std::string in_time(long long wall_ms, long long now_wall_ms) {
    const auto second = static_cast<std::time_t>(wall_ms / 1000);
    const auto now_second = static_cast<std::time_t>(now_wall_ms / 1000);
    std::tm then{};
    std::tm now{};
    localtime_r(&second, &then);
    localtime_r(&now_second, &now);
    const bool is_today = then.tm_year == now.tm_year && then.tm_yday == now.tm_yday;
    std::array<char, 32> text{};
    const std::size_t length =
        std::strftime(text.data(), text.size(), is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
    return {text.data(), length};
}

}  // namespace remora
