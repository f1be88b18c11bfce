// HELP texts of the metrics that people look at.
#pragma once

#include <string_view>

namespace remora {

// One sentence about a metric family, or an empty view when there is none in the table.
std::string_view find_help(std::string_view metric_family);

}  // namespace remora
