// An output cannot keep up: its ticks are not out when the next ones are due.
#include <algorithm>
#include <cmath>

#include "config/quantity.h"
#include "tune/limits.h"
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kSkippedShare = 0.05;

}  // namespace

void find_slow_output(const Context& context, std::vector<Finding>& found) {
    for (const OutputProfile& output : context.profile.outputs) {
        const std::size_t at = output_at(context.config, output.name);
        if (output.skipped_share < kSkippedShare || at == context.config.outputs.size()) {
            continue;
        }
        const OutputConfig& configured = context.config.outputs[at];
        const std::int64_t base_ms = context.config.sampling.base_interval_ms;
        const std::int64_t now_ms = std::max(configured.interval_ms, base_ms);
        const auto ticks = static_cast<std::int64_t>(std::ceil(
            interval_in_fact_ms(configured, output, base_ms) / static_cast<double>(base_ms)));
        const std::int64_t next_ms = ticks * base_ms;
        Finding finding;
        finding.subject = output.name;
        finding.problem = "the output is too slow, so it skips ticks";
        finding.evidence = {{"skipped_share", output.skipped_share},
                            {"tick_ms", output.tick_ms},
                            {"ring_share", output.ring_share},
                            {"interval_s", static_cast<double>(now_ms) / 1e3}};
        finding.advice = "write it as often as its ticks get out, or write less to it";
        finding.edit = {"outputs", output.name, {{"interval", format_duration(next_ms)}}};
        finding.measure = {Aim::kSkipped, output.name};
        finding.price.age_s = static_cast<double>(next_ms) / 1e3;
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
