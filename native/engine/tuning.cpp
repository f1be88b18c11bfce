#include "engine/tuning.h"

#include <utility>

#include "base/files.h"
#include "base/formatted.h"

namespace remora {
namespace {

std::string joined(const nlohmann::json& names) {
    std::string all;
    for (const std::string name : names) {
        all += (all.empty() ? "" : ", ") + name;
    }
    return all;
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
    if (!was_read_ && mode == OptimizerMode::kApply) {
        if (directory_.empty()) {
            tools_.log.warn("tuning.place",
                            "optimizer.mode apply does nothing: another agent has the directory");
        } else {
            read_state();
        }
    }
    if (was_read_) {
        tuner_.configure(written, tools_.clock.wall_ms());
        settle();
    } else {
        text_ = written.text;
    }
}

// Bad content is set aside: the agent starts all the same, without what was kept.
void Tuning::read_state() {
    was_read_ = true;
    const std::string path = state_path(directory_);
    const Result<std::string> text = read_file(path, kTuningBytesMax);
    if (!text && text.status().code() == Code::kNotFound) {
        return;
    }
    Result<TuningState> state = text ? parse_state(text.value()) : text.status();
    if (state) {
        saved_ = text.value();
        tuner_ = Tuner(std::move(state).value(), tools_.clock.wall_ms());
        return;
    }
    const int moved = tools_.files.rename(path, path + ".bad");
    tools_.log.warn("tuning.state",
                    path + ": " + state.status().message() + "; the optimizer begins anew" +
                        (moved == 0 ? ", and the file is called " + path + ".bad" : ""));
}

void Tuning::take(const AgentProfile& profile, const std::vector<Finding>& findings) {
    if (was_read_) {
        tuner_.take(profile, findings);
        settle();
    }
}

void Tuning::revert(const std::string& which) {
    if (!was_read_ && !directory_.empty()) {
        read_state();
        tuner_.configure(written_, tools_.clock.wall_ms());
    }
    if (!was_read_ || tuner_.revert(which, tools_.clock.wall_ms()) == 0) {
        tools_.log.warn("tuning.revert", "nothing to take back: found " + which.substr(0, 40) +
                                             "; expected the number of a change that is kept or "
                                             "tried, or all");
    }
    if (was_read_) {
        settle();
    }
}

// What happened is written down, told, or undone.
void Tuning::settle() {
    const std::vector<nlohmann::json> events = tuner_.take_events();
    if (!write_state()) {
        const Result<TuningState> before = parse_state(saved_);
        const std::int64_t now_ms = tools_.clock.wall_ms();
        tuner_ = Tuner(before ? before.value() : TuningState(), now_ms);
        tuner_.configure(written_, now_ms);
        static_cast<void>(tuner_.take_events());
        text_ = tuner_.text();
        return;
    }
    text_ = tuner_.text();
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
        tools_.log.warn("tuning.state", written.message() + "; nothing is changed meanwhile");
        return false;
    }
    saved_ = std::move(now);
    return true;
}

void Tuning::tell(const nlohmann::json& event) {
    const std::string what = event["what"];
    if (what == "proposed") {
        tools_.counters.add(Counter::kTuningTried);
        tools_.log.info("tuning: change " + event["id"].dump() + " is tried, of " +
                        joined(event["kinds"]) + ": " + std::string(event["subject"]) + ": " +
                        std::string(event["advice"]));
    } else if (what == "decided") {
        const std::string verdict = event["verdict"];
        tools_.counters.add(verdict == "kept" ? Counter::kTuningKept : Counter::kTuningTakenBack);
        const double before = event["before"];
        const double after = event["after"];
        const bool was_measured = before != 0 || after != 0;
        tools_.log.info("tuning: change " + event["id"].dump() + " is " + verdict + ", of " +
                        joined(event["kinds"]) + ": " + std::string(event["subject"]) + ": " +
                        std::string(event["why"]) +
                        (was_measured ? "; " + std::string(event["figure"]) + ": " +
                                            formatted("%.4g", before) + " without, " +
                                            formatted("%.4g", after) + " with it"
                                      : ""));
    }
}

}  // namespace remora
