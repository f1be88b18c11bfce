// Is what the agent tells true and affordable?
#include <span>
#include <string>

#include "doctor/checks/checks.h"
#include "watch/units.h"

namespace remora {
namespace {

std::uint64_t count_of(const Patient& patient, Counter counter) {
    return count_of(*patient.snapshot.counters, counter);
}

bool is_running(const Patient& patient) {
    return patient.snapshot.counters && patient.verdict.agent.is_running();
}

// Beans in quarantine by name; none when there is none, or when the profile does not tell.
std::span<const QuarantinedProfile> quarantined(const Patient& patient) {
    if (!is_running(patient) || !patient.snapshot.report ||
        count_of(patient, Counter::kUnitsQuarantined) == 0) {
        return {};
    }
    return patient.snapshot.report->profile.quarantined;
}

// What `remora status` says too, but for what check_quarantine() says with names.
void check_verdict(const Patient& patient, Findings& findings) {
    for (const Reason& reason : patient.verdict.reasons) {
        if (reason.name != "quarantine" || quarantined(patient).empty()) {
            findings.add(reason.what, reason.remedy);
        }
    }
}

void check_quarantine(const Patient& patient, Findings& findings) {
    const std::span<const QuarantinedProfile> named = quarantined(patient);
    for (const QuarantinedProfile& one : named) {
        findings.add("in quarantine for " + in_duration(one.since_s) + ": " + one.name,
                     "if it is broken for good, leave it out: select.exclude");
    }
    const std::uint64_t all = named.empty() ? 0 : count_of(patient, Counter::kUnitsQuarantined);
    if (all > named.size()) {
        findings.add(std::to_string(all - named.size()) + " more in quarantine",
                     "the broker's log names each with its reason");
    }
}

// The counter stays when the cap was raised, and counts a series again each time it is offered.
void check_caps(const Patient& patient, Findings& findings) {
    if (is_running(patient) && is_recent(patient.snapshot, Counter::kSeriesRefused)) {
        findings.add("a cap left out series within the last minute",
                     "raise the cap of limits that the broker's log names, or collect less: "
                     "topics, rules with action exclude; how many are left out now is told by "
                     "remora_family_series_refused, at level full of self_metrics");
    }
}

void check_collects(const Patient& patient, Findings& findings) {
    if (patient.verdict.agent.state == AgentState::kAlive &&
        count_of(patient, Counter::kTicks) > 0 && count_of(patient, Counter::kUnits) == 0) {
        findings.add("no bean is collected",
                     "look at select in the configuration (`remora check --live`), and at "
                     "metric.reporters of the broker");
    }
}

void check_over_ceiling(const Patient& patient, Findings& findings) {
    constexpr double kMuch = 1.5;  // a minute's average may go above it for a moment
    if (!is_running(patient)) {
        return;
    }
    const auto used = static_cast<double>(count_of(patient, Counter::kCpuUsedPpm));
    const auto ceiling = static_cast<double>(count_of(patient, Counter::kBudgetPpm));
    if (ceiling > 0 && used > kMuch * ceiling) {
        findings.add("the agent used " + in_count(used / 1e4) +
                         " % of a core over the last minute, "
                         "above its ceiling of " +
                         in_count(ceiling / 1e4) + " %",
                     "outputs may be the reason (remora profile): fewer series, a longer "
                     "base_interval, or a higher sampling.cpu_budget_percent");
    }
}

void check_log(const Patient& patient, Findings& findings) {
    if (is_running(patient) && is_recent(patient.snapshot, Counter::kLogLinesLost)) {
        findings.add("lines of the agent's log were lost, " +
                         std::to_string(count_of(patient, Counter::kLogLinesLost)) +
                         " so far: nobody reads the broker's standard error",
                     "look at what takes the broker's standard error: a pipe whose reader hangs "
                     "stops the broker's own lines too");
    }
}

constexpr NamedCheck kChecks[] = {
    {"status", check_verdict},   {"quarantine", check_quarantine}, {"caps", check_caps},
    {"nothing", check_collects}, {"cpu", check_over_ceiling},      {"log", check_log},
};

}  // namespace

std::span<const NamedCheck> measure_checks() {
    return kChecks;
}

}  // namespace remora
