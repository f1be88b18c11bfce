// An output writes values again and again that have not changed.
#include <algorithm>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kRepeatedShare = 0.7;
constexpr double kBytesPerSMin = 1'000;

}  // namespace

void find_repeating_output(const Context& context, std::vector<Finding>& found) {
    for (const OutputProfile& output : context.profile.outputs) {
        const std::size_t at = output_at(context.config, output.name);
        if (at == context.config.outputs.size() || output.repeated_share < kRepeatedShare ||
            output.bytes_per_s < kBytesPerSMin) {
            continue;
        }
        const OutputConfig& configured = context.config.outputs[at];
        const bool replaces_file = configured.format == OutputFormat::kPrometheus ||
                                   configured.format == OutputFormat::kOpenMetrics;
        if (replaces_file || configured.emit != EmitMode::kAll) {
            continue;
        }
        // Everything goes out once in a keyframe interval.
        const double tick_ms = context.profile.tick_interval_s * 1e3;
        const double in_keyframes = tick_ms / static_cast<double>(configured.keyframe_interval_ms);
        Finding finding;
        finding.subject = output.name;
        finding.problem = "most of what the output writes has not changed";
        finding.evidence = {{"repeated_share", output.repeated_share},
                            {"bytes_per_s", output.bytes_per_s}};
        finding.advice = "write only what changed, and everything at keyframes";
        finding.edit = {"outputs", output.name, {{"emit", "changed"}}};
        finding.measure = {Aim::kBytes, ""};
        finding.saving.bytes_per_s =
            output.bytes_per_s * output.repeated_share * (1 - std::min(in_keyframes, 1.0));
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
