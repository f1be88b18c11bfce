#include "engine/ceiling_report.h"

#include <string>

#include "base/formatted.h"
#include "sample/shedding.h"

namespace remora {
namespace {

std::string given_up(const CeilingState& state) {
    const std::string classes =
        state.step + 1 == Shedding::kSteps ? "partitions, topics and clients" : "partitions";
    return classes + " are not read (" + std::to_string(state.units_shed) + " of " +
           std::to_string(state.units) +
           " beans) and leave the output when they are five bounds old";
}

std::string text_of(const CeilingState& state) {
    std::string text;
    if (state.step > Shedding::kWidest) {
        text = given_up(state);
    } else if (state.step > 0) {
        text = "bounds on age are widened, step " + std::to_string(state.step) + " of " +
               std::to_string(Shedding::kSteps - 1);
    } else {
        text = "every class is read within its bounds on age";
    }
    return text + "; a tick comes every " + std::to_string(state.interval_ns / kNanosPerSecond) +
           " s";
}

// A ceiling that would do; a tick costs more at one time than at another.
std::string needed(const CeilingState& state) {
    if (state.lacking_percent <= 0) {
        return "";
    }
    return "; about " +
           formatted(state.lacking_percent < 10 ? "%.2g" : "%.0f", state.lacking_percent) +
           " is needed for all of it";
}

}  // namespace

void CeilingReport::tick(const CeilingState& state, std::int64_t now_ns) {
    if (pace_.is_due({state.step, state.stride}, now_ns)) {
        if (pace_.last == Pace{}) {
            log_.info("sampling.cpu_budget_percent suffices again: " + text_of(state));
        } else {
            log_.warn("core.ceiling",
                      "sampling.cpu_budget_percent is too low: " + text_of(state) + needed(state));
        }
    }
    if (has_expired_.is_due(state.series_expired > 0, now_ns)) {
        if (has_expired_.last) {
            log_.warn("core.expired",
                      std::to_string(state.series_expired) +
                          " series were not read for five times their bound on age "
                          "and are left out (remora_values_expired tells how many)");
        } else {
            log_.info("no series is left out for its age any more");
        }
    }
}

}  // namespace remora
