// Values from the environment and the arguments, put into the document. Internal to the room: use
// config/parse.h.
#pragma once

#include <string>
#include <vector>

#include "config/document.h"
#include "config/keys.h"
#include "config/parse.h"

namespace remora {

// One value from outside the file.
struct Override {
    std::string path;  // "topics.mode", "outputs.0.path"
    std::string text;
    JsonSource source;
};

// What `environment` holds.
struct EnvironmentOverrides {
    // Under names that are common words, in the order in which they are to be tried: another
    // program may mean something else by them.
    std::vector<Override> foreign;
    std::vector<Override> ours;  // weakest first; stronger than those
};

// Variables that begin with REMORA_ and name no key are warnings. Empty ones are not set.
EnvironmentOverrides environment_overrides(const std::vector<std::string>& environment,
                                           const KnownPaths& known, std::vector<Problem>& warnings);

// The key path that `name` ("TOPICS_MODE", "OUTPUTS_0_PATH") stands for, or an empty text.
std::string path_of_variable(std::string_view name, const KnownPaths& known);

// Puts the value at its path, over what is there. Text that begins with [ or { is JSON; anything
// else is raw.
void apply_override(const Override& change, const KnownPaths& known, JsonDocument& document,
                    ParseOutcome& outcome);

}  // namespace remora
