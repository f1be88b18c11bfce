// The ceiling does not carry the bounds on age. It is the operator's: there is no patch.
#include "tune/rules/rules.h"

namespace remora {

void find_ceiling_too_low(const Context& context, std::vector<Finding>& found) {
    const AgentProfile& profile = context.profile;
    if (profile.widening_step == 0) {
        return;
    }
    Finding finding;
    finding.subject = "sampling.cpu_budget_percent";
    finding.problem = "the ceiling is too low for the bounds on age, so values get older";
    finding.evidence = {{"widening_step", profile.widening_step},
                        {"cpu_used_percent", profile.cpu_used_percent},
                        {"ceiling_percent", profile.ceiling_percent}};
    finding.advice = "raise it, or collect less: other suggestions say what";
    found.push_back(std::move(finding));
}

}  // namespace remora
