// The configuration together with the rule files that its outputs name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/parse.h"
#include "rules/naming_rules.h"

namespace remora {

// Like load_config(), and reads the rule files of the outputs. What is wrong with one is an error
// of the configuration. An argument of jmx_exporter's, "8080:/etc/kafka.yml", stands for the
// configuration that write_migrated() (rules/migrate.h) makes of that file; the outcome's `content`
// is then that configuration, its file and mark are the rule file's. Blocks on the disk.
ParseOutcome load_with_rules(std::string_view arguments,
                             const std::vector<std::string>& environment,
                             const std::string& default_file = "");

// Like parse_config(), and reads the rule files. What an output in `known` has read of the same
// file counts; for another file it blocks on the disk.
ParseOutcome parse_with_rules(std::string_view text, const std::string& file_name,
                              const std::vector<std::string>& environment,
                              std::string_view arguments, const std::vector<OutputConfig>& known);

// The rules that name an output of such a configuration; null when none do. They are compiled anew
// by each call.
std::shared_ptr<const NamingRules> rules_of(const OutputConfig& output);

}  // namespace remora
