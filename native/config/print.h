// The effective configuration for people.
#pragma once

#include <string>

#include "config/parse.h"

namespace remora {

// One line a key: `path = value   # where it came from`, in the order of the key table.
std::string print_config(const ParseOutcome& outcome);

}  // namespace remora
