// `remora check` of a rule file of jmx_exporter's.
#pragma once

#include <string>

#include "rules/naming_rules.h"
#include "select/bean_list.h"

namespace remora {

// Whether a file of that name is taken for a rule file: it ends in .yml or .yaml.
bool is_rule_file(const std::string& path);

// Prints what the rules in the file make of `beans`, or what is wrong with it. `with_names`: also
// each series. Returns the exit status: 0 valid, 1 not valid, 2 when it cannot be read.
int check_rules(const std::string& path, NamesDialect dialect, const BeanList& beans,
                bool with_names);

}  // namespace remora
