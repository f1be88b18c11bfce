// A family takes a large part of the agent's CPU and brings a small part of the series.
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kCpuShare = 0.1;        // of what the agent uses
constexpr double kCpuPercentMin = 0.01;  // of a core; less is not worth a change
constexpr double kTimes = 5;             // as much of the CPU as of the series

}  // namespace

void find_costly_family(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    if (profile.cpu_used_percent <= 0 || profile.series == 0) {
        return;
    }
    for (const FamilyProfile& family : profile.families) {
        const double cpu_share = family.cpu_percent / profile.cpu_used_percent;
        const double series_share = static_cast<double>(family.series) / profile.series;
        if (family.cpu_percent < kCpuPercentMin || cpu_share < kCpuShare ||
            cpu_share < kTimes * series_share) {
            continue;
        }
        Finding finding;
        finding.problem = "the family costs much and brings little";
        finding.evidence = {
            {"cpu_percent", family.cpu_percent}, {"cpu_used_percent", profile.cpu_used_percent},
            {"typical_us", family.typical_us},   {"reads_per_s", family.reads_per_s},
            {"series", family.series},           {"series_of_all", profile.series}};
        spare(context, family, finding);
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
