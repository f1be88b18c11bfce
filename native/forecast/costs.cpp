#include "forecast/costs.h"

#include <algorithm>
#include <cstdlib>

namespace remora {
namespace {

constexpr std::string_view kMetric = "remora_family_read_typical_seconds{";
constexpr std::string_view kOverhead = "remora_tick_overhead_microseconds";
constexpr std::string_view kLabel = "family=\"";

// The value of a label that begins at `text`, up to its closing quote.
std::string unescaped(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            value += text[i] == 'n' ? '\n' : text[i];
        } else {
            value += text[i];
        }
    }
    return value;
}

double number(std::string_view text) {
    return std::strtod(std::string(text).c_str(), nullptr);
}

}  // namespace

MeasuredCosts MeasuredCosts::parse(std::string_view text) {
    MeasuredCosts costs;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t label = line.find(kLabel);
        const std::size_t end = line.rfind("} ");
        if (line.substr(0, kOverhead.size()) == kOverhead) {
            const double us = number(line.substr(line.rfind(' ') + 1));
            costs.tick_overhead_ns_ = us > 0 && us < 1e9 ? us * 1e3 : 0;
        }
        if (line.substr(0, kMetric.size()) != kMetric || label == std::string_view::npos ||
            end == std::string_view::npos) {
            continue;
        }
        const double seconds = number(line.substr(end + 2));
        if (seconds > 0 && seconds < 3600) {
            costs.by_family_[unescaped(line.substr(label + kLabel.size()))] = seconds * 1e9;
        }
    }
    return costs;
}

std::optional<double> MeasuredCosts::typical_ns(const std::string& family) const {
    const auto found = by_family_.find(family);
    const auto used =
        found != by_family_.end()
            ? found
            : std::min_element(by_family_.begin(), by_family_.end(),
                               [](const auto& a, const auto& b) { return a.second < b.second; });
    return used == by_family_.end() ? std::nullopt : std::optional<double>(used->second);
}

}  // namespace remora
