// One thing that a suggestion does to a configuration, and what several of them make of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/config.h"

namespace remora {

// What an operator has configured, and where.
struct Written {
    std::string text;  // of the file
    std::string file;  // its name, for messages
    std::string arguments;
    std::vector<std::string> environment;  // NAME=VALUE
};

// It says what to add, not what the file is then: several can be made one after the other, and one
// of them can be left out again.
struct Edit {
    std::string section;  // "rules": one more rule; "outputs": keys of one; "sampling": keys; "":
                          // nothing
    std::string output;   // of section "outputs": its name
    nlohmann::json keys;

    bool is_empty() const { return section.empty(); }
};

// JSON merge patch (RFC 7386) that makes the edit in `document`, which means `config`. Null when
// there is nothing to make, or the document does not list the output.
nlohmann::json patch_of(const nlohmann::json& document, const Config& config, const Edit& edit);

// What differs between two configurations, by name (change_kind_names()), each kind once.
std::vector<std::string> kinds_of(const Config& before, const Config& after);

// What of the operator's configuration an edit was judged under, as a short text: when that is
// another one, the edit stands on nothing any more. `config`: without any edit.
std::string ground_of(const Config& config, const Edit& edit);

}  // namespace remora
