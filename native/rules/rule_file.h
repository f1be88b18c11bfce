// Reads a rule file as jmx_exporter has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "rules/naming_rules.h"

namespace remora {

inline constexpr std::size_t kRuleFileBytesMax = 1U << 20;

struct RuleFileOutcome {
    NamingRules rules;              // empty when there are errors
    std::vector<Problem> errors;    // all at once, each with file:line:column
    std::vector<Problem> warnings;  // what has no effect here, or is unlikely to be meant

    bool is_ok() const { return errors.empty(); }
};

// `name`: what messages call the file. Never fails otherwise than by `errors`.
RuleFileOutcome parse_rule_file(std::string_view text, const std::string& name,
                                NamesDialect dialect);

}  // namespace remora
