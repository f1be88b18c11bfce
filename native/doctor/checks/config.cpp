// Is what is configured what is meant?
#include <string>

#include "base/formatted.h"
#include "doctor/checks/checks.h"
#include "select/bean_list.h"
#include "select/unmatched.h"

namespace remora {
namespace {

constexpr double kGapsLeast = 1.01;  // a base interval that is longer repeats values
constexpr double kWasteLeast = 2;    // one that is shorter writes what nobody reads

void check_valid(const Patient& patient, Findings& findings) {
    if (!patient.config) {
        return;
    }
    for (const Problem& error : patient.config->errors) {
        findings.add(error.text,
                     "mend it: nothing of a configuration with mistakes is used, and "
                     "an agent that starts with it stays off");
    }
    for (const Problem& warning : patient.config->warnings) {
        findings.add(warning.text, "mend it: `remora check` says the same");
    }
}

void check_readable(const Patient& patient, Findings& findings) {
    if (!patient.config || !patient.process || !patient.process->person ||
        patient.config->file.empty()) {
        return;
    }
    const std::string why = why_unreadable(patient.config->file, *patient.process->person);
    if (!why.empty()) {
        findings.add("the broker cannot read its configuration: " + why,
                     "chmod or chown the file; the agent stays off at the next start otherwise");
    }
}

void check_in_force(const Patient& patient, Findings& findings) {
    const Snapshot& snapshot = patient.snapshot;
    if (!patient.config || !patient.config->is_ok() || !snapshot.counters ||
        !patient.verdict.agent.is_running() || patient.config->config.reload.enabled) {
        return;
    }
    const std::int64_t changed_ms = patient.config->mark.modified_ns / 1'000'000;
    if (changed_ms > snapshot.counters->start_wall_ms) {
        findings.add(
            patient.config->file + " was changed after the start, and reload.enabled is false",
            "`remora reload PID` takes it over now");
    }
}

void check_matches(const Patient& patient, Findings& findings) {
    if (!patient.config || !patient.config->is_ok() || patient.beans.empty()) {
        return;
    }
    const Result<BeanList> list = BeanList::parse(patient.beans);
    if (!list) {
        return;
    }
    Unmatched unmatched(patient.config->config);
    for (const Bean& bean : list.value().beans()) {
        unmatched.see(bean);
    }
    const std::string sentence = unmatched.sentence();
    if (!sentence.empty()) {
        findings.add(sentence,
                     "mend the pattern, or wait until there is such a bean; `remora check FILE "
                     "--live DIRECTORY --names` shows the names that there are");
    }
}

void check_scrapes(const Patient& patient, Findings& findings) {
    if (patient.scrape_interval_s <= 0 || !patient.snapshot.counters) {
        return;
    }
    const std::uint64_t tick_ms =
        count_of(*patient.snapshot.counters, Counter::kTickIntervalMillis);
    if (tick_ms == 0) {
        return;  // it has not begun
    }
    const double tick_s = static_cast<double>(tick_ms) / 1e3;
    const std::string both = "a tick comes every " + formatted("%g", tick_s) +
                             " s, and is scraped every " +
                             formatted("%g", patient.scrape_interval_s) + " s";
    const double most_s = kGapsLeast * patient.scrape_interval_s;
    if (tick_s > most_s) {
        const bool is_known = patient.config && patient.config->is_ok();
        const bool is_stretched =
            is_known &&
            static_cast<double>(patient.config->config.sampling.base_interval_ms) / 1e3 <= most_s;
        findings.add(both + ": values repeat, and rates over less than four ticks are empty or 0",
                     is_stretched
                         ? "the CPU ceiling stretches ticks: raise sampling.cpu_budget_percent, or "
                           "collect less (remora suggest)"
                         : "set sampling.base_interval to the scrape interval");
    } else if (tick_s * kWasteLeast < patient.scrape_interval_s) {
        findings.add(both + ": most ticks are never seen",
                     "set sampling.base_interval to the scrape interval: it costs less");
    }
}

constexpr NamedCheck kChecks[] = {
    {"config", check_valid},
    {"config-readable", check_readable},
    {"config-in-force", check_in_force},
    {"unmatched", check_matches},
    {"scrape-interval", check_scrapes},
};

}  // namespace

std::span<const NamedCheck> config_checks() {
    return kChecks;
}

}  // namespace remora
