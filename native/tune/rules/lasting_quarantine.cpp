// A bean whose reads have failed for a long time.
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kLastsS = 3'600;

}  // namespace

void find_lasting_quarantine(const Context& context, std::vector<Finding>& found) {
    for (const QuarantinedProfile& bean : context.profile.quarantined) {
        if (bean.since_s < kLastsS) {
            continue;
        }
        Finding finding;
        finding.subject = bean.name;
        finding.problem = "reads of the bean fail";
        finding.evidence = {{"since_s", bean.since_s}};
        finding.advice = "the agent's log names the reason; leave it out if it is not needed";
        finding.edit = one_more_rule({{"match", bean.name}, {"action", "exclude"}});
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
