// Several outputs carry everything. Which of them needs what is known to the operator alone: there
// is no patch.
#include <algorithm>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kBytesPerSMin = 10'000;  // of all of them but the largest

}  // namespace

void find_outputs_alike(const Context& context, std::vector<Finding>& found) {
    Finding finding;
    double sum = 0;
    double most = 0;
    for (const OutputProfile& output : context.profile.outputs) {
        const std::size_t at = output_at(context.config, output.name);
        if (at < context.config.outputs.size() && context.config.outputs[at].include.empty() &&
            context.config.outputs[at].exclude.empty()) {
            finding.subject += (finding.subject.empty() ? "" : ", ") + output.name;
            finding.evidence["bytes_per_s of " + output.name] = output.bytes_per_s;
            sum += output.bytes_per_s;
            most = std::max(most, output.bytes_per_s);
        }
    }
    if (sum - most < kBytesPerSMin) {
        return;
    }
    finding.problem = "several outputs carry everything";
    finding.advice = "give each `include` or `exclude`: only you know what its readers need";
    found.push_back(std::move(finding));
}

}  // namespace remora
