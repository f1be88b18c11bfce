#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"

namespace remora {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
// Largest first: formatting takes the first that divides, parsing demands this order.
constexpr std::array<Unit, 5> kTimeUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 5> kSizeUnits = {
    {{"TB", 1LL << 40}, {"GB", 1LL << 30}, {"MB", 1LL << 20}, {"KB", 1LL << 10}, {"B", 1}}};

// A whole number at the front of `text`, which is taken off.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || text.front() == '-') {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    if (text.empty()) {
        return std::nullopt;
    }
    while (!text.empty()) {
        const std::optional<std::int64_t> number = take_number(text);
        const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
        const std::string_view name = text.substr(0, letters);
        const auto* const unit =
            std::find_if(kTimeUnits.begin() + next_unit, kTimeUnits.end(),
                         [name](const Unit& candidate) { return candidate.name == name; });
        if (!number || unit == kTimeUnits.end() || *number > INT64_MAX / 2 / unit->factor) {
            return std::nullopt;
        }
        total += *number * unit->factor;
        if (total > INT64_MAX / 4) {
            return std::nullopt;
        }
        next_unit = static_cast<std::size_t>(unit - kTimeUnits.begin()) + 1;
        text.remove_prefix(letters);
    }
    return total;
}

std::string format_duration(std::int64_t milliseconds) {
    if (milliseconds == 0) {
        return "0s";
    }
    std::string text;
    for (const Unit& unit : kTimeUnits) {
        if (milliseconds >= unit.factor) {
            text += std::to_string(milliseconds / unit.factor) + std::string(unit.name);
            milliseconds %= unit.factor;
        }
    }
    return text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    const std::optional<std::int64_t> number = take_number(text);
    if (!number) {
        return std::nullopt;
    }
    if (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    if (text.empty()) {
        return static_cast<std::uint64_t>(*number);
    }
    for (const Unit& unit : kSizeUnits) {
        const std::string binary = std::string(unit.name.substr(0, 1)) + "iB";
        if (text == unit.name || (unit.factor > 1 && text == binary)) {
            if (*number > INT64_MAX / unit.factor) {
                return std::nullopt;
            }
            return static_cast<std::uint64_t>(*number * unit.factor);
        }
    }
    return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
    for (const Unit& unit : kSizeUnits) {
        const auto factor = static_cast<std::uint64_t>(unit.factor);
        if (bytes >= factor && bytes % factor == 0) {
            return std::to_string(bytes / factor) + std::string(unit.name);
        }
    }
    return "0B";
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> older(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        above[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
            if (i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) &&
                to_lower(a[i - 2]) == to_lower(b[j - 1])) {
                row[j] = std::min(row[j], older[j - 2] + 1);
            }
        }
        older.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

std::string nearest(std::string_view text, const std::vector<std::string>& candidates) {
    constexpr std::size_t kTextMax = 128;  // a longer one resembles no key
    if (text.size() > kTextMax) {
        return {};
    }
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(2, text.size() / 3) + 1;
    constexpr std::size_t kPartMin = 4;
    for (const std::string& candidate : candidates) {
        if (text.size() >= kPartMin && candidate.find(text) != std::string::npos) {
            return candidate;  // a part of the name was written
        }
        const std::size_t longer = std::max(text.size(), candidate.size());
        if (longer - std::min(text.size(), candidate.size()) >= best_distance) {
            continue;  // so many letters differ at least
        }
        const std::size_t distance = edit_distance(text, candidate);
        if (distance < best_distance && distance < candidate.size()) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best == nullptr ? std::string() : *best;
}

std::string did_you_mean(const std::string& name) {
    return name.empty() ? "" : "; did you mean \"" + name + "\"?";
}

}  // namespace remora
