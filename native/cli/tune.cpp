#include "cli/tune.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "base/bounded_json.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/formatted.h"
#include "cli/agent_files.h"
#include "cli/live.h"
#include "config/parse.h"
#include "config/quantity.h"
#include "tune/trial.h"
#include "tune/tuning_state.h"
#include "watch/snapshot.h"

namespace remora {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr std::int64_t kMillisOfMinute = 60'000;
// The agent writes the counters of a minute, and then what was decided in it.
constexpr std::int64_t kYoungerMs = 1'000;

std::string file_of(const std::string& directory) {
    return directory + "/remora.tuning.json";
}

Result<TuningState> read_state(const std::string& directory) {
    const Result<std::string> text = read_file(file_of(directory), kTuningBytesMax);
    if (!text) {
        const bool is_missing = text.status().code() == Code::kNotFound;
        return Status(text.status().code(),
                      text.status().message() +
                          (is_missing ? "; an agent with optimizer.mode \"apply\" writes it with "
                                        "its first change"
                                      : ""));
    }
    Result<TuningState> state = parse_state(text.value());
    if (!state) {
        return Status(state.status().code(), file_of(directory) + ": " + state.status().message());
    }
    return state;
}

// Whole minutes, in the two largest units.
std::string time_text(std::int64_t ms) {
    return format_duration(std::max<std::int64_t>(ms, 0) / kMillisOfMinute * kMillisOfMinute);
}

// Of a trial: the change is made in every second window.
std::string window_text(std::uint32_t window) {
    return window == 0
               ? ""
               : ", window " + std::to_string(window) + " of " + std::to_string(kTrialWindows) +
                     (window % 2 == 0 ? " (with it)" : " (without it)");
}

void print_change(const Change& change, const char* what, std::int64_t now_ms) {
    std::string kinds;
    for (const std::string& kind : change.kinds) {
        kinds += (kinds.empty() ? "" : ", ") + kind;
    }
    std::cout << "change " << change.id << ", " << what << " since "
              << time_text(now_ms - change.since_wall_ms) << window_text(change.window) << ", of "
              << kinds << ": " << change.subject << "\n  found by " << change.rule << "; "
              << (change.edit.section == "rules" ? "one more rule"
                  : change.edit.output.empty()   ? change.edit.section
                                                 : change.edit.section + " " + change.edit.output)
              << ": " << json_text(change.edit.keys) << "\n  " << change.figure;
    if (change.before != 0 || change.after != 0) {
        std::cout << ": " << formatted("%.4g", change.before) << " without, "
                  << formatted("%.4g", change.after) << " with it; noise "
                  << formatted("%.4g", change.noise);
    }
    std::cout << "\n";
}

bool has(const TuningState& state, const std::string& which) {
    const auto is_meant = [&](const Change& change) {
        return which == "all" || which == std::to_string(change.id);
    };
    return std::any_of(state.kept.begin(), state.kept.end(), is_meant) ||
           std::any_of(state.trial.begin(), state.trial.end(), is_meant);
}

// Whether the agent has none of it in force. Not known until its counters are younger than the
// state.
bool is_idle(const std::string& directory, const TuningState& state, const CounterFile& agent) {
    const std::int64_t state_ms = mark_of(file_of(directory)).modified_ns / kNanosPerMilli;
    return has(state, "all") && agent.written_wall_ms > state_ms + kYoungerMs &&
           count_of(agent, Counter::kTuningInForce) == 0 &&
           count_of(agent, Counter::kTuningWindow) == 0;
}

int show(const TuneOptions& options) {
    const Result<TuningState> found = read_state(options.directory);
    if (!found) {
        std::cerr << "remora tune: " << found.status().message() << "\n";
        return kFailed;
    }
    const TuningState& state = found.value();
    if (options.json) {
        std::cout << print_state(state);
        return 0;
    }
    const std::int64_t now_ms = SystemClock().wall_ms();
    std::cout << state.kept.size() << " kept, " << state.trial.size()
              << " tried; what happened: " << options.directory << "/remora.tuning.ndjson\n";
    const Result<CounterFile> agent = live_agent(options.directory);
    if (!agent) {
        std::cout << "nothing of it is in force now: " << agent.status().message() << "\n";
    } else if (is_idle(options.directory, state, agent.value())) {
        std::cout << "nothing of it is in force now: optimizer.mode is not \"apply\"\n";
    }
    for (const Change& change : state.kept) {
        print_change(change, "kept", now_ms);
    }
    for (const Change& change : state.trial) {
        print_change(change, "tried", now_ms);
    }
    for (const Rest& rest : state.rests) {
        if (rest.until_wall_ms > now_ms) {
            std::cout << "not tried again for " << time_text(rest.until_wall_ms - now_ms) << ": "
                      << rest.subject << "\n";
        }
    }
    return 0;
}

int revert(const TuneOptions& options) {
    const auto fail = [](const std::string& why, int status) {
        std::cerr << "remora tune revert: " << why << "\n";
        return status;
    };
    const Result<TuningState> before = read_state(options.directory);
    const bool is_none =
        before ? !has(before.value(), "all")
               : before.status().code() == Code::kNotFound &&
                     read_counter_file(options.directory + "/remora.counters").is_ok();
    if (options.which == "all" && is_none) {
        std::cout << "nothing is kept or tried\n";
        return 0;
    }
    if (!before) {
        return fail(before.status().message(), kUsage);
    }
    if (!has(before.value(), options.which)) {
        return fail("found \"" + options.which.substr(0, 40) +
                        "\"; expected the number of a change that `remora tune " +
                        options.directory + "` shows, or all",
                    kUsage);
    }
    const Status answered =
        ask_agent(options.directory, "remora.tuning.request", options.which, [&] {
            const Result<TuningState> now = read_state(options.directory);
            return now && !has(now.value(), options.which);
        });
    if (!answered) {
        return fail(answered.message() + "; with optimizer.mode off an agent does not answer",
                    kFailed);
    }
    std::cout << "taken back\n";
    return 0;
}

}  // namespace

int run_tune(const TuneOptions& options) {
    if (options.directory.empty()) {
        std::cerr << "remora tune: where is required: the agent's directory\n";
        return kUsage;
    }
    return options.reverts ? revert(options) : show(options);
}

}  // namespace remora
