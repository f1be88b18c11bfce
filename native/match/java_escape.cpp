#include "match/java_escape.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace remora {
namespace {

// Classes of Java's that are about ASCII, and what POSIX calls them.
struct NamedClass {
    std::string_view java;
    std::string_view posix;
    bool has_colon = false;
};
constexpr std::array<NamedClass, 13> kNamedClasses = {{{"Lower", "lower"},
                                                       {"Upper", "upper"},
                                                       {"ASCII", "ascii", true},
                                                       {"Alpha", "alpha"},
                                                       {"Digit", "digit"},
                                                       {"Alnum", "alnum"},
                                                       {"Punct", "punct", true},
                                                       {"Graph", "graph", true},
                                                       {"Print", "print", true},
                                                       {"Blank", "blank"},
                                                       {"Cntrl", "cntrl"},
                                                       {"XDigit", "xdigit"},
                                                       {"Space", "space"}}};

Status wrong(std::string_view escape, const char* what) {
    return Status(Code::kInvalidArgument, std::string(escape) + ": " + what);
}

JavaEscape one(std::size_t bytes, std::uint32_t code) {
    JavaEscape escape;
    escape.bytes = bytes;
    escape.code = code;
    return escape;
}

JavaEscape set_of(std::size_t bytes, std::string set, bool is_inverse, bool has_colon) {
    JavaEscape escape;
    escape.bytes = bytes;
    escape.set = std::move(set);
    escape.is_inverse = is_inverse;
    escape.has_colon = has_colon != is_inverse;
    return escape;
}

// \p{Lower}, \P{Lower}.
Result<JavaEscape> read_named_class(std::string_view text) {
    const std::size_t end = text.find('}');
    if (text.substr(2, 1) != "{" || end == std::string_view::npos) {
        return wrong(text.substr(0, 3), "a class of Unicode is not supported");
    }
    const std::string_view name = text.substr(3, end - 3);
    for (const NamedClass& known : kNamedClasses) {
        if (known.java == name) {
            return set_of(end + 1, "[:" + std::string(known.posix) + ":]", text[1] == 'P',
                          known.has_colon);
        }
    }
    return wrong(text.substr(0, end + 1), "a class of Unicode is not supported");
}

// \x41, \x{41}, \u0041, \0101.
Result<JavaEscape> read_number(std::string_view text) {
    const bool is_octal = text[1] == '0';
    const bool is_braced = text.substr(1, 2) == "x{";
    const std::uint32_t base = is_octal ? 8 : 16;
    const std::size_t from = is_braced ? 3 : 2;
    std::size_t most = is_braced ? 6 : text[1] == 'x' ? 2 : 4;
    if (is_octal) {
        most = text.size() > 2 && text[2] <= '3' ? 3 : 2;
    }
    const std::string_view digits = is_octal ? "01234567" : "0123456789abcdefABCDEF";
    std::uint32_t code = 0;
    std::size_t at = from;
    for (;
         at < std::min(text.size(), from + most) && digits.find(text[at]) != std::string_view::npos;
         ++at) {
        const int value = is_digit(text[at]) ? text[at] - '0' : (text[at] | 0x20) - 'a' + 10;
        code = code * base + static_cast<std::uint32_t>(value);
    }
    const bool is_short = is_octal || is_braced ? at == from : at < from + most;
    if (is_short || (is_braced && text.substr(at, 1) != "}")) {
        return wrong(text.substr(0, 2), "without its digits");
    }
    at += is_braced ? 1 : 0;
    if ((code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) {
        return wrong(text.substr(0, at), "half a character, or none, is not supported");
    }
    return one(at, code);
}

}  // namespace

Result<JavaEscape> read_java_escape(std::string_view text) {
    if (text.size() < 2) {
        return wrong("\\", "nothing behind the last backslash");
    }
    const char c = text[1];
    constexpr std::string_view kLetters = "tnrfae";
    constexpr std::string_view kMeanings = "\t\n\r\f\a\x1B";
    const std::size_t letter = kLetters.find(c);
    if (letter != std::string_view::npos) {
        return one(2, static_cast<std::uint32_t>(kMeanings[letter]));
    }
    switch (c) {
        case 'd':
        case 'D':
            return set_of(2, "0-9", c == 'D', false);
        case 'w':
        case 'W':
            return set_of(2, "A-Za-z0-9_", c == 'W', false);
        case 's':
        case 'S':
            return set_of(2, "\\t-\\r ", c == 'S', false);
        case 'p':
        case 'P':
            return read_named_class(text);
        case 'x':
        case 'u':
        case '0':
            return read_number(text);
        default:
            break;
    }
    if (c == 'c' && text.size() > 2 && static_cast<unsigned char>(text[2]) < 0x80) {
        return one(3, static_cast<std::uint32_t>(text[2]) ^ 64U);
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
        return wrong("\\", "a letter outside ASCII needs none");
    }
    const bool is_word = is_digit(c) || is_letter(c);
    if (is_word) {
        return wrong(text.substr(0, 2), "such an escape is not supported");
    }
    return one(2, static_cast<std::uint32_t>(c));
}

}  // namespace remora
