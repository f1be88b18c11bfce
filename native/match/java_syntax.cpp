#include "match/java_syntax.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "match/java_escape.h"

namespace remora {
namespace {

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

// A number, true or false, and the ": " before it, has no other letters and signs than these.
bool may_be_in_value(char c) {
    constexpr std::string_view kOfValues = "0123456789+-.: nNaAiIfFtTyYrRuUeElLsS";
    return kOfValues.find(c) != std::string_view::npos;
}

std::string utf8(std::uint32_t code) {
    const auto low = [code](int shift) {
        return static_cast<char>(0x80 | ((code >> shift) & 0x3F));
    };
    if (code < 0x80) {
        return {static_cast<char>(code)};
    }
    if (code < 0x800) {
        return {static_cast<char>(0xC0 | (code >> 6)), low(0)};
    }
    if (code < 0x10000) {
        return {static_cast<char>(0xE0 | (code >> 12)), low(6), low(0)};
    }
    return {static_cast<char>(0xF0 | (code >> 18)), low(12), low(6), low(0)};
}

// A character for PCRE2 that stands for itself, in a class and outside.
std::string escaped(char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    if (c < 0x20 || c == 0x7F) {
        return std::string("\\x") + kDigits[static_cast<std::size_t>(c) >> 4] +
               kDigits[static_cast<std::size_t>(c) & 15];
    }
    return is_letter(c) || is_digit(c) ? std::string(1, c) : std::string("\\") + c;
}

// A pattern without \Q...\E, and where each of its bytes stood.
struct Unquoted {
    std::string text;
    std::vector<std::size_t> origins;

    explicit Unquoted(std::string_view pattern) {
        bool is_quoted = false;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            const std::string_view pair = pattern.substr(i, 2);
            if (pair == (is_quoted ? "\\E" : "\\Q")) {
                is_quoted = !is_quoted;
                ++i;
                continue;
            }
            const char c = pattern[i];
            if (is_quoted && is_ascii(c) && !is_letter(c) && !is_digit(c)) {
                add('\\', i);
            }
            add(c, i);
            if (!is_quoted && c == '\\' && pair.size() == 2) {
                ++i;
                add(pattern[i], i);
            }
        }
        origins.push_back(pattern.size());
    }

 private:
    void add(char c, std::size_t origin) {
        text += c;
        origins.push_back(origin);
    }
};

// Walks a pattern once. A method that returns false has left in `fault_` what is wrong.
class Translator {
 public:
    explicit Translator(const Unquoted& pattern) : pattern_(pattern), text_(pattern.text) {}

    Result<JavaSyntax> run();

 private:
    // What was read last: the character that it stands for, and whether it may be a colon.
    struct Atom {
        std::optional<char> literal;
        bool has_colon = false;
        bool is_anything = false;
    };

    bool fail(const std::string& what, std::size_t at) {
        const std::size_t origin = pattern_.origins[std::min(at, text_.size())];
        fault_ =
            Status(Code::kInvalidArgument, what + " at character " + std::to_string(origin + 1));
        return false;
    }
    bool refuse(std::string_view construct, const char* what, std::size_t at) {
        return fail(std::string(construct) + ": " + what + " not supported", at);
    }
    bool starts(std::string_view word) const { return text_.substr(at_, word.size()) == word; }
    bool is_at_any_of(std::string_view letters) const {
        return at_ < text_.size() && letters.find(text_[at_]) != std::string_view::npos;
    }
    void emit(std::string_view piece, std::size_t at) {
        syntax_.pcre2 += piece;
        syntax_.origins.resize(syntax_.pcre2.size(), pattern_.origins[at]);
    }
    // Copies `bytes` of the pattern as they stand.
    void copy(std::size_t bytes) {
        emit(text_.substr(at_, bytes), at_);
        at_ += bytes;
    }

    bool read_one();
    bool read_literal();
    bool read_repetition(Atom atom);
    bool open_group();
    bool close_group();
    bool read_escape();
    bool read_back_reference();
    bool read_class();
    bool read_escaped(JavaEscape& escape);
    bool read_member(JavaEscape& member);
    bool read_range(const JavaEscape& first, std::string& members, bool& has_colon);
    bool emit_code(std::uint32_t code, std::size_t at);
    void end_branch();

    const Unquoted& pattern_;
    const std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    // Of what stands behind the last `|` of the outermost level:
    bool is_empty_ = true;
    bool is_anchored_ = false;
    bool tail_has_colon_ = false;
    JavaSyntax syntax_;
    Status fault_;
};

Result<JavaSyntax> Translator::run() {
    while (at_ < text_.size()) {
        if (!read_one()) {
            return fault_;
        }
    }
    if (depth_ > 0) {
        fail("a group does not end", at_);
        return fault_;
    }
    end_branch();
    return std::move(syntax_);
}

bool Translator::read_one() {
    switch (text_[at_]) {
        case '\\':
            return read_escape();
        case '[':
            return read_class();
        case '(':
            return open_group();
        case ')':
            return close_group();
        case '|':
            copy(1);
            if (depth_ == 0) {
                end_branch();
            }
            return true;
        case '.':
            copy(1);
            return read_repetition({std::nullopt, true, true});
        case '^':
        case '$':
            copy(1);
            return read_repetition({});
        case '*':
        case '+':
        case '?':
        case '{':
            return fail(std::string("nothing to repeat before ") + text_[at_], at_);
        default:
            return read_literal();
    }
}

// One character as it stands, with all its bytes.
bool Translator::read_literal() {
    const char c = text_[at_];
    if (is_ascii(c)) {
        emit(escaped(c), at_++);
        return read_repetition({c, c == ':'});
    }
    std::size_t bytes = 1;
    while (at_ + bytes < text_.size() &&
           (static_cast<unsigned char>(text_[at_ + bytes]) & 0xC0U) == 0x80) {
        ++bytes;
    }
    emit("(?:", at_);
    copy(bytes);
    emit(")", at_ - 1);
    return read_repetition({});
}

// How often an atom may stand, and what that means for the value. What stands last and cannot be in
// a value matches before it. What follows cannot get past the colon when it has none.
bool Translator::read_repetition(Atom atom) {
    bool is_required = true;
    bool is_rest = false;
    if (is_at_any_of("*+?{")) {
        std::size_t bytes = 1;
        if (text_[at_] == '{') {
            const std::string_view counts = text_.substr(at_ + 1, text_.find('}', at_) - at_ - 1);
            if (counts.empty() || !is_digit(counts[0]) || at_ + 1 + counts.size() == text_.size() ||
                counts.find_first_not_of("0123456789,") != std::string_view::npos) {
                return fail("{ begins no repetition here; \\{ is the character", at_);
            }
            bytes = counts.size() + 2;
        }
        is_required = text_[at_] == '+' || (text_[at_] == '{' && text_[at_ + 1] != '0');
        // At the very end it takes what the `.*` behind every pattern takes.
        is_rest = atom.is_anything && text_.substr(at_) == "*";
        copy(bytes);
        if (is_at_any_of("?+")) {
            copy(1);
        }
        if (is_at_any_of("*+?{")) {
            return fail("a repetition of a repetition", at_);
        }
    }
    if (is_rest && depth_ == 0) {
        return true;
    }
    is_empty_ = false;
    if (depth_ == 0 && is_required && atom.literal && !may_be_in_value(*atom.literal)) {
        is_anchored_ = true;
        tail_has_colon_ = false;
    } else if (atom.has_colon) {
        tail_has_colon_ = true;
    }
    return true;
}

// At a `|` of the outermost level, and at the end.
void Translator::end_branch() {
    const bool may_reach = !is_empty_ && (!is_anchored_ || tail_has_colon_);
    syntax_.reaches_value = syntax_.reaches_value || may_reach;
    is_empty_ = true;
    is_anchored_ = false;
    tail_has_colon_ = false;
}

bool Translator::open_group() {
    const std::size_t from = at_;
    const std::string_view rest = text_.substr(from + 1);
    std::size_t bytes = 1;
    if (rest.substr(0, 1) != "?") {
        ++syntax_.groups;
    } else if (rest.substr(0, 2) == "?:" || rest.substr(0, 2) == "?>") {
        bytes = 3;
    } else if (rest.substr(0, 2) == "?=" || rest.substr(0, 2) == "?!") {
        syntax_.reaches_value = true;
        bytes = 3;
    } else if (rest.substr(0, 3) == "?<=" || rest.substr(0, 3) == "?<!") {
        syntax_.reaches_value = true;
        bytes = 4;
    } else if (rest.substr(0, 2) == "?<") {
        const std::size_t end = rest.find('>');
        if (end == std::string_view::npos) {
            return fail("the name of a group does not end", from);
        }
        ++syntax_.groups;
        bytes = end + 2;
    } else {
        const std::size_t end = rest.find_first_not_of("ims-", 1);
        const char last = end == std::string_view::npos ? '\0' : rest[end];
        if (end == 1 || (last != ')' && last != ':')) {
            return refuse(text_.substr(from, std::min(rest.find(')'), rest.size()) + 2),
                          "such a group is", from);
        }
        bytes = end + 2;
        if (last == ')') {  // flags for the rest of the group around
            copy(bytes);
            return true;
        }
    }
    ++depth_;
    copy(bytes);
    return true;
}

bool Translator::close_group() {
    if (depth_ == 0) {
        return fail("a ) without its (", at_);
    }
    --depth_;
    copy(1);
    return read_repetition({});
}

bool Translator::emit_code(std::uint32_t code, std::size_t at) {
    if (code < 0x80) {
        const char c = static_cast<char>(code);
        emit(escaped(c), at);
        return read_repetition({c, c == ':'});
    }
    emit("(?:" + utf8(code) + ")", at);
    return read_repetition({});
}

bool Translator::read_escape() {
    const std::size_t from = at_;
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (is_digit(c) && c != '0') {
        return read_back_reference();
    }
    if (c == 'k') {
        const std::size_t end = text_.find('>', at_);
        if (text_.substr(at_ + 2, 1) != "<" || end == std::string_view::npos) {
            return fail("expected \\k<NAME>", at_);
        }
        copy(end + 1 - at_);
        return read_repetition({std::nullopt, true});
    }
    if (c == 'b' && text_.substr(at_ + 2, 1) == "{") {
        return refuse("\\b{", "such a boundary is", from);
    }
    if (c != '\0' && std::string_view("bBAZz").find(c) != std::string_view::npos) {
        copy(2);
        return read_repetition({});
    }
    JavaEscape escape;
    if (!read_escaped(escape)) {
        return false;
    }
    if (escape.code) {
        return emit_code(*escape.code, from);
    }
    emit((escape.is_inverse ? "[^" : "[") + escape.set + "]", from);
    return read_repetition({std::nullopt, escape.has_colon});
}

bool Translator::read_escaped(JavaEscape& escape) {
    Result<JavaEscape> read = read_java_escape(text_.substr(at_));
    if (!read) {
        return fail(read.status().message(), at_);
    }
    escape = std::move(read).value();
    at_ += escape.bytes;
    return true;
}

// \11 is group 11 where there are as many before it, else group 1 and a 1.
bool Translator::read_back_reference() {
    const std::size_t from = at_;
    auto group = static_cast<std::size_t>(text_[at_ + 1] - '0');
    at_ += 2;
    while (at_ < text_.size() && is_digit(text_[at_]) &&
           group * 10 + static_cast<std::size_t>(text_[at_] - '0') <= syntax_.groups) {
        group = group * 10 + static_cast<std::size_t>(text_[at_++] - '0');
    }
    emit("\\g{" + std::to_string(group) + "}", from);
    return read_repetition({std::nullopt, true});
}

bool Translator::read_class() {
    const std::size_t from = at_++;
    const bool is_inverse = starts("^");
    at_ += is_inverse ? 1 : 0;
    std::string members;
    bool has_colon = false;
    bool is_first = true;
    while (at_ < text_.size() && (is_first || text_[at_] != ']')) {
        is_first = false;
        JavaEscape first;
        if (!read_member(first) || !read_range(first, members, has_colon)) {
            return false;
        }
    }
    if (at_ == text_.size()) {
        return fail("a [ without its ]", from);
    }
    ++at_;
    emit((is_inverse ? "[^" : "[") + members + "]", from);
    return read_repetition({std::nullopt, has_colon != is_inverse});
}

// One member of a class, or the first or last of a range.
bool Translator::read_member(JavaEscape& member) {
    const std::size_t from = at_;
    const char c = text_[at_];
    if (c == '[') {
        return refuse("[", "a class within a class is", from);
    }
    if (starts("&&")) {
        return refuse("&&", "an intersection of classes is", from);
    }
    if (c == '\\') {
        if (!read_escaped(member)) {
            return false;
        }
    } else {
        member.code = static_cast<unsigned char>(c);
        ++at_;
    }
    if (member.code && *member.code >= 0x80) {
        return fail("a letter outside ASCII in a class is not supported", from);
    }
    return true;
}

// Adds `first`, up to the end of its range if one begins there.
bool Translator::read_range(const JavaEscape& first, std::string& members, bool& has_colon) {
    const std::size_t from = at_;
    if (!first.code) {
        if (first.is_inverse && first.set.front() == '[') {
            members += "[:^" + first.set.substr(2);
        } else {
            members += first.is_inverse ? std::string(text_.substr(from - 2, 2)) : first.set;
        }
        has_colon = has_colon || first.has_colon;
        return true;
    }
    std::uint32_t last = *first.code;
    members += escaped(static_cast<char>(last));
    const std::string_view next = text_.substr(at_, 2);
    if (next.size() == 2 && next[0] == '-' && next[1] != ']' && next[1] != '[') {
        ++at_;
        JavaEscape end;
        if (!read_member(end)) {
            return false;
        }
        if (!end.code || *end.code < last) {
            return fail("a range that ends before it begins", from);
        }
        last = *end.code;
        members += "-" + escaped(static_cast<char>(last));
    }
    has_colon = has_colon || (*first.code <= ':' && last >= ':');
    return true;
}

}  // namespace

Result<JavaSyntax> translate_java_pattern(std::string_view pattern) {
    return Translator(Unquoted(pattern)).run();
}

}  // namespace remora
