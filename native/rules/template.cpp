#include "rules/template.h"

#include "base/ascii.h"

namespace remora {
namespace {

Status wrong(const std::string& what) {
    return Status(Code::kInvalidArgument, what);
}

// A group and how many bytes name it.
struct Reference {
    std::size_t group = 0;
    std::size_t bytes = 0;
};

// `text` stands behind a dollar sign.
Result<Reference> read_reference(std::string_view text, const JavaRegex& pattern) {
    if (text.substr(0, 1) == "{") {
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos) {
            return wrong("\"${\" without its \"}\"");
        }
        const std::string_view name = text.substr(1, end - 1);
        const std::optional<std::size_t> group = pattern.group_named(name);
        if (!group) {
            return wrong("the pattern has no group called \"" + std::string(name) + "\"");
        }
        return Reference{*group, end + 1};
    }
    if (text.empty() || !is_digit(text[0])) {
        return wrong("a \"$\" names no group; \"\\$\" is the character");
    }
    auto group = static_cast<std::size_t>(text[0] - '0');
    if (group > pattern.groups()) {
        return wrong("$" + std::to_string(group) + ", and the pattern has " +
                     std::to_string(pattern.groups()) + " groups");
    }
    std::size_t at = 1;
    while (at < text.size() && is_digit(text[at])) {
        const std::size_t longer = group * 10 + static_cast<std::size_t>(text[at] - '0');
        if (longer > pattern.groups()) {
            break;
        }
        group = longer;
        ++at;
    }
    return Reference{group, at};
}

}  // namespace

Result<Template> Template::parse(std::string_view text, const JavaRegex& pattern) {
    Template result;
    std::string literal;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            if (++i == text.size()) {
                return wrong("nothing behind the last backslash");
            }
            literal += text[i];
        } else if (text[i] == '$') {
            const Result<Reference> found = read_reference(text.substr(i + 1), pattern);
            if (!found) {
                return found.status();
            }
            result.pieces_.push_back({literal, found.value().group, true});
            literal.clear();
            i += found.value().bytes;
        } else {
            literal += text[i];
        }
    }
    result.pieces_.push_back({literal, 0, false});
    return result;
}

std::string Template::expand(const std::vector<std::optional<std::string_view>>& groups) const {
    std::string text;
    for (const Piece& piece : pieces_) {
        text += piece.text;
        if (piece.has_group) {
            text += groups[piece.group].value_or(std::string_view());
        }
    }
    return text;
}

}  // namespace remora
