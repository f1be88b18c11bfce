// Ticks come less often than configured, since the ceiling does not carry one each base interval.
#include <cmath>

#include "config/quantity.h"
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kCarried = 1.1;  // of the ceiling, which varies from minute to minute

// A bound on age that is set has to be at least the base interval.
void raise_bound(const char* key, std::int64_t bound_ms, std::int64_t base_ms,
                 nlohmann::json& sampling) {
    if (bound_ms < base_ms) {
        sampling[key] = format_duration(base_ms);
    }
}

}  // namespace

void find_base_interval(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    const SamplingConfig& configured = context.config.sampling;
    const auto tick_ms = static_cast<std::int64_t>(std::round(profile.tick_interval_s * 1e3));
    // Above the ceiling ticks come no more seldom than they may, and not as the ceiling carries
    // them.
    const bool is_carried = profile.cpu_used_percent <= kCarried * profile.ceiling_percent;
    if (tick_ms <= configured.base_interval_ms || !is_carried) {
        return;
    }
    Finding finding;
    finding.subject = "sampling.base_interval";
    finding.problem = "a tick costs more than the ceiling has in a base interval";
    finding.evidence = {
        {"base_interval_s", static_cast<double>(configured.base_interval_ms) / 1e3},
        {"tick_interval_s", profile.tick_interval_s},
        {"tick_overhead_ms", profile.tick_overhead_ms},
        {"ceiling_percent", profile.ceiling_percent},
    };
    finding.advice = "configure the interval at which ticks come now, or raise the ceiling";
    nlohmann::json sampling = {{"base_interval", format_duration(tick_ms)}};
    raise_bound("topic_max_interval", configured.topic_max_interval_ms, tick_ms, sampling);
    raise_bound("client_max_interval", configured.client_max_interval_ms, tick_ms, sampling);
    raise_bound("partition_max_interval", configured.partition_max_interval_ms, tick_ms, sampling);
    finding.edit = {"sampling", "", sampling};
    finding.measure = {Aim::kTicks, ""};
    found.push_back(std::move(finding));
}

}  // namespace remora
