// Rule files of ours for the names that public dashboards query; native/rules/dialects has them.
#pragma once

#include <string_view>

namespace remora {

// The text of the dialect that the key `names` of an output calls so; empty for another name.
std::string_view find_dialect(std::string_view name);

}  // namespace remora
