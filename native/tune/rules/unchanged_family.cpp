// Very many series that have not changed since they were first read.
#include <cstdint>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr std::uint32_t kSeriesMin = 1'000;
constexpr double kShare = 0.99;  // of the family's series
constexpr double kKnownS = 600;

}  // namespace

void find_unchanged_family(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    if (profile.known_s < kKnownS) {
        return;
    }
    for (const FamilyProfile& family : profile.families) {
        if (family.series < kSeriesMin || family.unchanged < kShare * family.series) {
            continue;
        }
        Finding finding;
        finding.subject = family.name;
        finding.problem = "the series of the family do not change";
        finding.evidence = {{"series", family.series},
                            {"unchanged", family.unchanged},
                            {"known_s", profile.known_s},
                            {"series_of_all", profile.series}};
        finding.advice = "leave it out if nobody looks at it";
        finding.patch =
            append_rule(context.document, {{"match", family.name}, {"action", "exclude"}});
        finding.saving = {family.cpu_percent, bytes_of(profile, family.series),
                          static_cast<double>(family.series)};
        finding.price.series = family.series;
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
