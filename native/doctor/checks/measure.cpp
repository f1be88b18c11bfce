// Is what the agent tells true and affordable?
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

// What `remora status` says too.
void check_verdict(const Patient& patient, Findings& findings) {
    for (const Reason& reason : patient.verdict.reasons) {
        findings.add(reason.what, reason.remedy);
    }
}

// Which beans, when the agent has told.
void check_quarantine(const Patient& patient, Findings& findings) {
    if (!is_running(patient) || !patient.snapshot.report ||
        count_of(patient, Counter::kUnitsQuarantined) == 0) {
        return;
    }
    for (const QuarantinedProfile& one : patient.snapshot.report->profile.quarantined) {
        findings.add("in quarantine for " + in_duration(one.since_s) + ": " + one.name,
                     "if it is broken for good, leave it out: select.exclude");
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
