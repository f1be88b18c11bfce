// Very many series that have not changed since they were first read.
#include <cstdint>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr std::uint32_t kSeriesMin = 1'000;
constexpr double kShare = 0.99;  // of the family's series

}  // namespace

void find_unchanged_family(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    if (profile.known_s < kFollowedS) {
        return;
    }
    for (const FamilyProfile& family : profile.families) {
        if (family.series < kSeriesMin || family.unchanged < kShare * family.series) {
            continue;
        }
        Finding finding;
        finding.problem = "the series of the family do not change";
        finding.evidence = {{"series", family.series},
                            {"unchanged", family.unchanged},
                            {"known_s", profile.known_s},
                            {"series_of_all", profile.series}};
        leave_out(context, family, finding);
        finding.measure = {Aim::kBytes, ""};
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
