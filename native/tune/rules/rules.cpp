#include "tune/rules/rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/quantity.h"
#include "tune/limits.h"

namespace remora {

void find_base_interval(const Context& context, std::vector<Finding>& found);
void find_cardinality(const Context& context, std::vector<Finding>& found);
void find_ceiling_too_low(const Context& context, std::vector<Finding>& found);
void find_contended_family(const Context& context, std::vector<Finding>& found);
void find_costly_family(const Context& context, std::vector<Finding>& found);
void find_idle_statistics(const Context& context, std::vector<Finding>& found);
void find_interval_too_long(const Context& context, std::vector<Finding>& found);
void find_interval_too_short(const Context& context, std::vector<Finding>& found);
void find_lasting_quarantine(const Context& context, std::vector<Finding>& found);
void find_lossy_output(const Context& context, std::vector<Finding>& found);
void find_outputs_alike(const Context& context, std::vector<Finding>& found);
void find_repeating_output(const Context& context, std::vector<Finding>& found);
void find_slow_output(const Context& context, std::vector<Finding>& found);
void find_unchanged_family(const Context& context, std::vector<Finding>& found);

std::span<const Rule> rules() {
    static constexpr std::array kRules = {
        Rule{"ceiling_too_low", find_ceiling_too_low},
        Rule{"base_interval", find_base_interval},
        Rule{"contended_family", find_contended_family},
        Rule{"costly_family", find_costly_family},
        Rule{"interval_too_long", find_interval_too_long},
        Rule{"interval_too_short", find_interval_too_short},
        Rule{"cardinality", find_cardinality},
        Rule{"unchanged_family", find_unchanged_family},
        Rule{"idle_statistics", find_idle_statistics},
        Rule{"slow_output", find_slow_output},
        Rule{"lossy_output", find_lossy_output},
        Rule{"repeating_output", find_repeating_output},
        Rule{"outputs_alike", find_outputs_alike},
        Rule{"lasting_quarantine", find_lasting_quarantine},
    };
    return kRules;
}

Edit one_more_rule(nlohmann::json rule) {
    return {"rules", "", std::move(rule)};
}

double bytes_of(const AgentProfile& profile, double series) {
    double bytes_per_s = 0;
    for (const OutputProfile& output : profile.outputs) {
        bytes_per_s += output.bytes_per_s;
    }
    return profile.series == 0 ? 0 : bytes_per_s * std::min(series / profile.series, 1.0);
}

std::size_t output_at(const Config& config, const std::string& name) {
    const auto found =
        std::find_if(config.outputs.begin(), config.outputs.end(),
                     [&](const OutputConfig& output) { return output.name == name; });
    return static_cast<std::size_t>(found - config.outputs.begin());
}

std::optional<ClassBound> bound_of(const SamplingConfig& sampling, const std::string& unit_class) {
    if (unit_class == unit_class_name(UnitClass::kTopic)) {
        return ClassBound{"topic_max_interval", sampling.topic_max_interval_ms};
    }
    if (unit_class == unit_class_name(UnitClass::kClient)) {
        return ClassBound{"client_max_interval", sampling.client_max_interval_ms};
    }
    if (unit_class == unit_class_name(UnitClass::kPartition)) {
        return ClassBound{"partition_max_interval", sampling.partition_max_interval_ms};
    }
    return std::nullopt;
}

void leave_out(const Context& context, const FamilyProfile& family, Finding& finding) {
    finding.subject = family.name;
    finding.advice = "leave it out if nobody looks at it";
    finding.edit = one_more_rule({{"match", family.name}, {"action", "exclude"}});
    finding.saving = {family.cpu_percent, bytes_of(context.profile, family.series),
                      static_cast<double>(family.series)};
    finding.price.series = family.series;
}

void spare(const Context& context, const FamilyProfile& family, Finding& finding) {
    constexpr double kLongestS = kAgeMsMax / 1e3;
    const double interval_s =
        family.reads_per_s > 0 ? family.units / family.reads_per_s : kLongestS;
    const bool may_age = family.unit_class > UnitClass::kBroker && interval_s < kLongestS / 2;
    if (may_age) {
        finding.subject = family.name;
        finding.advice = "read it every five minutes";
        finding.edit =
            one_more_rule({{"match", family.name}, {"interval", format_duration(kAgeMsMax)}});
        finding.saving.cpu_percent = family.cpu_percent * (1 - interval_s / kLongestS);
        finding.price.age_s = kLongestS;
        finding.price.error = std::min(family.volatility * (kLongestS - interval_s) / 2, 1.0);
        return;
    }
    leave_out(context, family, finding);
}

}  // namespace remora
