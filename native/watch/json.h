// A screen as JSON.
#pragma once

#include <string>

#include "watch/screen.h"

namespace remora {

// One line: state and reasons, facts, figures, topics, classes, outputs. What is not known is not
// there.
std::string json_of(const ScreenInput& input);

}  // namespace remora
