// What a backslash begins in a pattern of java.util.regex. Internal to the room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace remora {

// One character, or a set of them.
struct JavaEscape {
    std::size_t bytes = 0;  // that it takes
    std::optional<std::uint32_t> code;
    std::string set;          // as PCRE2 has it between the brackets of a class
    bool is_inverse = false;  // everything but `set`
    bool has_colon = false;   // whether the set holds ':'
};

// The escape at the beginning of `text`, which is a backslash: one that may also stand in a class.
// Errors: kInvalidArgument with what is wrong with it.
Result<JavaEscape> read_java_escape(std::string_view text);

}  // namespace remora
