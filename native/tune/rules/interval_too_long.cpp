// Values of a class are wrong while the ceiling has room to read them more often.
#include <algorithm>

#include "config/quantity.h"
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kError = 0.05;  // for certain: the margin is subtracted
constexpr double kBusy = 0.5;    // share of the ceiling that may be in use afterwards

}  // namespace

void find_interval_too_long(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    const std::int64_t base_ms = context.config.sampling.base_interval_ms;
    for (const ClassProfile& one : profile.classes) {
        const std::optional<ClassBound> bound = bound_of(context.config.sampling, one.name);
        const double used = profile.cpu_used_percent + one.cpu_percent;
        if (!bound || one.samples == 0 || one.error - one.margin < kError ||
            used > kBusy * profile.ceiling_percent || bound->bound_ms <= base_ms) {
            continue;
        }
        const std::int64_t shorter_ms = std::max(bound->bound_ms / 2, base_ms);
        Finding finding;
        finding.subject = "sampling." + bound->key;
        finding.problem = "values of the class are wrong, and the ceiling has room";
        finding.evidence = {{"error", one.error},
                            {"error_margin", one.margin},
                            {"bound_s", static_cast<double>(bound->bound_ms) / 1e3},
                            {"cpu_used_percent", profile.cpu_used_percent},
                            {"ceiling_percent", profile.ceiling_percent}};
        finding.advice = "halve the bound on their age";
        finding.edit = {"sampling", "", {{bound->key, format_duration(shorter_ms)}}};
        finding.measure = {Aim::kError, one.name};
        finding.saving.cpu_percent = -one.cpu_percent;
        finding.price.age_s = static_cast<double>(shorter_ms) / 1e3;
        finding.price.error = -one.error / 2;
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
