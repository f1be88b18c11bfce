// The file ${dir}/remora.profile.json: what the agent writes and the command line reads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tune/finding.h"
#include "tune/profile.h"

namespace remora {

struct Report {
    AgentProfile profile;
    std::vector<Finding> findings;
};

// Families that are written: those whose reads take most CPU, then those with most series.
inline constexpr std::size_t kFamiliesWrittenMax = 100;

// One line of JSON, with at most kFamiliesWrittenMax families, most CPU first.
std::string print_report(Report report);
// kCorrupt when it is no report, or another version's.
Result<Report> parse_report(std::string_view text);
// Findings as print_report() writes them, as a list.
std::string print_findings(const std::vector<Finding>& findings);

}  // namespace remora
