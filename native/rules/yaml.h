// A YAML text as the tree that configurations are read from. Internal to the room.
#pragma once

#include <string_view>
#include <vector>

#include "config/document.h"

namespace remora {

// Appends the nodes of `text` to `document` and returns the index of the root, or kNoNode when
// there is none. Syntax errors are appended to `errors`, keys that stand twice to `warnings`, each
// with name:line:column. Of such keys the last one counts. After a syntax error the tree has what
// was whole before it; after another one there is none.
//
// Scalars without quotes have the types of YAML 1.1, as SnakeYAML reads them: `yes` and `on` are
// booleans, `010` is eight. `text` of a node is what stands there, whatever its kind.
std::uint32_t parse_yaml(std::string_view text, const JsonSource& source, JsonDocument& document,
                         std::vector<Problem>& errors, std::vector<Problem>& warnings);

}  // namespace remora
