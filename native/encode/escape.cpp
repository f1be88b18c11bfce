#include "encode/escape.h"

#include <cstddef>
#include <cstdint>

#include "base/ascii.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace remora::encode {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_';
}
bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

enum class Others : bool { kKept, kReplaced };  // characters outside ASCII

void append_hash(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const std::uint32_t hash = fnv1_32(text);
    out.push_back('-');
    for (unsigned shift = 32; shift > 0; shift -= 4) {
        out.push_back(kHex[(hash >> (shift - 4)) & 15U]);
    }
}

// `put` appends an ASCII character, or returns false: it cannot be written. What cannot be is
// replaced, and the hash tells it from what else would look like it.
template <typename Put>
void append_text(std::string& out, std::string_view text, std::string_view replacement,
                 Others others, Put put) {
    bool is_lossy = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = character_bytes(text, at);
        const bool is_kept = bytes == 1 ? put(text[at]) : bytes != 0 && others == Others::kKept;
        if (!is_kept) {
            out.append(replacement);
            is_lossy = true;
        } else if (bytes > 1) {
            out.append(text.substr(at, bytes));
        }
        at += bytes == 0 ? 1 : bytes;
    }
    if (is_lossy) {
        append_hash(out, text);
    }
}

bool append_escaped(std::string& out, char c) {
    out.push_back('\\');
    out.push_back(c);
    return true;
}

}  // namespace

void append_safe_name(std::string& out, std::string_view name, Dots dots) {
    if (name.empty() || is_digit(name.front())) {
        out.push_back('_');
    }
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool is_dot = name[i] == '.' && i > 0 && dots == Dots::kKept;
        out.push_back(is_word(name[i]) || is_dot ? name[i] : '_');
    }
}

void append_safe_label_name(std::string& out, std::string_view name, Dots dots) {
    append_safe_name(out, without_double_front(name), dots);
}

void append_prometheus_value(std::string& out, std::string_view text) {
    append_text(out, text, kReplacement, Others::kKept, [&out](char c) {
        if (c == '\\' || c == '"') {
            return append_escaped(out, c);
        }
        if (c == '\n') {
            return append_escaped(out, 'n');
        }
        if (is_control(static_cast<unsigned char>(c)) && c != '\t') {
            return false;
        }
        out.push_back(c);
        return true;
    });
}

// A sentence, and no part of what tells series apart: no hash.
void append_prometheus_help(std::string& out, std::string_view text, bool quotes) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t bytes = character_bytes(text, at);
        const char c = text[at];
        if (bytes != 1) {
            out.append(bytes == 0 ? kReplacement : text.substr(at, bytes));
        } else if (c == '\\' || (c == '"' && quotes)) {
            append_escaped(out, c);
        } else if (c == '\n') {
            append_escaped(out, 'n');
        } else {
            out.push_back(is_control(static_cast<unsigned char>(c)) ? ' ' : c);
        }
        at += bytes == 0 ? 1 : bytes;
    }
}

void append_json(std::string& out, std::string_view text) {
    append_text(out, text, kReplacement, Others::kKept, [&out](char c) {
        constexpr std::string_view kHex = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            return append_escaped(out, c);
        }
        if (is_control(byte)) {
            out.append("\\u00");
            out.push_back(kHex[byte >> 4U]);
            out.push_back(kHex[byte & 15U]);
        } else {
            out.push_back(c);
        }
        return true;
    });
}

void append_influx_tag(std::string& out, std::string_view text) {
    append_text(out, text, "_", Others::kKept, [&out](char c) {
        if (c == ',' || c == '=' || c == ' ') {
            return append_escaped(out, c);
        }
        if (c == '\\' || is_control(static_cast<unsigned char>(c))) {
            return false;
        }
        out.push_back(c);
        return true;
    });
}

void append_graphite_tag(std::string& out, std::string_view text) {
    append_text(out, text, "_", Others::kReplaced, [&out](char c) {
        constexpr std::string_view kRefused = ";~/!^= ";
        if (is_control(static_cast<unsigned char>(c)) ||
            kRefused.find(c) != std::string_view::npos) {
            return false;
        }
        out.push_back(c);
        return true;
    });
}

void append_statsd_part(std::string& out, std::string_view text) {
    append_text(out, text, "_", Others::kReplaced, [&out](char c) {
        if (!is_word(c) && c != '-') {
            return false;
        }
        out.push_back(c);
        return true;
    });
}

void append_dogstatsd_tag(std::string& out, std::string_view text) {
    append_text(out, text, "_", Others::kKept, [&out](char c) {
        if (is_control(static_cast<unsigned char>(c)) || c == '|' || c == ',' || c == '#') {
            return false;
        }
        out.push_back(c);
        return true;
    });
}

}  // namespace remora::encode
