#include "model/name_values.h"

namespace remora {

std::string with_values(const ObjectName& name,
                        const std::function<std::string_view(const KeyProperty&)>& value_of) {
    std::string text(name.domain());
    char separator = ':';
    for (const KeyProperty& property : name.properties()) {
        text.append(1, separator).append(property.key).append("=").append(value_of(property));
        separator = ',';
    }
    return text;
}

}  // namespace remora
