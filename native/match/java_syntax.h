// Patterns of java.util.regex as PCRE2 understands them. Internal to the room: use
// match/java_regex.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace remora {

struct JavaSyntax {
    std::string pcre2;
    std::vector<std::size_t>
        origins;                 // of each byte of `pcre2`: where in the pattern it comes from
    std::size_t groups = 0;      // that capture
    bool reaches_value = false;  // see JavaRegex::reaches_value()
};

// Errors: kInvalidArgument with what is wrong and at which character.
Result<JavaSyntax> translate_java_pattern(std::string_view pattern);

}  // namespace remora
