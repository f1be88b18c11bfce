// The rules. To add one: a file here with its function, a declaration and a line in rules.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "tune/finding.h"
#include "tune/profile.h"

namespace remora {

struct Context {
    const AgentProfile& profile;
    const Config& config;  // in force
};

// Appends what it finds. It looks at figures alone: which edits may be proposed is decided in
// limits.h. Any thread.
using FindRule = void (*)(const Context& context, std::vector<Finding>& found);

struct Rule {
    const char* name;
    FindRule find;
};

// In the order in which findings are shown. Static.
std::span<const Rule> rules();

// --- what several of them need

// One more rule, behind those that there are.
Edit one_more_rule(nlohmann::json rule);
// Bytes a second that so many series take in all outputs.
double bytes_of(const AgentProfile& profile, double series);
// Where that output is configured; config.outputs.size(): nowhere any more.
std::size_t output_at(const Config& config, const std::string& name);
// The configured bound on the age of a class, by its name; nothing for one whose bound stays.
struct ClassBound {
    std::string key;  // in section `sampling`
    std::int64_t bound_ms = 0;
};
std::optional<ClassBound> bound_of(const SamplingConfig& sampling, const std::string& unit_class);
// So long a series has to be followed before "it does not change" says something of it.
inline constexpr double kFollowedS = 600;
// Completes `finding` about a family: it is left out.
void leave_out(const Context& context, const FamilyProfile& family, Finding& finding);
// Completes `finding` about a family whose reads cost more than they bring: they are made every
// five minutes, or left out where that is done already or the family is of the whole broker. (The
// limits do not let the latter be proposed: what to do about it is the operator's to decide.)
void spare(const Context& context, const FamilyProfile& family, Finding& finding);

}  // namespace remora
