// Statistics of histograms that never change while others of the same histograms do.
#include <cstdint>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr std::uint32_t kSeriesMin = 100;

}  // namespace

void find_idle_statistics(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    if (profile.known_s < kFollowedS) {
        return;
    }
    for (const FamilyProfile& family : profile.families) {
        nlohmann::json kept = nlohmann::json::array();
        std::uint32_t idle = 0;
        for (const StatisticProfile& statistic : family.statistics) {
            if (statistic.unchanged < statistic.series) {
                kept.push_back(statistic.name);
            } else {
                idle += statistic.series;
            }
        }
        if (idle < kSeriesMin || kept.empty()) {
            continue;
        }
        Finding finding;
        finding.subject = family.name;
        finding.problem = "some statistics of the family do not change, while others do";
        finding.evidence = {{"series", family.series},
                            {"unchanged", idle},
                            {"statistics", static_cast<double>(family.statistics.size())},
                            {"statistics_that_change", static_cast<double>(kept.size())},
                            {"known_s", profile.known_s}};
        finding.advice = "take only the statistics that change";
        finding.edit = one_more_rule({{"match", family.name}, {"attributes", kept}});
        finding.measure = {Aim::kBytes, ""};
        finding.saving = {0, bytes_of(profile, idle), static_cast<double>(idle)};
        finding.price.series = idle;
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
