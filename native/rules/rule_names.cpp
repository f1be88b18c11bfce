#include "rules/rule_names.h"

#include <array>

#include "base/ascii.h"

namespace remora {
namespace {

constexpr std::array<std::string_view, 4> kEndings = {"_total", "_created", "_bucket", "_info"};

bool is_safe(char c) {
    return c == ':' || c == '_' || is_letter(c) || is_digit(c);
}

std::string without_endings(std::string name) {
    bool is_changed = true;
    while (is_changed) {
        is_changed = false;
        for (const std::string_view ending : kEndings) {
            if (name == ending) {
                return name.substr(1);
            }
            if (name.ends_with(ending)) {
                name.resize(name.size() - ending.size());
                is_changed = true;
            }
        }
    }
    return name;
}

}  // namespace

std::string snake_case(std::string_view attribute) {
    std::string result;
    bool may_part = false;  // the last one was neither upper case nor '_'
    for (const char c : attribute) {
        if (is_upper(c) && may_part) {
            result += '_';
        }
        result += to_lower(c);
        may_part = !is_upper(c) && c != '_';
    }
    return result;
}

std::string safe_name(std::string_view text) {
    std::string result;
    if (!text.empty() && is_digit(text[0])) {
        result = "_";
    }
    bool is_run = false;
    for (const char c : text) {
        const char safe = is_safe(c) ? c : '_';
        if (safe != '_' || !is_run) {
            result += safe;
        }
        is_run = safe == '_';
    }
    return result;
}

std::string final_name(std::string name, MetricType type, NamesDialect dialect) {
    if (dialect == NamesDialect::kExporter020) {
        return name;
    }
    name = without_endings(std::move(name));
    return type == MetricType::kCounter ? name + "_total" : name;
}

}  // namespace remora
