#include "encode/escape.h"

#include <cstddef>

namespace remora::encode {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}
bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

unsigned char byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool is_continuation(unsigned char c) {
    return (c & 0xC0U) == 0x80U;
}

// Bytes of the well-formed UTF-8 character at `at`, or 0.
std::size_t character_bytes(std::string_view text, std::size_t at) {
    const unsigned char lead = byte_at(text, at);
    const unsigned char second = byte_at(text, at + 1);
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4 || !is_continuation(second)) {
        return 0;
    }
    if (lead < 0xE0) {
        return 2;
    }
    if (!is_continuation(byte_at(text, at + 2))) {
        return 0;
    }
    if (lead < 0xF0) {
        const bool overlong = lead == 0xE0 && second < 0xA0;
        const bool surrogate = lead == 0xED && second >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    const bool out_of_range = (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    return !is_continuation(byte_at(text, at + 3)) || out_of_range ? 0 : 4;
}

// Calls `ascii` for each ASCII character, appends other characters, replaces what is no UTF-8.
template <typename Ascii>
void append_utf8(std::string& out, std::string_view text, Ascii ascii) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = character_bytes(text, at);
        if (bytes == 1) {
            ascii(text[at]);
        } else {
            out.append(bytes == 0 ? kReplacement : text.substr(at, bytes));
        }
        at += bytes == 0 ? 1 : bytes;
    }
}

// Each character through `keep`; what it refuses and what is not ASCII becomes one '_'.
template <typename Keep>
void append_ascii(std::string& out, std::string_view text, Keep keep) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = character_bytes(text, at);
        out.push_back(bytes == 1 && keep(text[at]) ? text[at] : '_');
        at += bytes == 0 ? 1 : bytes;
    }
}

}  // namespace

void append_safe_name(std::string& out, std::string_view name) {
    if (name.empty() || is_digit(name.front())) {
        out.push_back('_');
    }
    for (const char c : name) {
        out.push_back(is_word(c) ? c : '_');
    }
}

void append_safe_label_name(std::string& out, std::string_view name) {
    std::size_t skip = 0;
    while (skip + 1 < name.size() && !(is_word(name[skip]) && name[skip] != '_') &&
           !(is_word(name[skip + 1]) && name[skip + 1] != '_')) {
        ++skip;
    }
    append_safe_name(out, name.substr(skip));
}

void append_prometheus_value(std::string& out, std::string_view text) {
    append_utf8(out, text, [&out](char c) {
        if (c == '\\' || c == '"') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out.append("\\n");
        } else if (is_control(static_cast<unsigned char>(c)) && c != '\t') {
            out.append(kReplacement);
        } else {
            out.push_back(c);
        }
    });
}

void append_prometheus_help(std::string& out, std::string_view text, bool quotes) {
    append_utf8(out, text, [&out, quotes](char c) {
        if (c == '\\' || (c == '"' && quotes)) {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out.append("\\n");
        } else {
            out.push_back(is_control(static_cast<unsigned char>(c)) ? ' ' : c);
        }
    });
}

void append_json(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    append_utf8(out, text, [&out, kHex](char c) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (is_control(byte)) {
            out.append("\\u00");
            out.push_back(kHex[byte >> 4U]);
            out.push_back(kHex[byte & 15U]);
        } else {
            out.push_back(c);
        }
    });
}

void append_influx_tag(std::string& out, std::string_view text) {
    append_utf8(out, text, [&out](char c) {
        if (c == ',' || c == '=' || c == ' ') {
            out.push_back('\\');
            out.push_back(c);
        } else {
            out.push_back(c == '\\' || is_control(static_cast<unsigned char>(c)) ? '_' : c);
        }
    });
}

void append_graphite_tag(std::string& out, std::string_view text) {
    append_ascii(out, text, [](char c) {
        return !is_control(static_cast<unsigned char>(c)) && c != ';' && c != '~' && c != '/' &&
               c != '!' && c != '^' && c != '=' && c != ' ';
    });
}

void append_statsd_part(std::string& out, std::string_view text) {
    append_ascii(out, text, [](char c) { return is_word(c) || c == '-'; });
}

void append_dogstatsd_tag(std::string& out, std::string_view text) {
    append_ascii(out, text, [](char c) {
        return !is_control(static_cast<unsigned char>(c)) && c != '|' && c != ',' && c != '#';
    });
}

}  // namespace remora::encode
