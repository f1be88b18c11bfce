#include "tune/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/bounded_json.h"

namespace remora {

NLOHMANN_JSON_SERIALIZE_ENUM(UnitClass, {{UnitClass::kAlert, "alert"},
                                         {UnitClass::kBroker, "broker"},
                                         {UnitClass::kTopic, "topic"},
                                         {UnitClass::kClient, "client"},
                                         {UnitClass::kPartition, "partition"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StatisticProfile, name, series, unchanged)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FamilyProfile, name, unit_class, is_named, units, series,
                                   unchanged, series_before, typical_us, tail_us, cpu_percent,
                                   reads_per_s, volatility, age_s, statistics)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ClassProfile, name, cpu_percent, error, margin, samples,
                                   fresh_error, fresh_samples)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OutputProfile, name, bytes_per_s, packets_per_s, tick_ms,
                                   ring_share, skipped_share, dropped_share, repeated_share,
                                   receiver_drops_share)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(QuarantinedProfile, name, since_s)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AgentProfile, written_wall_ms, window_s, known_s, growth_s,
                                   cpu_used_percent, ceiling_percent, base_interval_s,
                                   tick_overhead_ms, tick_interval_s, unfinished_share,
                                   widening_step, units, series, unchanged, families, classes,
                                   outputs, quarantined)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Saving, cpu_percent, bytes_per_s, series)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Price, age_s, error, series)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Finding, rule, subject, problem, evidence, advice, patch, kinds,
                                   left_alone, saving, price)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Report, profile, findings)

std::string print_report(Report report) {
    std::vector<FamilyProfile>& families = report.profile.families;
    const auto rank = [](const FamilyProfile& family) {
        return std::tuple(-family.cpu_percent, -static_cast<double>(family.series),
                          std::string_view(family.name));
    };
    std::sort(families.begin(), families.end(),
              [&](const FamilyProfile& a, const FamilyProfile& b) { return rank(a) < rank(b); });
    families.resize(std::min(families.size(), kFamiliesWrittenMax));
    return json_text(nlohmann::json(report)) + "\n";
}

Result<Report> parse_report(std::string_view text) {
    try {
        return parse_bounded(text).get<Report>();
    } catch (const nlohmann::json::exception&) {
        return Status(Code::kCorrupt, "is no profile of this version of remora");
    }
}

std::string print_findings(const std::vector<Finding>& findings) {
    return json_text(nlohmann::json(findings), 2) + "\n";
}

}  // namespace remora
