#include "cli/agent_files.h"

#include <filesystem>

namespace remora {
namespace {

constexpr int kIntervalsUntilOld = 3;
constexpr std::int64_t kClockStepMs = 5'000;  // a synchronized clock is corrected by less

bool is_exposition(const OutputNote& output) {
    return (output.format == "prometheus" || output.format == "openmetrics") &&
           output.where.starts_with('/');
}

}  // namespace

std::string counters_path(const std::string& where) {
    std::error_code ignored;
    return std::filesystem::is_directory(where, ignored) ? where + "/remora.counters" : where;
}

std::string why_old(const CounterFileHead& counters, std::int64_t now_wall_ms) {
    const std::int64_t age_ms = now_wall_ms - counters.written_wall_ms;
    const bool is_ahead = age_ms < -kClockStepMs;
    const bool ended = has_ended(counters.process);
    if (!ended && !is_ahead && age_ms <= kIntervalsUntilOld * counters.interval_ms) {
        return {};
    }
    return (is_ahead ? "of no known age, written " + std::to_string(-age_ms / 1000) +
                           " s ahead of this clock, which was set back"
                     : "old, written " + std::to_string(age_ms / 1000) + " s ago") +
           ": process " + std::to_string(counters.process.pid) +
           (ended ? " has ended" : " hangs, its agent is off, or it cannot be seen from here");
}

Result<std::string> exposition_path(const CounterFileHead& counters, bool costs) {
    std::string others;
    for (const OutputNote& output : counters.outputs) {
        if (is_exposition(output) && (!costs || output.self_level == "full")) {
            return output.where;
        }
        others +=
            (others.empty() ? "" : ", ") + output.format +
            (costs && is_exposition(output) ? " with self_metrics \"" + output.self_level + "\""
                                            : "") +
            " to " + output.where;
    }
    return Status(Code::kNotFound, "this agent writes no Prometheus textfile" +
                                       std::string(costs ? " with self_metrics \"full\"" : "") +
                                       (others.empty() ? "" : "; it writes " + others));
}

}  // namespace remora
