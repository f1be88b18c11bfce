// JSON from a file that anybody may have written, and of names that may be any bytes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
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

// On one line, or indented by so many columns. What is no UTF-8 becomes U+FFFD: a name of a bean is
// any bytes, and nlohmann's own dump() throws.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace remora
