#include "engine/reload.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/hash.h"
#include "engine/place.h"
#include "engine/room_options.h"

namespace remora {
namespace {

constexpr std::int64_t kSinkStopMs = 2'000;
constexpr std::size_t kProblemsReported = 20;

bool selects_alike(const Config& a, const Config& b) {
    return a.select == b.select && a.rules == b.rules && a.topics == b.topics &&
           a.clients == b.clients && a.limits == b.limits;
}

// What only a new start of the broker takes over stays as it is.
void keep_fixed(Config& wanted, const Config& current) {
    wanted.trace = current.trace;
    wanted.reload = current.reload;
    wanted.collector = current.collector;
}

}  // namespace

Reloader::Reloader(Config config, ReloadHandover& handover, const Clock& clock,
                   CounterTable& counters, Log& log, MakeOutput make_output,
                   std::function<void()> wake_core)
    : current_(std::move(config)),
      handover_(handover),
      clock_(clock),
      counters_(counters),
      log_(log),
      make_output_(std::move(make_output)),
      wake_core_(std::move(wake_core)) {}

void Reloader::changed(ParseOutcome outcome) {
    if (!outcome.is_ok()) {
        refuse(outcome.errors);
        return;
    }
    for (const Problem& warning : outcome.warnings) {
        log_.warn("config." + warning.text, warning.text);
    }
    report_what_waits(outcome.config);
    keep_fixed(outcome.config, current_);
    if (outcome.config == current_) {
        log_.info("the configuration was read again; it means the same as before");
        return;
    }
    prepare(std::move(outcome.config));
}

void Reloader::knows_more(Config config) {
    keep_fixed(config, current_);
    if (!(config == current_)) {
        prepare(std::move(config));
    }
}

void Reloader::refuse(const std::vector<Problem>& problems) {
    counters_.add(Counter::kConfigReloadsFailed);
    const std::size_t shown = std::min(problems.size(), kProblemsReported);
    // The log suppresses what it has just written: all of this together, or nothing of it.
    std::string all;
    for (const Problem& problem : problems) {
        all += problem.text + '\n';
    }
    const std::string key = "reload." + std::to_string(hash_64(all));
    log_.error(key, "the changed configuration is not used, the one before stays: " +
                        std::to_string(problems.size()) + " error(s)");
    for (std::size_t i = 0; i < shown; ++i) {
        log_.error(key + "." + std::to_string(i), problems[i].text);
    }
}

void Reloader::report_what_waits(const Config& wanted) {
    const auto report = [this](bool differs, const char* key) {
        if (differs) {
            log_.warn(std::string("reload.fixed.") + key,
                      std::string(key) + " changed: used when the agent starts again");
        }
    };
    report(wanted.trace != current_.trace, "trace");
    report(wanted.reload != current_.reload, "reload");
    report(wanted.collector != current_.collector, "collector");
}

void Reloader::prepare(Config wanted) {
    reload_ = std::make_unique<Reload>();
    Reload& reload = *reload_;
    reload.generation = ++generation_;
    reload.config = std::move(wanted);
    plan_outputs(reload);
    reload.offers_beans = reload.needs_series || !selects_alike(reload.config, current_);
    reload.selector = std::make_shared<const Selector>(reload.config);
    begun_ns_ = clock_.monotonic_ns();
    registered_before_ = counters_.get(Counter::kUnitsRegistered);
    unregistered_before_ = counters_.get(Counter::kUnitsUnregistered);
    handover_.begin(reload);
    wake_core_();
}

// An output stays, with all that it has written and knows, when nothing that shapes it changed.
void Reloader::plan_outputs(Reload& reload) {
    const Config& wanted = reload.config;
    const bool shared_alike =
        wanted.labels == current_.labels &&
        wanted.sampling.base_interval_ms == current_.sampling.base_interval_ms;
    std::vector<bool> taken(current_.outputs.size());
    for (const OutputConfig& output : wanted.outputs) {
        Reload::Output planned;
        std::size_t same = current_.outputs.size();
        for (std::size_t i = 0; shared_alike && i < current_.outputs.size(); ++i) {
            if (!taken[i] && current_.outputs[i] == output) {
                same = i;
                break;
            }
        }
        if (same < current_.outputs.size()) {
            taken[same] = true;
            planned.kept = same;
        } else {
            planned.fresh = make_output_(output, wanted);
            reload.needs_series = true;
        }
        reload.outputs.push_back(std::move(planned));
    }
}

bool Reloader::step() {
    if (handover_.at(ReloadStage::kSwapped) == nullptr) {
        return reload_ != nullptr;
    }
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || closed_) {
        return true;  // it stays where it is, and nothing else may begin
    }
    exchange_sinks(kSinkStopMs);
    log_.set_least(reload_->config.log.level);
    counters_.add(Counter::kConfigReloads);
    report_outcome();
    current_ = std::move(reload_->config);
    handover_.advance(ReloadStage::kSwapped);
    reload_.reset();
    return false;
}

// The old sinks end before the new ones begin: they may write the same file.
bool Reloader::exchange_sinks(std::int64_t deadline_ms) {
    bool ended = true;
    for (std::unique_ptr<OutputPipe>& pipe : reload_->retired) {
        // A file that nobody writes any more would be read beside the new one.
        const std::vector<OutputConfig>& wanted = reload_->config.outputs;
        const bool goes_on =
            std::any_of(wanted.begin(), wanted.end(), [&pipe](const OutputConfig& output) {
                return output.type == OutputType::kFile && is_same_place(output.path, pipe->path());
            });
        pipe->set_file_end(goes_on ? FileEnd::kKeep : FileEnd::kRemove);
        if (!pipe->stop(deadline_ms)) {
            ended = false;
            log_.warn("reload.sink",
                      "an output that was taken out does not end; it is left behind");
            static_cast<void>(pipe.release());  // its thread still uses it
        }
    }
    reload_->retired.clear();
    for (OutputPipe* pipe : reload_->begun) {
        const Status started = pipe->start();
        if (!started) {
            log_.error("reload.start", started.message());
        }
    }
    reload_->begun.clear();
    return ended;
}

void Reloader::report_outcome() {
    const std::uint64_t came = counters_.get(Counter::kUnitsRegistered) - registered_before_;
    const std::uint64_t left = counters_.get(Counter::kUnitsUnregistered) - unregistered_before_;
    log_.info("the changed configuration is in use, after " +
              std::to_string((clock_.monotonic_ns() - begun_ns_) / kNanosPerMilli) +
              " ms: " + std::to_string(came) + " beans came, " + std::to_string(left) + " left, " +
              std::to_string(counters_.get(Counter::kUnits)) + " in all");
}

bool Reloader::close(std::int64_t deadline_ms) {
    // Tried again and again, not std::timed_mutex: ThreadSanitizer of gcc 12 does not see its timed
    // lock.
    std::unique_lock lock(mutex_, std::try_to_lock);
    for (std::int64_t waited_ms = 0; !lock.owns_lock() && waited_ms < deadline_ms; ++waited_ms) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        static_cast<void>(lock.try_lock());
    }
    closed_ = lock.owns_lock();
    return closed_;
}

bool Reloader::conclude(std::int64_t deadline_ms) {
    if (handover_.at(ReloadStage::kSwapped) == nullptr) {
        return true;
    }
    return exchange_sinks(deadline_ms);
}

}  // namespace remora
