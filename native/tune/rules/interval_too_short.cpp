// A class takes much of the CPU, and its values hardly move between two reads.
#include "config/quantity.h"
#include "tune/limits.h"
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kError = 0.01;          // at most, for certain: the margin is added
constexpr double kCpuShare = 0.25;       // of what the agent uses
constexpr double kCpuPercentMin = 0.01;  // of a core; less is not worth a change

}  // namespace

void find_interval_too_short(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    for (const ClassProfile& one : profile.classes) {
        const std::optional<ClassBound> bound = bound_of(context.config.sampling, one.name);
        if (!bound || one.samples == 0 || one.error + one.margin > kError ||
            one.cpu_percent < kCpuPercentMin ||
            one.cpu_percent < kCpuShare * profile.cpu_used_percent ||
            2 * bound->bound_ms > kAgeMsMax) {
            continue;
        }
        Finding finding;
        finding.subject = "sampling." + bound->key;
        finding.problem = "the class is read often, and its values hardly move meanwhile";
        finding.evidence = {{"error", one.error},
                            {"error_margin", one.margin},
                            {"bound_s", static_cast<double>(bound->bound_ms) / 1e3},
                            {"cpu_percent", one.cpu_percent},
                            {"cpu_used_percent", profile.cpu_used_percent}};
        finding.advice = "double the bound on their age";
        finding.edit = {"sampling", "", {{bound->key, format_duration(2 * bound->bound_ms)}}};
        finding.saving.cpu_percent = one.cpu_percent / 2;
        finding.price.age_s = 2e-3 * static_cast<double>(bound->bound_ms);
        finding.price.error = one.error;
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
