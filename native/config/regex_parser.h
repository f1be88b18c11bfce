// Syntax trees of regular expressions. Internal to the room: use config/regex.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/regex.h"

namespace remora {

struct RegexNode {
    static constexpr std::uint32_t kUnbounded = 0xFFFFFFFF;
    enum class Kind : std::uint8_t { kEmpty, kSet, kAssert, kConcat, kAlternate, kRepeat };

    Kind kind = Kind::kEmpty;
    std::uint32_t value = 0;  // kSet: index into sets; kAssert: Regex::Assertion
    std::uint32_t repeat_min = 0;
    std::uint32_t repeat_max = 0;
    std::vector<std::uint32_t> children = {};  // indexes into nodes
};

struct RegexTree {
    std::vector<RegexNode> nodes;
    std::vector<Regex::Set> sets;
    std::uint32_t root = 0;
};

// kInvalidArgument with what is wrong and at which character.
Result<RegexTree> parse_regex(std::string_view pattern);

}  // namespace remora
