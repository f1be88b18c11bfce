// Globs and ObjectName patterns, with the meaning that JMX gives them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "match/regex.h"
#include "model/object_name.h"

namespace remora {

// True when `text` matches `pattern`, where * is any run of bytes and ? any single one.
// Case-sensitive.
bool glob_matches(std::string_view pattern, std::string_view text);

// What javax.management.ObjectName.apply() answers for a pattern:
//   domain      glob
//   key=value   the key exactly; the value exactly, or as a glob when it holds an unescaped * or ?
//   *           anywhere among the properties: the name may have further keys
// Without the last one the name must have these keys and no others. Values compare as registered,
// quotes included: name=* matches a quoted value, name=a* does not match "abc".
//
// Thread safety: immutable once parsed; any number of threads.
class ObjectNamePattern {
 public:
    // Returns kInvalidArgument with what is wrong and at which character.
    static Result<ObjectNamePattern> parse(std::string_view text);

    bool matches(const ObjectName& name) const;

    const std::string& text() const { return text_; }
    // The only domain that can match, or an empty view when the domain is a glob.
    std::string_view exact_domain() const;
    // The only value of key `key` that can match, or an empty view.
    std::string_view exact_value(std::string_view key) const;

 private:
    struct Property {
        std::string key;
        std::string value;
        bool is_glob = false;
    };

    Status take_domain(std::string_view domain);
    // Takes the property, or the '*', that begins at `at`. Returns where it ends: at a comma or at
    // the end of `text`.
    Result<std::size_t> take_property(std::string_view text, std::size_t at);

    std::string text_;
    std::string domain_;
    bool domain_is_glob_ = false;
    bool open_ = false;  // further properties may be present
    std::vector<Property> properties_;
};

}  // namespace remora
