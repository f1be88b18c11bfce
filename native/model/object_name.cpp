#include "model/object_name.h"

#include <algorithm>

#include "kafka/beans.h"
#include "model/name_values.h"

namespace remora {
namespace {

Status not_a_name(std::string_view text, const char* why) {
    return Status(Code::kInvalidArgument,
                  "'" + std::string(text.substr(0, 200)) + "' is no ObjectName: " + why);
}

// End of the property value that begins at `from`: the next comma outside quotes.
std::size_t value_end(std::string_view text, std::size_t from) {
    if (from >= text.size() || text[from] != '"') {
        return std::min(text.find(',', from), text.size());
    }
    for (std::size_t i = from + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

Result<ObjectName> ObjectName::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return not_a_name(text, "no colon after the domain");
    }
    ObjectName name;
    name.text_ = text;
    name.domain_ = text.substr(0, colon);
    std::size_t at = colon + 1;
    while (at < text.size()) {
        const std::size_t equals = text.find('=', at);
        if (equals == std::string_view::npos || equals == at) {
            return not_a_name(text, "a property without key or '='");
        }
        const std::size_t end = value_end(text, equals + 1);
        if (end == std::string_view::npos || (end < text.size() && text[end] != ',')) {
            return not_a_name(text, "a quoted value does not end");
        }
        name.properties_.push_back(
            {text.substr(at, equals - at), text.substr(equals + 1, end - equals - 1)});
        at = end + 1;
    }
    if (name.properties_.empty()) {
        return not_a_name(text, "no key properties");
    }
    return name;
}

std::string_view ObjectName::get(std::string_view key) const {
    for (const KeyProperty& property : properties_) {
        if (property.key == key) {
            return property.value;
        }
    }
    return {};
}

bool ObjectName::has(std::string_view key) const {
    return std::any_of(properties_.begin(), properties_.end(),
                       [key](const KeyProperty& property) { return property.key == key; });
}

OwnedObjectName::OwnedObjectName(const ObjectName& name)
    : text_(std::make_unique<std::string>(name.text())), name_(name) {
    const auto moved = [this, from = name.text_.data()](std::string_view part) {
        return std::string_view(text_->data() + (part.data() - from), part.size());
    };
    name_.text_ = *text_;
    name_.domain_ = moved(name_.domain_);
    for (KeyProperty& property : name_.properties_) {
        property.key = moved(property.key);
        property.value = moved(property.value);
    }
}

std::string unquote(std::string_view value) {
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') {
        return std::string(value);
    }
    std::string plain;
    plain.reserve(value.size());
    for (std::size_t i = 1; i + 1 < value.size(); ++i) {
        if (value[i] == '\\' && i + 2 < value.size()) {
            ++i;
            plain += value[i] == 'n' ? '\n' : value[i];
        } else {
            plain += value[i];
        }
    }
    return plain;
}

std::string without_partition(const ObjectName& name) {
    std::string text(name.domain());
    char separator = ':';
    for (const KeyProperty& property : name.properties()) {
        if (property.key != "partition") {
            text.append(1, separator).append(property.key).append("=").append(property.value);
            separator = ',';
        }
    }
    return text;
}

std::string family_name(const ObjectName& name) {
    return with_values(name, [](const KeyProperty& property) {
        const bool multiplies =
            std::find(kFamilyKeys.begin(), kFamilyKeys.end(), property.key) != kFamilyKeys.end();
        return multiplies ? std::string_view("*") : property.value;
    });
}

}  // namespace remora
