// ObjectNames with other values.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/object_name.h"

namespace remora {

// Returns the text of the name with the values that `value_of` has for its key properties.
std::string with_values(const ObjectName& name,
                        const std::function<std::string_view(const KeyProperty&)>& value_of);

}  // namespace remora
