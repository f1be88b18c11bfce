// What a text must look like, by its kind.
#include <algorithm>
#include <array>
#include <span>

#include "base/ascii.h"
#include "base/limits.h"
#include "config/reader.h"
#include "match/pattern.h"

namespace remora {
namespace {

// With dots between its parts, as OpenTelemetry has them.
bool is_label_name(std::string_view name) {
    const auto letter = [](char c) { return is_letter(c) || c == '_'; };
    return !name.empty() && name.substr(0, 2) != "__" && letter(name.front()) &&
           name.back() != '.' && name.find("..") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || is_digit(c) || c == '.'; });
}

// With one of these every summary would lose its count and sum, or its quantiles.
bool is_of_summaries(std::string_view label) {
    return label == "quantile" || label == "le";
}

bool is_simple_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    });
}

constexpr std::array<std::string_view, 5> kPathPlaceholders = {"dir", "broker.id", "cluster.id",
                                                               "host", "pid"};
constexpr std::array<std::string_view, 6> kLabelPlaceholders = {
    "broker.id", "cluster.id", "host", "kafka.version", "node.role", "broker.rack"};

// What was expected of the placeholders of `text`, a `what`; empty: nothing is wrong.
std::string placeholder_fault(const std::string& what, std::string_view text,
                              std::span<const std::string_view> known) {
    for (std::size_t at = text.find("${"); at != std::string_view::npos;
         at = text.find("${", at + 2)) {
        const std::size_t end = text.find('}', at);
        const std::string_view name =
            end == std::string_view::npos ? "" : text.substr(at + 2, end - at - 2);
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            std::string expected = what + " with no placeholders but";
            for (const std::string_view one : known) {
                expected +=
                    std::string(one == known.front() ? " " : ", ") + "${" + std::string(one) + "}";
            }
            return expected;
        }
    }
    return {};
}

}  // namespace

void ConfigReader::check_text(const JsonNode& node, const std::string& path,
                              const std::string& value, TextKind kind) {
    const auto refuse = [&](const std::string& expected) { wrong(node, path, expected); };
    if (value.find('\0') != std::string::npos || value.size() > kNameBytesMax) {
        refuse("a text of at most " + std::to_string(kNameBytesMax) + " bytes without NUL");
        return;
    }
    switch (kind) {
        case TextKind::kAny:
            break;
        case TextKind::kRegex: {
            const Result<Regex> regex = Regex::compile(value);
            if (!regex) {
                refuse("a regular expression: " + regex.status().message());
            }
            break;
        }
        case TextKind::kPattern: {
            const Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(value);
            if (!pattern) {
                refuse("an ObjectName pattern like \"kafka.log:type=Log,*\": " +
                       pattern.status().message());
            }
            break;
        }
        case TextKind::kGlob:
            if (value.empty()) {
                refuse("a name or a glob with * and ?, not empty");
            }
            break;
        case TextKind::kPath:
            if (const std::string expected = placeholder_fault("a path", value, kPathPlaceholders);
                !expected.empty()) {
                refuse(expected);
            }
            break;
        case TextKind::kHost:
            if (value.empty() || value.find_first_of(" /,\t\n") != std::string::npos) {
                refuse("a host name or an IP address");
            }
            break;
        case TextKind::kName:
            if (!is_simple_name(value) || value.size() > 64) {
                refuse("a name of letters, digits, '-', '_' and '.', at most 64 bytes");
            }
            break;
        case TextKind::kTopic:
            if (value.empty() || value.size() > 249 || !is_simple_name(value)) {
                refuse("a topic name: 1 to 249 letters, digits, '.', '_' and '-'");
            }
            break;
        case TextKind::kNames: {
            const auto names = output_names_names();
            if (!is_rule_path(value) &&
                std::find(names.begin(), names.end(), value) == names.end()) {
                refuse("one of " + join_names(names) +
                       ", or the path of a rule file, which begins with /");
            }
            break;
        }
        case TextKind::kStatistic:
        case TextKind::kChange: {
            const auto names =
                kind == TextKind::kChange ? change_kind_names() : statistic_names().subspan(1);
            if (std::find(names.begin(), names.end(), value) == names.end()) {
                refuse("one of " + join_names(names));
            }
            break;
        }
    }
}

void ConfigReader::check_pair(const JsonNode& node, const std::string& path, const TextPair& pair,
                              PairKind kind) {
    if (kind == PairKind::kRegexes) {
        check_text(node, path, pair.second, TextKind::kRegex);
        if (pair.first.empty()) {
            error(node, path, "found an empty key; expected the key of an ObjectName property");
        }
        return;
    }
    if (!is_label_name(pair.first)) {
        error(node, path,
              "found the label name " + in_quotes(pair.first) +
                  "; expected letters, digits, _ and dots between them, not beginning with a "
                  "digit or __");
    }
    if (is_of_summaries(pair.first)) {
        error(node, path,
              "found the label name " + in_quotes(pair.first) +
                  ", which summaries and histograms need; expected another");
    }
    if (pair.second.size() > kLabelValueBytesMax) {
        wrong(node, path,
              "a label value of at most " + std::to_string(kLabelValueBytesMax) + " bytes");
    }
    if (const std::string expected =
            placeholder_fault("a label value", pair.second, kLabelPlaceholders);
        !expected.empty()) {
        wrong(node, path, expected);
    }
}

}  // namespace remora
