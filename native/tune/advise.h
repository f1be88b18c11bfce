// From a profile to what could be better.
#pragma once

#include <vector>

#include "tune/finding.h"
#include "tune/limits.h"
#include "tune/profile.h"

namespace remora {

// Before that a profile tells of the start, or of a change: nothing is found in it.
inline constexpr double kSettledS = 300;
// Of one rule, those that would save most.
inline constexpr std::size_t kFindingsOfRuleMax = 3;

// What the rules find, in the order of the rules. Every patch holds the limits (limits.h); one that
// does not is taken from its finding, which says why. Nothing when `written` is not valid.
//
// Any thread that may take its time: each patch is parsed as a configuration.
std::vector<Finding> advise(const AgentProfile& profile, const Written& written);

}  // namespace remora
