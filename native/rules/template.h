// What a rule writes with the groups of its pattern: "kafka_$1_$2".
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "match/java_regex.h"

namespace remora {

// A replacement text of java.util.regex.Matcher: $1 and ${name} are groups, \$ is a dollar sign.
// $12 is group 12 where the pattern has as many, else group 1 and a 2.
class Template {
 public:
    // kInvalidArgument with what is wrong, such as a group that `pattern` does not have.
    static Result<Template> parse(std::string_view text, const JavaRegex& pattern);

    // `groups` as JavaRegex::match() sets them. A group that took no part is empty.
    std::string expand(const std::vector<std::optional<std::string_view>>& groups) const;

    // Whether "$0" is in it: all of the line that matched.
    bool has_whole_line() const {
        return std::any_of(pieces_.begin(), pieces_.end(),
                           [](const Piece& piece) { return piece.has_group && piece.group == 0; });
    }

 private:
    struct Piece {
        std::string text;
        std::size_t group = 0;  // behind the text
        bool has_group = false;
    };

    std::vector<Piece> pieces_;
};

}  // namespace remora
