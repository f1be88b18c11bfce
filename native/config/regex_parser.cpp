#include "config/regex_parser.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace remora {
namespace {

using Set = Regex::Set;

void insert(Set& set, unsigned byte) {
    set[byte / 64] |= 1ULL << (byte % 64);
}

void insert_range(Set& set, unsigned first, unsigned last) {
    for (unsigned c = first; c <= last; ++c) {
        insert(set, c);
    }
}

void unite(Set& set, const Set& other) {
    for (std::size_t i = 0; i < set.size(); ++i) {
        set[i] |= other[i];
    }
}

Set complement(Set set) {
    for (std::uint64_t& word : set) {
        word = ~word;
    }
    return set;
}

// The set of \d, \w, \s (and complements), or nothing.
std::optional<Set> shorthand(char c) {
    Set set{};
    switch (c) {
        case 'd':
        case 'D':
            insert_range(set, '0', '9');
            break;
        case 'w':
        case 'W':
            insert_range(set, '0', '9');
            insert_range(set, 'a', 'z');
            insert_range(set, 'A', 'Z');
            insert(set, '_');
            break;
        case 's':
        case 'S':
            insert_range(set, '\t', '\r');
            insert(set, ' ');
            break;
        default:
            return std::nullopt;
    }
    return c >= 'a' ? set : complement(set);
}

std::optional<Set> named_class(std::string_view name) {
    Set set{};
    const bool all = name == "print";
    if (name == "digit" || name == "alnum" || name == "xdigit") {
        insert_range(set, '0', '9');
    }
    if (name == "alpha" || name == "alnum" || name == "lower") {
        insert_range(set, 'a', 'z');
    }
    if (name == "alpha" || name == "alnum" || name == "upper") {
        insert_range(set, 'A', 'Z');
    }
    if (name == "xdigit") {
        insert_range(set, 'a', 'f');
        insert_range(set, 'A', 'F');
    } else if (name == "space") {
        set = *shorthand('s');
    } else if (name == "word") {
        set = *shorthand('w');
    } else if (name == "punct") {
        insert_range(set, '!', '/');
        insert_range(set, ':', '@');
        insert_range(set, '[', '`');
        insert_range(set, '{', '~');
    } else if (all) {
        insert_range(set, ' ', '~');
    }
    if (set == Set{}) {
        return std::nullopt;
    }
    return set;
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Recursive descent; the depth is bounded. After the first error every function returns at once.
class Parser {
 public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<RegexTree> run() {
        if (text_.size() > Regex::kPatternBytesMax) {
            return Status(Code::kInvalidArgument, "the expression is longer than " +
                                                      std::to_string(Regex::kPatternBytesMax) +
                                                      " bytes");
        }
        tree_.root = alternate();
        if (error_.empty() && at_ < text_.size()) {
            fail("')' without '('");
        }
        if (!error_.empty()) {
            return Status(Code::kInvalidArgument, error_);
        }
        return std::move(tree_);
    }

 private:
    bool more() const { return error_.empty() && at_ < text_.size(); }
    bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

    bool take(std::string_view wanted) {
        if (text_.substr(at_, wanted.size()) != wanted) {
            return false;
        }
        at_ += wanted.size();
        return true;
    }

    std::uint32_t fail(const std::string& what) {
        if (error_.empty()) {
            error_ = what + " at character " + std::to_string(at_ + 1);
        }
        return 0;
    }

    std::uint32_t add(RegexNode node) {
        tree_.nodes.push_back(std::move(node));
        return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
    }

    std::uint32_t add_set(Set set) {
        if (fold_case_) {
            for (unsigned c = 'a'; c <= 'z'; ++c) {
                const unsigned upper = c - 'a' + 'A';
                const bool either = ((set[c / 64] >> (c % 64)) & 1U) != 0 ||
                                    ((set[upper / 64] >> (upper % 64)) & 1U) != 0;
                if (either) {
                    insert(set, c);
                    insert(set, upper);
                }
            }
        }
        tree_.sets.push_back(set);
        return add({.kind = RegexNode::Kind::kSet,
                    .value = static_cast<std::uint32_t>(tree_.sets.size() - 1)});
    }

    std::uint32_t add_byte(char c) {
        Set set{};
        insert(set, static_cast<unsigned char>(c));
        return add_set(set);
    }

    std::uint32_t add_assert(Regex::Assertion assertion) {
        return add(
            {.kind = RegexNode::Kind::kAssert, .value = static_cast<std::uint32_t>(assertion)});
    }

    std::uint32_t alternate() {
        if (++depth_ > Regex::kDepthMax) {
            return fail("groups nested deeper than " + std::to_string(Regex::kDepthMax));
        }
        RegexNode node{.kind = RegexNode::Kind::kAlternate};
        node.children.push_back(concat());
        while (more() && next_is('|')) {
            ++at_;
            node.children.push_back(concat());
        }
        --depth_;
        return node.children.size() == 1 ? node.children.front() : add(std::move(node));
    }

    std::uint32_t concat() {
        RegexNode node{.kind = RegexNode::Kind::kConcat};
        while (more() && !next_is('|') && !next_is(')')) {
            node.children.push_back(repeated());
        }
        if (node.children.size() == 1) {
            return node.children.front();
        }
        node.kind = node.children.empty() ? RegexNode::Kind::kEmpty : node.kind;
        return add(std::move(node));
    }

    std::uint32_t repeated() {
        std::uint32_t inner = atom();
        for (std::uint32_t stacked = 0; more(); ++stacked) {
            std::uint32_t least = 0;
            std::uint32_t most = RegexNode::kUnbounded;
            if (take("*")) {
            } else if (take("+")) {
                least = 1;
            } else if (take("?")) {
                most = 1;
            } else if (!next_is('{') || !counts(least, most)) {
                break;
            }
            if (stacked > 0) {
                return fail("a repetition of a repetition: use a group");
            }
            take("?");
            inner = add({.kind = RegexNode::Kind::kRepeat,
                         .repeat_min = least,
                         .repeat_max = most,
                         .children = {inner}});
        }
        return inner;
    }

    // "{n}", "{n,}", "{n,m}"; anything else that begins with a brace is an error, for it is a slip.
    bool counts(std::uint32_t& least, std::uint32_t& most) {
        ++at_;
        const auto number = [this]() -> std::optional<std::uint32_t> {
            std::uint32_t value = 0;
            const std::size_t from = at_;
            while (more() && text_[at_] >= '0' && text_[at_] <= '9' && value <= Regex::kRepeatMax) {
                value = value * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
            }
            return at_ == from ? std::nullopt : std::optional(value);
        };
        const std::optional<std::uint32_t> first = number();
        std::optional<std::uint32_t> last = first;
        if (take(",")) {
            last = number();
        }
        if (!first || !take("}")) {
            fail("a repetition needs the form {n}, {n,} or {n,m}; write \\{ for the character");
            return false;
        }
        least = *first;
        most = last.value_or(RegexNode::kUnbounded);
        if (least > Regex::kRepeatMax || (last && (*last > Regex::kRepeatMax || *last < least))) {
            fail("a repetition count is out of order or beyond " +
                 std::to_string(Regex::kRepeatMax));
            return false;
        }
        return true;
    }

    std::uint32_t atom() {
        const char c = text_[at_];
        switch (c) {
            case '(':
                return group();
            case '[':
                return bracket();
            case '\\':
                return escape();
            case '*':
            case '+':
            case '?':
            case '{':
                return fail(std::string("nothing to repeat before '") + c + "'");
            case '.':
                ++at_;
                return add_set({~0ULL, ~0ULL, ~0ULL, ~0ULL});
            case '^':
                ++at_;
                return add_assert(Regex::Assertion::kBegin);
            case '$':
                ++at_;
                return add_assert(Regex::Assertion::kEnd);
            default:
                ++at_;
                return add_byte(c);
        }
    }

    std::uint32_t group() {
        const std::size_t open = at_;
        const bool outer_fold = fold_case_;
        ++at_;
        bool flags_only = false;
        if (take("?")) {
            if (next_is('=') || next_is('!') || text_.substr(at_, 2) == "<=" ||
                text_.substr(at_, 2) == "<!") {
                return fail("look-around is not supported");
            }
            if (take("P<") || take("<")) {
                while (more() && !next_is('>')) {
                    ++at_;
                }
                if (!take(">")) {
                    return fail("a group name without '>'");
                }
            } else if (!flags(flags_only)) {
                return 0;
            }
        }
        if (flags_only) {
            return add({});
        }
        const std::uint32_t inner = alternate();
        fold_case_ = outer_fold;
        if (error_.empty() && !take(")")) {
            at_ = open;
            return fail("'(' without ')'");
        }
        return inner;
    }

    // After "(?": "i:", ":", "i)", "s)".
    bool flags(bool& flags_only) {
        while (more() && !next_is(':') && !next_is(')')) {
            if (next_is('i')) {
                fold_case_ = true;
            } else if (!next_is('s')) {
                fail(std::string("unknown group flag '") + text_[at_] + "' (known: i, s, P<name>)");
                return false;
            }
            ++at_;
        }
        flags_only = next_is(')');
        if (!more()) {
            fail("a group without ')'");
            return false;
        }
        ++at_;
        return true;
    }

    // One escaped byte, or -1 when `c` (after the backslash) is no such escape. at_ is behind it.
    int escaped_byte(char c) {
        constexpr std::array<std::pair<char, char>, 6> kControls = {
            {{'t', '\t'}, {'n', '\n'}, {'r', '\r'}, {'f', '\f'}, {'v', '\v'}, {'a', '\a'}}};
        for (const auto& [name, byte] : kControls) {
            if (c == name) {
                return byte;
            }
        }
        if (c == 'x') {
            const int high = at_ < text_.size() ? hex_value(text_[at_]) : -1;
            const int low = at_ + 1 < text_.size() ? hex_value(text_[at_ + 1]) : -1;
            if (high < 0 || low < 0) {
                fail("\\x needs two hexadecimal digits");
                return 0;
            }
            at_ += 2;
            return high * 16 + low;
        }
        return is_letter_or_digit(c) ? -1 : static_cast<unsigned char>(c);
    }

    std::uint32_t escape() {
        ++at_;
        if (at_ >= text_.size()) {
            return fail("a backslash at the end");
        }
        const char c = text_[at_++];
        if (const std::optional<Set> set = shorthand(c)) {
            return add_set(*set);
        }
        switch (c) {
            case 'A':
                return add_assert(Regex::Assertion::kBegin);
            case 'z':
                return add_assert(Regex::Assertion::kEnd);
            case 'b':
                return add_assert(Regex::Assertion::kWord);
            case 'B':
                return add_assert(Regex::Assertion::kNotWord);
            default:
                break;
        }
        const int byte = escaped_byte(c);
        if (byte < 0) {
            --at_;
            return fail(c >= '1' && c <= '9' ? std::string("back references are not supported")
                                             : std::string("unknown escape '\\") + c + "'");
        }
        return add_byte(static_cast<char>(byte));
    }

    // One member of a class: a byte, or -1 when it was a set (already united).
    int class_member(Set& set) {
        const char c = text_[at_++];
        if (static_cast<unsigned char>(c) >= 0x80) {
            fail("only ASCII characters may stand in [...]");
            return -1;
        }
        if (c == '[' && next_is(':')) {
            const std::size_t end = text_.find(":]", at_);
            const auto name = end == std::string_view::npos
                                  ? std::nullopt
                                  : named_class(text_.substr(at_ + 1, end - at_ - 1));
            if (!name) {
                fail("unknown class name in [[:...:]]");
                return -1;
            }
            unite(set, *name);
            at_ = end + 2;
            return -1;
        }
        if (c != '\\') {
            return c;
        }
        if (at_ >= text_.size()) {
            fail("a backslash at the end");
            return -1;
        }
        const char escaped = text_[at_++];
        if (const std::optional<Set> shorthand_set = shorthand(escaped)) {
            unite(set, *shorthand_set);
            return -1;
        }
        const int byte = escaped == 'b' ? '\b' : escaped_byte(escaped);
        if (byte < 0) {
            fail(std::string("unknown escape '\\") + escaped + "' in [...]");
        }
        return byte;
    }

    std::uint32_t bracket() {
        const std::size_t open = at_;
        ++at_;
        const bool negated = take("^");
        Set set{};
        for (bool first = true; more() && (first || !next_is(']')); first = false) {
            const int from = class_member(set);
            if (from < 0) {
                continue;
            }
            int to = from;
            if (next_is('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
                ++at_;
                to = class_member(set);
                if (to < from && error_.empty()) {
                    return fail("a range in [...] is out of order");
                }
            }
            if (error_.empty()) {
                insert_range(set, static_cast<unsigned>(from), static_cast<unsigned>(to));
            }
        }
        if (error_.empty() && !take("]")) {
            at_ = open;
            return fail("'[' without ']'");
        }
        return add_set(negated ? complement(set) : set);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t depth_ = 0;
    bool fold_case_ = false;
    std::string error_;
    RegexTree tree_;
};

}  // namespace

Result<RegexTree> parse_regex(std::string_view pattern) {
    return Parser(pattern).run();
}

}  // namespace remora
