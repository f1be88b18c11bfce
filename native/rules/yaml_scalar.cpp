#include "rules/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/ascii.h"

namespace remora {
namespace {

constexpr std::array<std::string_view, 4> kNulls = {"~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 9> kTrues = {"yes",  "Yes", "YES", "true", "True",
                                                    "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 9> kFalses = {"no",    "No",  "NO",  "false", "False",
                                                     "FALSE", "off", "Off", "OFF"};

template <std::size_t kSize>
bool is_one_of(const std::array<std::string_view, kSize>& words, std::string_view text) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool has_only(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

// `digits` without the underscores that YAML 1.1 allows between them.
std::optional<double> whole(std::string_view digits, int base) {
    std::string plain(digits);
    plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    if (plain.empty()) {
        return std::nullopt;
    }
    return base == 10 ? std::strtod(plain.c_str(), nullptr)
                      : static_cast<double>(std::strtoull(plain.c_str(), nullptr, base));
}

// A whole number of YAML 1.1, without its sign.
std::optional<double> yaml_whole(std::string_view text) {
    const std::string_view head = text.substr(0, 2);
    if (head == "0x" && has_only(text.substr(2), "0123456789abcdefABCDEF_")) {
        return whole(text.substr(2), 16);
    }
    if (head == "0b" && has_only(text.substr(2), "01_")) {
        return whole(text.substr(2), 2);
    }
    if (text.size() > 1 && text[0] == '0' && has_only(text, "01234567_")) {
        return whole(text, 8);
    }
    const bool is_decimal = has_only(text, "0123456789_") && text[0] != '_';
    return is_decimal && (text.size() == 1 || text[0] != '0') ? whole(text, 10) : std::nullopt;
}

// A number with a fraction or an exponent of YAML 1.1, without its sign.
std::optional<double> yaml_fraction(std::string_view text) {
    if (text == ".inf" || text == ".Inf" || text == ".INF") {
        return std::numeric_limits<double>::infinity();
    }
    if (text == ".nan" || text == ".NaN" || text == ".NAN") {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const bool begins = !text.empty() && (text[0] == '.' || is_digit(text[0]));
    std::string plain(text);
    plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    return begins && has_only(plain, "0123456789.eE+-") ? java_double(plain) : std::nullopt;
}

}  // namespace

std::optional<double> java_double(std::string_view text) {
    while (!text.empty() && text.front() <= ' ' && text.front() >= 0) {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() <= ' ' && text.back() >= 0) {
        text.remove_suffix(1);
    }
    const bool is_signed = !text.empty() && (text[0] == '-' || text[0] == '+');
    const bool is_negative = is_signed && text[0] == '-';
    std::string_view size = text.substr(is_signed ? 1 : 0);
    double value = 0;
    if (size == "NaN") {
        value = std::numeric_limits<double>::quiet_NaN();
    } else if (size == "Infinity") {
        value = std::numeric_limits<double>::infinity();
    } else {
        if (!size.empty() && std::string_view("fFdD").find(size.back()) != std::string_view::npos) {
            size.remove_suffix(1);
        }
        if (!has_only(size, "0123456789.eE+-") || size[0] == '+' || size[0] == '-') {
            return std::nullopt;
        }
        const std::string digits(size);
        char* end = nullptr;
        value = std::strtod(digits.c_str(), &end);
        if (end != digits.c_str() + digits.size()) {
            return std::nullopt;
        }
    }
    return is_negative ? -value : value;
}

void resolve_scalar(JsonNode& node) {
    const std::string_view text = node.text;
    if (text.empty() || is_one_of(kNulls, text)) {
        node.kind = JsonNode::Kind::kNull;
        return;
    }
    if (is_one_of(kTrues, text) || is_one_of(kFalses, text)) {
        node.kind = JsonNode::Kind::kBool;
        node.boolean = is_one_of(kTrues, text);
        return;
    }
    const bool is_signed = text[0] == '-' || text[0] == '+';
    const std::string_view size = text.substr(is_signed ? 1 : 0);
    std::optional<double> number = yaml_whole(size);
    if (!number) {
        number = yaml_fraction(size);
    }
    node.kind = number ? JsonNode::Kind::kNumber : JsonNode::Kind::kText;
    node.number = number ? (text[0] == '-' ? -*number : *number) : 0;
}

}  // namespace remora
