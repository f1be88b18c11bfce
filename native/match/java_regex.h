// Regular expressions as Java has them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "match/regex.h"

namespace remora {

// A pattern of java.util.regex, searched for anywhere in a line as "^.*(?:PATTERN).*$" does: of
// several places that fit, the last one counts. `(\d+)` finds in "a12" the 2.
//
// Bytes outside ASCII match themselves. A `.` takes one byte of such a letter, which tells only
// where a pattern counts letters.
//
// What Java knows and PCRE2 does not, or means otherwise, is refused: unions and intersections of
// classes, \h \H \v \V \R \X \G \N, Unicode classes, letters outside ASCII in a class, \b{g}, the
// flags d u U x.
//
// Thread safety: immutable once compiled; any number of threads.
class JavaRegex {
 public:
    // Errors: kInvalidArgument with what is wrong and at which character.
    static Result<JavaRegex> compile(std::string_view pattern);

    // `groups` is set to the groups that took part, views of `text`; the first is the whole text.
    // Without an answer kYes they are not touched.
    Regex::Answer match(std::string_view text,
                        std::vector<std::optional<std::string_view>>& groups) const;

    // Groups that capture.
    std::size_t groups() const { return groups_; }
    std::optional<std::size_t> group_named(std::string_view name) const;

    // For a text "NAME: VALUE" whose value is a number, true or false: whether the value can make a
    // difference. `><>Count` and `><>(\w+)` end before it, `><>(.*)` does not. True when in doubt.
    bool reaches_value() const { return reaches_value_; }
    // Of such a text the beginning up to the value: whether there is a value with which it may
    // match. True when in doubt.
    bool may_match(std::string_view beginning) const;

 private:
    JavaRegex() = default;

    std::shared_ptr<const Pcre2Program> program_;
    std::shared_ptr<const Pcre2Program> search_;  // the pattern alone; null: it tells nothing
    std::size_t groups_ = 0;
    bool reaches_value_ = false;
};

}  // namespace remora
