#include "name/sanitize.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"
#include "base/limits.h"
#include "model/object_name.h"

namespace remora {
namespace {

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return hash;
}

std::string hex16(std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) {
        text[i] = kDigits[value & 15];
    }
    return text;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Letters outside ASCII leave nothing of themselves in a name: a hash keeps names apart.
std::string short_hash(std::string_view text) {
    return hex16(fnv1a(text)).substr(8);
}

constexpr std::array<std::string_view, 4> kReservedLabels = {"job", "instance", "quantile", "le"};

}  // namespace

std::string metric_name(std::initializer_list<std::string_view> parts) {
    std::size_t bytes = 1;
    for (const std::string_view part : parts) {
        bytes += part.size() + 1;
    }
    std::string name;
    name.reserve(bytes);
    const auto put = [&name](char c) {
        const char safe = is_letter(c) || is_digit(c) ? to_lower(c) : '_';
        if (safe == '_' && !name.empty() && name.back() == '_') {
            return;
        }
        name.push_back(safe);
    };
    std::string others;
    for (const std::string_view part : parts) {
        if (part.empty()) {
            continue;
        }
        if (!is_ascii(part)) {
            others.append(part).push_back('.');
        }
        if (!name.empty()) {
            put('_');
        } else if (is_digit(part.front())) {
            put('_');
        }
        for (const char c : part) {
            put(c);
        }
    }
    if (!others.empty()) {
        name.append(name.ends_with('_') ? "" : "_").append(short_hash(others));
    }
    return name.empty() ? "_" : name;
}

std::string label_name(std::string_view key) {
    std::string name;
    name.reserve(key.size() + 1);
    if (!key.empty() && is_digit(key.front())) {
        name.push_back('_');
    }
    for (const char c : without_double_front(key)) {
        name.push_back(is_letter(c) || is_digit(c) ? c : '_');
    }
    if (!is_ascii(key)) {
        // Two underscores at the front are Prometheus's own.
        name.append(name == "_" ? "" : "_").append(short_hash(key));
    }
    for (const std::string_view reserved : kReservedLabels) {
        if (name == reserved) {
            return "exported_" + name;
        }
    }
    return name.empty() ? "_" : name;
}

std::string label_value(std::string_view registered) {
    std::string value = unquote(registered);
    if (value.size() <= kLabelValueBytesMax) {
        return value;
    }
    const std::string hash = hex16(fnv1a(value));
    std::size_t keep = kLabelValueBytesMax - hash.size() - 1;
    // Not in the middle of a UTF-8 character.
    while (keep > 0 && (static_cast<unsigned char>(value[keep]) & 0xC0U) == 0x80U) {
        --keep;
    }
    value.resize(keep);
    return value + "~" + hash;
}

}  // namespace remora
