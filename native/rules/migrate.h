// A configuration for Remora that does what jmx_exporter does with a rule file.
#pragma once

#include <optional>
#include <string>

#include "config/parse.h"
#include "rules/naming_rules.h"

namespace remora {

struct Migration {
    std::string rule_file;             // absolute path
    std::optional<Endpoint> endpoint;  // without one the output is a file for node_exporter
    std::string dialect = "1.x";       // value of the key names_dialect
};

// Returns the JSON text. The selection takes the beans that the rules take, with all of their
// attributes, and what the series of the JVM need, which jmx_exporter has beside those of its
// rules; the one output is named by the file.
std::string write_migrated(const NamingRules& rules, const Migration& migration);

}  // namespace remora
