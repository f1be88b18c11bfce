#include "engine/engine.h"

#include <remora/version.h>
#include <remora/wire.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "config/keys.h"
#include "engine/housekeeper.h"
#include "engine/place.h"
#include "engine/room_options.h"

namespace remora {
namespace {

// What the agent before this one wrote and no output of `now` is to write: its counters file tells.
// Beside the files of today it would be read as a second agent, and its values for ever.
void end_abandoned_files(const ConfigSource::Found& now, const Place& place,
                         const SinkEnvironment& sink) {
    const std::string counters = place.directory + "/remora.counters";
    FileInfo info;
    if (place.directory.empty() || place.is_foreign || sink.files.info_at(counters, info) != 0 ||
        info.kind != FileKind::kRegular) {
        return;
    }
    const auto before = read_counter_file(counters);
    if (!before) {
        return;
    }
    const std::vector<OutputNote> configured = output_notes(now.config);
    for (const OutputNote& note : before.value().outputs) {
        const bool is_configured = std::any_of(
            configured.begin(), configured.end(),
            [&](const OutputNote& output) { return is_same_place(output.where, note.where); });
        if (is_configured || !note.is_textfile() || sink.files.info_at(note.where, info) != 0) {
            continue;
        }
        OutputConfig old;
        old.name = note.where;
        old.path = note.where;
        old.format = note.format == output_format_name(OutputFormat::kOpenMetrics)
                         ? OutputFormat::kOpenMetrics
                         : OutputFormat::kPrometheus;
        // Whether it is still wanted is known when the configuration is.
        old.at_end = now.is_whole ? FileEnd::kRemove : FileEnd::kDown;
        end_output_file(old, common_labels(now.config), sink);
        if (sink.files.info_at(note.where, info) != 0) {
            sink.log.info(note.where +
                          " is removed: the agent before this one wrote it, and no "
                          "output has this path any more");
        }
    }
}

}  // namespace

// Ends the threads of an engine that does not come into being, whatever failed; what they still use
// is left behind.
struct Engine::Unfinished {
    std::unique_ptr<Engine>& engine;
    ~Unfinished() {
        if (engine != nullptr && !engine->stop(1'000)) {
            static_cast<void>(engine.release());
        }
    }
};

Result<std::unique_ptr<Engine>> Engine::start(std::string_view arguments, std::string_view facts,
                                              const remora_buffers& buffers,
                                              const Environment& environment) {
    if (buffers.control_bytes < wire::kControlBytes || buffers.answer_bytes < wire::kAnswerBytes ||
        buffers.plan_bytes < wire::kPlanBytes || buffers.sample_bytes < wire::kSampleBytes) {
        return Status(Code::kInvalidArgument, "a buffer is smaller than the wire layout says");
    }
    std::vector<std::string> notes;
    auto opened =
        ConfigSource::open(arguments, environment.default_config, facts, *environment.files, notes);
    if (!opened) {
        return opened.status();
    }
    std::unique_ptr<Engine> engine(new Engine(std::move(opened).value(), buffers, environment));
    for (const std::string& sentence : notes) {
        engine->log_.warn("config." + sentence, sentence);
    }
    const Unfinished guard{engine};
    const Status started = engine->start_threads();
    if (!started) {
        return started;
    }
    return engine;
}

void Engine::end_files(std::string_view arguments, std::string_view facts,
                       const Environment& environment) {
    const auto found =
        ConfigSource::find(arguments, environment.default_config, facts, *environment.files);
    if (!found) {
        return;
    }
    const Config& config = found.value().config;
    CounterTable counters;
    Log log(environment.log_sink, *environment.clock, counters);
    const SinkEnvironment sink{*environment.clock, counters, log, *environment.files,
                               *environment.sockets};
    for (const OutputConfig& output : config.outputs) {
        end_output_file(output, common_labels(config), sink);
    }
    for (const Place& place : found.value().places) {
        end_abandoned_files(found.value(), place, sink);
    }
}

Engine::Engine(ConfigSource::Opened opened, const remora_buffers& buffers,
               const Environment& environment)
    : environment_(environment),
      source_(std::move(opened.source)),
      config_(std::move(opened.config)),
      log_(environment.log_sink, *environment_.clock, counters_),
      start_ns_(environment_.clock->monotonic_ns()),
      sampler_(sampler_options(config_), intervals_),
      ceiling_(config_.sampling.cpu_budget_percent),
      collector_(config_, start_ns_, buffers, channels_, intervals_, *environment_.clock, counters_,
                 log_, [this] { core_->wake(); }),
      outputs_(channels_.reload, *environment_.clock),
      reloader_(
          config_, channels_.reload, *environment_.clock, counters_, log_,
          [this](const OutputConfig& output, const Config& wanted) {
              return make_output(output, wanted, false);
          },
          [this] { core_->wake(); }),
      adviser_(profile_path(config_, source_.place()), log_),
      tuning_(source_.place().is_foreign ? std::string() : config_.directory,
              {*environment_.clock, counters_, log_, *environment_.files}) {
    log_.set_least(config_.log.level);
    for (const OutputConfig& output : config_.outputs) {
        outputs_.append(make_output(output, config_, true));
    }
    make_core();
    make_housekeeper();
}

void Engine::make_core() {
    Core::Options options;
    options.start_ns = start_ns_;
    options.config = config_;
    options.version = REMORA_VERSION;
    options.values_interval_ms = kLooksIntervalMsMin;
    options.on_values = [this] { housekeeper_->wake(); };
    core_ = std::make_unique<Runner>(
        "remora-core",
        std::make_unique<Core>(options, channels_, intervals_, sampler_, ceiling_, outputs_,
                               *environment_.clock, counters_, log_),
        [this](const char* what) { fault("the core thread", what); });
}

void Engine::make_housekeeper() {
    Housekeeper::Duties duties;
    duties.on_config_changed = [this] { take_config(); };
    duties.on_facts = [this](const std::string& facts) { take_facts(facts); };
    duties.take_over = [this] { return reloader_.step(); };
    duties.take_tuned = [this] { return take_tuned(); };
    duties.may_revert = [this] {
        return reloader_.in_force().optimizer.mode != OptimizerMode::kOff;
    };
    duties.on_revert = [this](const std::string& which) { tuning_.revert(which); };
    duties.on_profile = [this](const AgentProfile& profile) { take_profile(profile); };
    duties.has_directory = [this] { return source_.keep_directory(*environment_.files); };
    duties.counters_interval_ms = [this] { return looks_interval_ms(reloader_.in_force()); };
    duties.outputs = [this] { return output_notes(reloader_.in_force()); };
    duties.facts = [this] { return source_.told_facts(); };
    housekeeper_ = std::make_unique<Runner>(
        "remora-house",
        std::make_unique<Housekeeper>(
            housekeeper_options(config_, source_.place(), source_.path(), source_.mark()),
            channels_, *environment_.clock, counters_, log_, std::move(duties)),
        [this](const char* what) { fault("the housekeeping thread", what); });
}

Status Engine::start_threads() {
    for (const auto& output : outputs_.outputs()) {
        Status started = output->start();
        if (!started) {
            return started;
        }
    }
    Status started = core_->start();
    if (started) {
        tuning_.begin(source_.written(), config_.optimizer.mode);
        started = housekeeper_->start();
    }
    if (started) {
        report_started();
    }
    return started;
}

void Engine::report_started() {
    std::string where;
    for (const OutputConfig& output : config_.outputs) {
        where += (where.empty() ? "" : ", ") + place_of(output);
    }
    log_.info("started, version " REMORA_VERSION ", " +
              (source_.mark() == FileMark{} ? "no configuration file"
                                            : "configuration " + source_.path()) +
              ", " + std::to_string(config_.rules.size()) + " rules, every " +
              std::to_string(config_.sampling.base_interval_ms) + " ms to " +
              std::to_string(config_.outputs.size()) + " outputs: " + where);
}

void Engine::fault(const char* where, const char* what) noexcept {
    counters_.add_shared(Counter::kFaults);
    channels_.off.store(true, std::memory_order_release);
    try {
        log_.error("fault", std::string("fault in ") + where + ": " + what +
                                "; the agent is switched off, the broker is not affected");
    } catch (const std::bad_alloc&) {
        // Memory was what failed: the counter says it.
    }
}

std::unique_ptr<OutputPipe> Engine::make_output(const OutputConfig& output, const Config& config,
                                                bool agent_begins) {
    std::unique_ptr<CounterTable>& counters = output_counters_[output.name];
    if (counters == nullptr) {
        counters = std::make_unique<CounterTable>(&counters_);
    }
    const auto on_fault = [this](const char* what) { fault("a sink thread", what); };
    return std::make_unique<OutputPipe>(
        output, common_labels(config), config.sampling.base_interval_ms,
        SinkEnvironment{*environment_.clock, *counters, log_, *environment_.files,
                        *environment_.sockets, [this] { core_->wake(); }, on_fault,
                        &channels_.stride},
        on_fault, OutputPipe::Host{source_.host_start_wall_ms(), agent_begins, REMORA_VERSION});
}

// Housekeeping thread: labels and outputs that waited for a fact come.
void Engine::take_facts(const std::string& facts) {
    ParseOutcome outcome = source_.learn(facts);
    for (const Problem& warning : outcome.warnings) {
        log_.warn("config." + warning.text, warning.text);
    }
    for (const Problem& error : outcome.errors) {
        log_.error("facts." + error.text, error.text);
    }
    if (outcome.is_ok()) {
        reloader_.knows_more(std::move(outcome.config));
    }
}

// House thread.
void Engine::take_config() {
    ParseOutcome outcome = source_.reread();
    {
        const std::scoped_lock lock(outcome_mutex_);
        reload_outcome_ = outcome.error_text();
    }
    if (outcome.is_ok()) {
        const Written written = source_.written();
        tuning_.configure(written, outcome.config.optimizer.mode);
        const std::string& tuned = tuning_.take_text();
        if (tuned != written.text) {
            std::vector<Problem> warnings = std::move(outcome.warnings);
            outcome = source_.mean(tuned, tuning_.rules());
            outcome.warnings = std::move(warnings);
        }
    }
    reloader_.changed(std::move(outcome));
}

// House thread. Of another configuration than the one in force, a profile says nothing of a change:
// one is under way, or the profile waited here while one was.
void Engine::take_profile(const AgentProfile& profile) {
    Written configured = source_.written();
    configured.text = tuning_.text();
    const Report report = adviser_.take(profile, reloader_.in_force().outputs, configured);
    const bool is_of_now =
        channels_.reload.is_idle() && profile.generation == reloader_.generation();
    if (is_of_now && source_.keep_directory(*environment_.files)) {
        tuning_.take(report.profile, report.findings);
    }
}

// House thread.
bool Engine::take_tuned() {
    if (!tuning_.has_news()) {
        return false;
    }
    reloader_.changed(source_.mean(tuning_.take_text(), tuning_.rules()));
    return true;
}

void Engine::reload() {
    {
        const std::scoped_lock lock(outcome_mutex_);
        reload_outcome_.reset();
    }
    channels_.reread.store(true, std::memory_order_release);
    housekeeper_->wake();
}

std::optional<std::string> Engine::reload_outcome() {
    const std::scoped_lock lock(outcome_mutex_);
    return std::exchange(reload_outcome_, std::nullopt);
}

void Engine::learn(std::string_view facts) {
    delete channels_.facts.exchange(new std::string(facts), std::memory_order_acq_rel);
    housekeeper_->wake();
}

bool Engine::stop(std::int64_t deadline_ms) {
    const Clock& clock = *environment_.clock;
    const std::int64_t end_ns = clock.monotonic_ns() + deadline_ms * kNanosPerMilli;
    const auto left_ms = [&] {
        return std::max<std::int64_t>(0, (end_ns - clock.monotonic_ns()) / kNanosPerMilli);
    };
    // A change that is being taken over stops where it is.
    bool ended = reloader_.close(left_ms());
    ended = core_->stop(left_ms()) && ended;
    if (!ended && !channels_.reload.is_idle()) {
        return false;  // the list of outputs may still be changing
    }
    ended = reloader_.conclude(left_ms()) && ended;
    for (const auto& output : outputs_.outputs()) {
        ended = output->stop(left_ms()) && ended;
    }
    return housekeeper_->stop(left_ms()) && ended;
}

}  // namespace remora
