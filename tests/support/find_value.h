// A value of remora.values by its name.
#pragma once

#include <algorithm>
#include <string_view>

#include "model/last_values.h"

namespace remora {

// Null when there is no value of that name.
inline const Reading* find_value(const LastValues& values, std::string_view name) {
    const auto found = std::find_if(values.values.begin(), values.values.end(),
                                    [name](const NamedReading& one) { return one.name == name; });
    return found == values.values.end() ? nullptr : &found->reading;
}

}  // namespace remora
