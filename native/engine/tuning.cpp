#include "engine/tuning.h"

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/formatted.h"

namespace remora {
namespace {

constexpr std::size_t kChangesNamedMax = 10;

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) {
        all += (all.empty() ? "" : ", ") + name;
    }
    return all;
}

// Whether by the event a change that was kept or tried no longer is.
bool takes_back(const nlohmann::json& event) {
    return event.contains("verdict") && event["verdict"] != "kept";
}

bool has(const std::vector<Change>& changes, const nlohmann::json& id) {
    return std::any_of(changes.begin(), changes.end(),
                       [&](const Change& change) { return change.id == id; });
}

nlohmann::json as_not_written(nlohmann::json event) {
    event["verdict"] = "taken back";
    event["why"] = "it could not be written down";
    return event;
}

std::string state_path(const std::string& directory) {
    return directory + "/remora.tuning.json";
}

}  // namespace

Tuning::Tuning(std::string directory, const Tools& tools)
    : directory_(std::move(directory)),
      tools_(tools),
      record_(directory_ + "/remora.tuning.ndjson", tools.files) {}

void Tuning::begin(const Written& written, OptimizerMode mode) {
    taken_ = written.text;
    configure(written, mode);
}

void Tuning::configure(const Written& written, OptimizerMode mode) {
    written_ = written;
    const bool begins = mode == OptimizerMode::kApply && mode_ != OptimizerMode::kApply;
    mode_ = mode;
    if (begins && directory_.empty()) {
        tools_.log.warn("tuning.place",
                        "optimizer.mode apply does nothing: another agent has the directory");
    }
    if (was_read_) {
        tuner_.configure(written, tools_.clock.wall_ms());
        if (begins) {
            say_what_is_kept();
        }
    } else if (mode != OptimizerMode::kApply || !is_ready()) {
        text_ = written.text;
        return;
    }
    settle();
}

// Whether it is known what is kept. What the file has is said when it comes in force.
bool Tuning::is_ready() {
    if (was_read_ || !knows_state()) {
        return was_read_;
    }
    tuner_.configure(written_, tools_.clock.wall_ms());
    if (mode_ == OptimizerMode::kApply) {
        say_what_is_kept();
    }
    return true;
}

// Reads the file, once. Bad content is set aside: the agent starts all the same, without what was
// kept. False: it is not known whether something is kept.
bool Tuning::knows_state() {
    if (directory_.empty()) {
        return false;
    }
    const std::string path = state_path(directory_);
    const Result<std::string> text = read_file(path, kTuningBytesMax);
    const Code code = text.status().code();
    if (code == Code::kNoPermission || code == Code::kIo) {
        tools_.log.warn("tuning.state", text.status().message() +
                                            "; nothing is kept in force or "
                                            "tried until it can be read");
        return false;
    }
    was_read_ = true;
    if (code == Code::kNotFound) {
        return true;
    }
    Result<TuningState> state = text ? parse_state(text.value()) : text.status();
    if (state) {
        saved_ = text.value();
        tuner_ = Tuner(std::move(state).value(), tools_.clock.wall_ms());
        return true;
    }
    const int moved = tools_.files.rename(path, path + ".bad");
    tools_.log.warn("tuning.state",
                    (text ? path + ": " : "") + state.status().message() +
                        "; the optimizer begins anew" +
                        (moved == 0 ? ", and what was there is called " + path + ".bad" : ""));
    return true;
}

void Tuning::take(const AgentProfile& profile, const std::vector<Finding>& findings) {
    if (was_read_ || (mode_ == OptimizerMode::kApply && is_ready())) {
        tuner_.take(profile, findings);
        settle();
    }
}

void Tuning::revert(const std::string& which) {
    if (!is_ready() || tuner_.revert(which, tools_.clock.wall_ms()) == 0) {
        tools_.log.warn("tuning.revert", "nothing to take back: found \"" + which.substr(0, 40) +
                                             "\"; expected the number of a change that is kept or "
                                             "tried, or all");
    }
    if (was_read_) {
        settle();
    }
}

// What happened is written down and told, or undone.
void Tuning::settle() {
    std::vector<nlohmann::json> events = tuner_.take_events();
    if (!write_state()) {
        events = undo_what_is_not_written(std::move(events));
    }
    text_ = tuner_.text();
    const TuningState& state = tuner_.state();
    tools_.counters.set(Counter::kTuningInForce,
                        mode_ == OptimizerMode::kApply ? state.kept.size() : 0);
    tools_.counters.set(Counter::kTuningWindow, state.trial.empty() ? 0 : state.trial[0].window);
    for (const nlohmann::json& event : events) {
        tell(event);
        const Status appended = record_.append(event);
        if (!appended) {
            tools_.log.warn("tuning.record", appended.message());
        }
    }
}

// True when the file has what the tuner knows.
bool Tuning::write_state() {
    std::string now = print_state(tuner_.state());
    if (now == saved_ || (saved_.empty() && now == print_state({}))) {
        return true;
    }
    const Status written = replace_file(state_path(directory_), now, "state of the optimizer");
    if (!written) {
        tools_.log.warn("tuning.state", written.message() + "; nothing is tried or kept meanwhile");
        return false;
    }
    saved_ = std::move(now);
    return true;
}

// What is taken back stays so: a disk that is full keeps nothing in force that a limit or the
// operator forbids. Of `events` returns what happened all the same, and what is undone of that
// which was told before.
std::vector<nlohmann::json> Tuning::undo_what_is_not_written(std::vector<nlohmann::json> events) {
    const Result<TuningState> found = parse_state(saved_);
    const TuningState before = found ? found.value() : TuningState();
    TuningState now = tuner_.state();
    std::erase_if(now.kept, [&](const Change& change) { return !has(before.kept, change.id); });
    const std::int64_t now_ms = tools_.clock.wall_ms();
    tuner_ = Tuner(std::move(now), now_ms);  // ends the trial
    tuner_.configure(written_, now_ms);
    std::vector<nlohmann::json> left;
    for (nlohmann::json& event : events) {
        if (takes_back(event)) {
            left.push_back(std::move(event));
        } else if (event.contains("verdict") && has(before.trial, event["id"])) {
            left.push_back(as_not_written(std::move(event)));
        }
    }
    for (nlohmann::json& event : tuner_.take_events()) {
        if (has(before.trial, event["id"])) {
            left.push_back(as_not_written(std::move(event)));
        } else if (has(before.kept, event["id"])) {
            left.push_back(std::move(event));
        }
    }
    return left;
}

// It comes in force without a trial, so nothing else says it.
void Tuning::say_what_is_kept() {
    std::string line;
    std::size_t left = kChangesNamedMax;
    for (const Change& change : tuner_.state().kept) {
        if (left == 0) {
            line += " and more";
            break;
        }
        --left;
        line += (line.empty() ? "change " : ", change ") + std::to_string(change.id) + " (" +
                joined(change.kinds) + ": " + change.subject + ")";
    }
    if (!line.empty()) {
        tools_.log.info("tuning: in force again, since it was kept: " + line);
    }
}

void Tuning::tell(const nlohmann::json& event) {
    const std::string what = event["what"];
    if (what == "proposed") {
        tools_.counters.add(Counter::kTuningTried);
        tools_.log.info("tuning: change " + event["id"].dump() + " is tried, of " +
                        joined(event["kinds"].get<std::vector<std::string>>()) + ": " +
                        std::string(event["subject"]) + ": " + std::string(event["advice"]));
    } else if (what == "decided") {
        const std::string verdict = event["verdict"];
        tools_.counters.add(verdict == "kept" ? Counter::kTuningKept : Counter::kTuningTakenBack);
        const double before = event["before"];
        const double after = event["after"];
        const bool was_measured = before != 0 || after != 0;
        tools_.log.info("tuning: change " + event["id"].dump() + " is " + verdict + ", of " +
                        joined(event["kinds"].get<std::vector<std::string>>()) + ": " +
                        std::string(event["subject"]) + ": " + std::string(event["why"]) +
                        (was_measured ? "; " + std::string(event["figure"]) + ": " +
                                            formatted("%.4g", before) + " without, " +
                                            formatted("%.4g", after) + " with it"
                                      : ""));
    }
}

}  // namespace remora
