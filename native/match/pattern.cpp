#include "match/pattern.h"

#include <algorithm>

#include "base/limits.h"

namespace remora {
namespace {

// JMX takes such a space as a part of the name, and then nothing matches.
constexpr const char* kSpace = "a space at the edge of a domain, key or value";
constexpr const char* kNoProperty = "expected key=value or '*'";

bool has_wildcard(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
}

Status wrong(const std::string& what, std::size_t at) {
    return Status(Code::kInvalidArgument, what + " at character " + std::to_string(at + 1));
}

// A property value as the parser met it.
struct Value {
    std::size_t end = 0;
    bool is_glob = false;
};

Result<Value> quoted_value(std::string_view text, std::size_t from) {
    Value value;
    for (std::size_t i = from + 1; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\') {
            ++i;
            if (i >= text.size() ||
                std::string_view("\\\"*?n").find(text[i]) == std::string_view::npos) {
                return wrong("a backslash in quotes must be followed by \\ \" * ? or n", i - 1);
            }
        } else if (c == '\n') {
            return wrong("a newline in quotes", i);
        } else if (c == '"') {
            value.end = i + 1;
            if (value.end < text.size() && text[value.end] != ',') {
                return wrong("text behind the closing quote", value.end);
            }
            return value;
        } else if (c == '*' || c == '?') {
            value.is_glob = true;
        }
    }
    return wrong("a quoted value does not end", from);
}

Result<Value> plain_value(std::string_view text, std::size_t from) {
    Value value;
    value.end = std::min(text.find(',', from), text.size());
    const std::string_view body = text.substr(from, value.end - from);
    const std::size_t bad = body.find_first_of("=:\"\n");
    if (bad != std::string_view::npos) {
        return wrong("one of = : \" or a newline in a value that is not quoted", from + bad);
    }
    if (!body.empty() && (body.front() == ' ' || body.back() == ' ')) {
        return wrong(kSpace, body.front() == ' ' ? from : value.end - 1);
    }
    value.is_glob = has_wildcard(body);
    return value;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;  // behind the last star
    std::size_t star_text = 0;
    while (true) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p;
            star_text = t;
        } else if (p < pattern.size() && t < text.size() &&
                   (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (p == pattern.size() && t == text.size()) {
            return true;
        } else if (star == std::string_view::npos || star_text == text.size()) {
            return false;
        } else {
            p = star;
            t = ++star_text;
        }
    }
}

Result<ObjectNamePattern> ObjectNamePattern::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return wrong("no ':' between domain and properties", text.size());
    }
    if (text.size() > kNameBytesMax) {
        return wrong("longer than " + std::to_string(kNameBytesMax) + " bytes", kNameBytesMax);
    }
    ObjectNamePattern pattern;
    pattern.text_ = text;
    if (Status taken = pattern.take_domain(text.substr(0, colon)); !taken) {
        return taken;
    }
    std::size_t at = colon + 1;
    bool expects_property = true;
    while (expects_property) {
        const Result<std::size_t> end = pattern.take_property(text, at);
        if (!end) {
            return end.status();
        }
        expects_property = end.value() < text.size();
        at = end.value() + 1;  // behind the comma
        if (expects_property && at >= text.size()) {
            return wrong(kNoProperty, at);
        }
    }
    return pattern;
}

Status ObjectNamePattern::take_domain(std::string_view domain) {
    domain_ = domain;
    domain_is_glob_ = has_wildcard(domain);
    if (domain.find('\n') != std::string_view::npos) {
        return wrong("a newline in the domain", 0);
    }
    if (!domain.empty() && (domain.front() == ' ' || domain.back() == ' ')) {
        return wrong(kSpace, domain.front() == ' ' ? 0 : domain.size() - 1);
    }
    return Status::ok();
}

Result<std::size_t> ObjectNamePattern::take_property(std::string_view text, std::size_t at) {
    if (at < text.size() && text[at] == ' ') {
        return wrong(kSpace, at);
    }
    if (at < text.size() && text[at] == '*' && (at + 1 == text.size() || text[at + 1] == ',')) {
        if (open_) {
            return wrong("a second '*' among the properties", at);
        }
        open_ = true;
        return at + 1;
    }
    const std::size_t equals = text.find('=', at);
    if (equals == std::string_view::npos || equals == at) {
        return wrong(kNoProperty, at);
    }
    const std::string key(text.substr(at, equals - at));
    const std::size_t bad = key.find_first_of(",:*?\n");
    if (bad != std::string::npos) {
        return wrong(kNoProperty, at + bad);
    }
    if (key.back() == ' ') {
        return wrong(kSpace, equals - 1);
    }
    const std::size_t from = equals + 1;
    const bool is_quoted = from < text.size() && text[from] == '"';
    const Result<Value> value = is_quoted ? quoted_value(text, from) : plain_value(text, from);
    if (!value) {
        return value.status();
    }
    for (const Property& other : properties_) {
        if (other.key == key) {
            return wrong("key '" + key + "' twice", at);
        }
    }
    const std::size_t end = value.value().end;
    properties_.push_back({key, std::string(text.substr(from, end - from)), value.value().is_glob});
    return end;
}

bool ObjectNamePattern::matches(const ObjectName& name) const {
    const std::vector<KeyProperty>& present = name.properties();
    if (open_ ? present.size() < properties_.size() : present.size() != properties_.size()) {
        return false;
    }
    if (domain_is_glob_ ? !glob_matches(domain_, name.domain()) : name.domain() != domain_) {
        return false;
    }
    return std::all_of(properties_.begin(), properties_.end(), [&](const Property& property) {
        for (const KeyProperty& candidate : present) {
            if (candidate.key == property.key) {
                return property.is_glob ? glob_matches(property.value, candidate.value)
                                        : candidate.value == property.value;
            }
        }
        return false;
    });
}

std::string_view ObjectNamePattern::exact_domain() const {
    return domain_is_glob_ ? std::string_view() : std::string_view(domain_);
}

std::string_view ObjectNamePattern::exact_value(std::string_view key) const {
    for (const Property& property : properties_) {
        if (property.key == key && !property.is_glob) {
            return property.value;
        }
    }
    return {};
}

}  // namespace remora
