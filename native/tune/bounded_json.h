// JSON from a file that anybody may have written.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace remora {

// What nlohmann copies and prints by recursion has to fit a small stack.
inline constexpr int kBoundedDepthMax = 16;

// Null when `text` is no JSON, or lies deeper than kBoundedDepthMax. Never throws.
inline nlohmann::json parse_bounded(std::string_view text) {
    bool is_too_deep = false;
    const auto note_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        is_too_deep = is_too_deep || depth > kBoundedDepthMax;
        return !is_too_deep;
    };
    nlohmann::json json = nlohmann::json::parse(text, note_depth, false);
    return is_too_deep || json.is_discarded() ? nlohmann::json() : json;
}

}  // namespace remora
