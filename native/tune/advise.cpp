#include "tune/advise.h"

#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "tune/rules/rules.h"

namespace remora {
namespace {

bool saves_more(const Finding& a, const Finding& b) {
    return std::pair(a.saving.cpu_percent, a.saving.bytes_per_s) >
           std::pair(b.saving.cpu_percent, b.saving.bytes_per_s);
}

std::vector<Finding> find_with(const Rule& rule, const Context& context) {
    std::vector<Finding> found;
    rule.find(context, found);
    std::stable_sort(found.begin(), found.end(), saves_more);
    found.resize(std::min(found.size(), kFindingsOfRuleMax));
    for (Finding& finding : found) {
        finding.rule = rule.name;
    }
    return found;
}

// Gives the finding its patch, or says why it has none.
void propose(const AgentProfile& profile, const Written& written, const Config& before,
             const nlohmann::json& document, Finding& finding) {
    nlohmann::json patch = patch_of(document, before, finding.edit);
    if (patch.is_null()) {
        return;
    }
    const Result<Config> after = hold_limits(profile, written, before, patch);
    if (after) {
        finding.patch = std::move(patch);
        finding.kinds = kinds_of(before, after.value());
    } else {
        finding.left_alone = after.status().message();
    }
}

}  // namespace

std::vector<Finding> advise(const AgentProfile& profile, const Written& written) {
    std::vector<Finding> all;
    const ParseOutcome outcome =
        parse_config(written.text, written.file, written.environment, written.arguments);
    const nlohmann::json document = nlohmann::json::parse(written.text, nullptr, false);
    if (profile.known_s < kSettledS || !outcome.is_ok() || !document.is_object()) {
        return all;
    }
    const Context context{profile, outcome.config};
    for (const Rule& rule : rules()) {
        for (Finding& finding : find_with(rule, context)) {
            propose(profile, written, outcome.config, document, finding);
            all.push_back(std::move(finding));
        }
    }
    return all;
}

}  // namespace remora
