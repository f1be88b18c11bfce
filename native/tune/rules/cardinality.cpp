// A family by topic, client or partition has very many series, or they have become many more.
#include <cstdint>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr std::uint32_t kGrownSeriesMin = 1'000;
constexpr double kGrowth = 1.5;  // times within the time that growth is noted for
constexpr std::uint32_t kManySeries = 5'000;
constexpr double kManyShare = 0.3;  // of all series
constexpr std::uint32_t kTop = 100;

}  // namespace

void find_cardinality(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    for (const FamilyProfile& family : profile.families) {
        const bool has_grown = family.series >= kGrownSeriesMin && family.series_before > 0 &&
                               family.series >= kGrowth * family.series_before;
        const bool is_most =
            family.series >= kManySeries && family.series >= kManyShare * profile.series;
        if (family.unit_class <= UnitClass::kBroker || family.units <= kTop ||
            (!has_grown && !is_most)) {
            continue;
        }
        const double kept = static_cast<double>(family.series) * kTop / family.units;
        const double hidden = family.series - kept;
        Finding finding;
        finding.subject = family.name;
        finding.problem = has_grown ? "the series of the family become many more"
                                    : "the family has a large part of all series";
        finding.evidence = {{"series", family.series},
                            {"series_before", family.series_before},
                            {"growth_s", profile.growth_s},
                            {"series_of_all", profile.series},
                            {"beans", family.units}};
        finding.advice = "show only the largest hundred";
        finding.edit = one_more_rule({{"match", family.name}, {"top", kTop}});
        finding.measure = {Aim::kBytes, ""};
        finding.saving = {0, bytes_of(profile, hidden), hidden};
        finding.price.series = hidden;
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
