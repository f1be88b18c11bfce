// What a YAML scalar without quotes is. Internal to the room.
#pragma once

#include <optional>
#include <string_view>

#include "config/document.h"

namespace remora {

// Sets kind and value of `node` by its text, with the types of YAML 1.1.
void resolve_scalar(JsonNode& node);

// The number that java.lang.Double.valueOf() makes of `text`, but for hexadecimal ones.
std::optional<double> java_double(std::string_view text);

}  // namespace remora
