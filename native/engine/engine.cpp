#include "engine/engine.h"

#include <remora/version.h>
#include <remora/wire.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <utility>

#include "config/parse.h"

namespace remora {
namespace {

// The counters file is for people: with a tick each second it would cost a tenth of the whole
// agent.
constexpr std::int64_t kCountersIntervalMsMin = 5'000;

std::int32_t negative(Code code) {
    return -static_cast<std::int32_t>(code);
}

Registrar::Settings registrar_settings(const Config& config,
                                       std::shared_ptr<const Selector> selector) {
    Registrar::Settings settings;
    settings.limits = config.limits;
    settings.base_interval_ms = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(config.sampling.base_interval_ms, 1, UINT32_MAX - 1));
    settings.selector = std::move(selector);
    settings.unmatched = std::make_shared<Unmatched>(config);
    return settings;
}

// Puts the facts in their places. What is wrong with that becomes an error of `outcome`; returns
// sentences for the log.
std::vector<std::string> settle(ParseOutcome& outcome, const Facts& facts) {
    Config whole = outcome.config;
    expand_placeholders(whole, facts);
    outcome.errors = find_places_of_kafka(whole, facts);
    std::vector<std::string> said = hold_back(outcome.config, facts);
    for (std::string& sentence : expand_placeholders(outcome.config, facts)) {
        said.push_back(std::move(sentence));
    }
    return said;
}

}  // namespace

Facts parse_facts(std::string_view text) {
    Facts facts;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos) {
            facts.emplace(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    return facts;
}

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

// Makes the agent's directory, once it is known that nothing is wrong.
Result<Engine::Beginning> Engine::look_around(std::string_view arguments, std::string_view facts,
                                              std::vector<std::string>& said) {
    ParseOutcome parsed = load_config(arguments, process_environment());
    if (!parsed.is_ok()) {
        return Status(Code::kInvalidConfig, parsed.error_text());
    }
    for (Problem& warning : parsed.warnings) {
        said.push_back(std::move(warning.text));
    }
    Beginning beginning;
    beginning.arguments = arguments;
    beginning.config_path = parsed.file;
    beginning.config_mark = parsed.mark;
    beginning.written = parsed.config;
    beginning.facts = parse_facts(facts);
    for (std::string& sentence : settle(parsed, beginning.facts)) {
        said.push_back(std::move(sentence));
    }
    if (!parsed.is_ok()) {
        return Status(Code::kInvalidConfig, parsed.error_text());
    }
    PosixFileSystem files;
    const bool is_configured = !beginning.written.directory.empty();
    Result<Place> place =
        take_place(files, is_configured ? parsed.config.directory : "", beginning.facts);
    if (!place) {
        return place.status();
    }
    beginning.place = std::move(place).value();
    for (const std::string& sentence : beginning.place.said) {
        said.push_back(sentence);
    }
    parsed.config = beginning.written;
    parsed.config.directory = beginning.place.directory;
    settle(parsed, beginning.facts);
    beginning.config = std::move(parsed.config);
    return beginning;
}

Result<std::unique_ptr<Engine>> Engine::start(std::string_view arguments, std::string_view facts,
                                              const remora_buffers& buffers, LogSink& log_sink) {
    if (buffers.control_bytes < wire::kControlBytes || buffers.answer_bytes < wire::kAnswerBytes ||
        buffers.plan_bytes < wire::kPlanBytes || buffers.sample_bytes < wire::kSampleBytes) {
        return Status(Code::kInvalidArgument, "a buffer is smaller than the wire layout says");
    }
    std::vector<std::string> said;
    Result<Beginning> beginning = look_around(arguments, facts, said);
    if (!beginning) {
        return beginning.status();
    }
    std::unique_ptr<Engine> engine(new Engine(std::move(beginning).value(), buffers, log_sink));
    for (const std::string& sentence : said) {
        engine->log_.warn("config." + sentence, sentence);
    }
    const Unfinished guard{engine};
    const Status started = engine->start_threads();
    if (!started) {
        return started;
    }
    return engine;
}

void Engine::end_files(std::string_view arguments, std::string_view facts, LogSink& log_sink) {
    ParseOutcome parsed = load_config(arguments, process_environment());
    Config& config = parsed.config;
    const Facts known = parse_facts(facts);
    PosixFileSystem files;
    Place place;
    if (config.directory.empty()) {
        place = find_place(files, known);
        config.directory = place.directory;
    }
    if (config.directory.empty()) {
        std::erase_if(config.outputs, [](const OutputConfig& output) {
            return output.path.find("${dir}") != std::string::npos;
        });
    }
    settle(parsed, known);
    if (!parsed.is_ok()) {
        return;
    }
    const SystemClock clock;
    CounterTable counters;
    Log log(log_sink, clock, counters);
    PosixSocketFactory sockets;
    for (const OutputConfig& output : config.outputs) {
        end_output_file(output, common_labels(config), {clock, counters, log, files, sockets});
    }
}

Engine::Engine(Beginning beginning, const remora_buffers& buffers, LogSink& log_sink)
    : config_(std::move(beginning.config)),
      place_(std::move(beginning.place)),
      arguments_(std::move(beginning.arguments)),
      written_(std::move(beginning.written)),
      facts_(std::move(beginning.facts)),
      config_path_(std::move(beginning.config_path)),
      buffers_(buffers),
      log_(log_sink, clock_, counters_),
      start_ns_(clock_.monotonic_ns()),
      planner_(plan_options(config_, start_ns_), intervals_),
      registrar_(registrar_settings(config_, std::make_shared<const Selector>(config_)), channels_,
                 planner_, intervals_, counters_, log_),
      intake_(channels_, planner_, counters_),
      sampler_(sampler_options(config_), intervals_),
      ceiling_(config_.sampling.cpu_budget_percent),
      grid_config_(config_) {
    log_.set_least(least_level(config_));
    for (const OutputConfig& output : config_.outputs) {
        outputs_.push_back(make_output(output, config_, true));
        outputs_.back()->set_flags_place(outputs_.size() - 1);
    }
    reloader_ = std::make_unique<Reloader>(
        config_, channels_, clock_, counters_, log_,
        [this](const OutputConfig& output, const Config& wanted) {
            return make_output(output, wanted, false);
        },
        [this] { core_->wake(); });
    Core::Options core_options;
    core_options.start_ns = start_ns_;
    core_options.config = config_;
    core_options.version = REMORA_VERSION;
    core_ = std::make_unique<Runner>(
        "remora-core",
        std::make_unique<Core>(core_options, channels_, intervals_, sampler_, ceiling_, outputs_,
                               clock_, counters_, log_),
        [this](const char* what) { fault("the core thread", what); });
    House::Duties duties;
    duties.on_config_changed = [this] { reloader_->changed(load_changed()); };
    duties.on_facts = [this](const std::string& facts) { take_facts(facts); };
    duties.take_over = [this] { return reloader_->step(); };
    house_ = std::make_unique<Runner>(
        "remora-house",
        std::make_unique<House>(house_options(beginning.config_mark), channels_, clock_, counters_,
                                log_, std::move(duties)),
        [this](const char* what) { fault("the house thread", what); });
}

House::Options Engine::house_options(const FileMark& config_mark) const {
    House::Options options;
    if (!place_.is_foreign) {
        options.counters_path = config_.directory + "/remora.counters";
        options.beans_path = config_.directory + "/remora.beans";
    }
    options.counters_interval_ms =
        std::max(config_.sampling.base_interval_ms, kCountersIntervalMsMin);
    options.config_path = config_.reload.enabled ? config_path_ : std::string();
    options.config_mark = config_mark;
    options.config_interval_ms = config_.reload.check_interval_ms;
    return options;
}

Status Engine::start_threads() {
    for (const auto& output : outputs_) {
        Status started = output->start();
        if (!started) {
            return started;
        }
    }
    Status started = core_->start();
    if (started) {
        started = house_->start();
    }
    if (started) {
        say_started();
    }
    return started;
}

void Engine::say_started() {
    std::string where;
    for (const OutputConfig& output : config_.outputs) {
        where += (where.empty() ? "" : ", ") +
                 (output.type == OutputType::kUdp ? output.host + ":" + std::to_string(output.port)
                                                  : output.path);
    }
    log_.info("started, version " REMORA_VERSION ", " +
              (config_path_.empty() ? "no configuration file" : "configuration " + config_path_) +
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

std::int64_t Engine::start_of_host(const Facts& facts) {
    const auto found = facts.find("start.ms");
    std::int64_t wall_ms = 0;
    if (found != facts.end()) {
        const std::string& text = found->second;
        (void)std::from_chars(text.data(), text.data() + text.size(), wall_ms);
    }
    return wall_ms;
}

std::unique_ptr<OutputPipe> Engine::make_output(const OutputConfig& output, const Config& config,
                                                bool agent_begins) {
    std::unique_ptr<CounterTable>& counters = output_counters_[output.name];
    if (counters == nullptr) {
        counters = std::make_unique<CounterTable>(&counters_);
    }
    return std::make_unique<OutputPipe>(
        output, common_labels(config), config.sampling.base_interval_ms,
        SinkEnvironment{clock_, *counters, log_, files_, sockets_, [this] { core_->wake(); }},
        [this](const char* what) { fault("a sink thread", what); },
        OutputPipe::Host{start_of_host(facts_), agent_begins, REMORA_VERSION});
}

// House thread.
ParseOutcome Engine::load_changed() {
    ParseOutcome outcome = load_config(arguments_, process_environment());
    if (!outcome.is_ok()) {
        return outcome;
    }
    if (outcome.config.directory != written_.directory) {
        outcome.warnings.push_back({"directory changed: taken over when the broker is restarted"});
        outcome.config.directory = written_.directory;
    }
    Config written = outcome.config;
    outcome.config.directory = config_.directory;
    for (std::string& sentence : settle(outcome, facts_)) {
        outcome.warnings.push_back({std::move(sentence)});
    }
    if (outcome.is_ok()) {
        written_ = std::move(written);
    }
    return outcome;
}

// House thread: labels and outputs that waited for a fact come.
void Engine::take_facts(std::string_view facts) {
    facts_ = parse_facts(facts);
    ParseOutcome outcome;
    outcome.config = written_;
    outcome.config.directory = config_.directory;
    for (const std::string& sentence : settle(outcome, facts_)) {
        log_.warn("config." + sentence, sentence);
    }
    for (const Problem& error : outcome.errors) {
        log_.error("facts." + error.text, error.text);
    }
    if (outcome.is_ok()) {
        reloader_->knows_more(std::move(outcome.config));
    }
}

void Engine::learn(std::string_view facts) {
    delete channels_.facts.exchange(new std::string(facts), std::memory_order_acq_rel);
    house_->wake();
}

// Collector thread: ticks come more or less often than before.
void Engine::follow_stride() {
    const std::uint32_t stride = channels_.stride.load(std::memory_order_relaxed);
    if (stride != stride_) {
        stride_ = stride;
        planner_.set_grid(plan_options(stretched(grid_config_, stride_), start_ns_));
    }
}

// Collector thread: the new selection decides from here on.
void Engine::take_reload() {
    const Reload& reload = *channels_.reload;
    grid_config_ = reload.config;
    stride_ = channels_.stride.load(std::memory_order_relaxed);
    planner_.set_grid(plan_options(stretched(grid_config_, stride_), start_ns_));
    if (reload.offers_beans) {
        Registrar::Settings settings = registrar_settings(reload.config, reload.selector);
        settings.generation = reload.generation;
        settings.needs_series = reload.needs_series;
        registrar_.begin_sweep(std::move(settings));
        rediscover_ = true;
    } else {
        registrar_.skip_sweep(reload.generation);
    }
    channels_.reload_stage.store(ReloadStage::kFilling, std::memory_order_release);
    core_->wake();
}

std::int32_t Engine::control(std::int32_t bytes) {
    if (bytes < 0 || static_cast<std::uint32_t>(bytes) > buffers_.control_bytes) {
        return negative(Code::kInvalidArgument);
    }
    const std::int32_t answered =
        registrar_.handle({buffers_.control, static_cast<std::size_t>(bytes)},
                          {buffers_.answer, buffers_.answer_bytes});
    // What the collector did since its last call was describing these beans.
    channels_.excused_cpu_ns.fetch_add(account_collector(), std::memory_order_relaxed);
    core_->wake();
    return answered;
}

std::int32_t Engine::plan(std::int64_t now_ns) {
    cycle_begun_ns_ = now_ns;
    counters_.add(Counter::kJniCalls);
    planner_.note_answered(channels_.answered_until_ns.load(std::memory_order_acquire));
    UnitId woken = kNoUnit;
    while (channels_.wakes.try_pop(woken)) {
        planner_.wake(woken, true);
    }
    wire::PlanHeader header{};
    const bool off = channels_.off.load(std::memory_order_acquire);
    if (off) {
        header.bytes = sizeof(header);
        header.flags = wire::kPlanStop;
        std::memcpy(buffers_.plan, &header, sizeof(header));
        return 0;
    }
    if (channels_.reload_stage.load(std::memory_order_acquire) == ReloadStage::kForCollector &&
        registrar_.has_room_to_tell()) {
        take_reload();
    } else if (registrar_.wants_refill(now_ns)) {
        registrar_.begin_refill();
        rediscover_ = true;
    } else if (channels_.list_beans.load(std::memory_order_relaxed) && registrar_.begin_listing()) {
        channels_.list_beans.store(false, std::memory_order_relaxed);
        rediscover_ = true;
    }
    registrar_.tell_unmatched(now_ns);
    registrar_.pass(now_ns);
    follow_stride();
    const PlanResult planned =
        planner_.plan(now_ns, {reinterpret_cast<std::byte*>(buffers_.plan), buffers_.plan_bytes});
    if (!planner_.audits().empty()) {
        // What does not fit is not audited.
        channels_.audits.try_push_all(planner_.audits());
        planner_.forget_audits();
    }
    const bool read_on =
        channels_.read_until_ns.exchange(planner_.read_until_ns(), std::memory_order_release) !=
        planner_.read_until_ns();
    const bool settled_on =
        channels_.settled_until_ns.exchange(
            planner_.settled_until_ns(), std::memory_order_release) != planner_.settled_until_ns();
    if (read_on || settled_on) {
        core_->wake();
    }
    if (rediscover_) {
        rediscover_ = false;
        std::memcpy(&header, buffers_.plan, sizeof(header));
        header.flags |= wire::kPlanRediscover;
        std::memcpy(buffers_.plan, &header, sizeof(header));
    }
    counters_.add(Counter::kCycles);
    counters_.add(Counter::kUnitsPlanned, planned.units);
    account_collector();
    return static_cast<std::int32_t>(planned.units);
}

std::int32_t Engine::submit(std::int32_t bytes, std::int64_t since_ns) {
    counters_.add(Counter::kJniCalls);
    if (bytes < 0 || static_cast<std::uint32_t>(bytes) > buffers_.sample_bytes) {
        return negative(Code::kInvalidArgument);
    }
    const std::int64_t reads_cpu_ns = account_collector();
    const std::int32_t taken =
        intake_.submit({buffers_.sample, static_cast<std::size_t>(bytes)}, since_ns, reads_cpu_ns);
    account_collector();
    counters_.set_max(Counter::kCollectorCycleNanosMax,
                      static_cast<std::uint64_t>(
                          std::max<std::int64_t>(0, clock_.monotonic_ns() - cycle_begun_ns_)));
    core_->wake();
    return taken;
}

std::int64_t Engine::account_collector() {
    const std::int64_t seen_ns = thread_cpu_ns();
    // A fresh collector thread begins at zero: its predecessor was abandoned in a blocked read.
    const std::int64_t since_ns =
        seen_ns >= collector_cpu_seen_ns_ ? seen_ns - collector_cpu_seen_ns_ : seen_ns;
    collector_cpu_ns_ += since_ns;
    collector_cpu_seen_ns_ = seen_ns;
    counters_.set(Counter::kCollectorCpuNanos, static_cast<std::uint64_t>(collector_cpu_ns_));
    return since_ns;
}

bool Engine::stop(std::int64_t deadline_ms) {
    const std::int64_t end_ns = clock_.monotonic_ns() + deadline_ms * kNanosPerMilli;
    const auto left_ms = [&] {
        return std::max<std::int64_t>(0, (end_ns - clock_.monotonic_ns()) / kNanosPerMilli);
    };
    // A change that is being taken over stops where it is.
    bool ended = reloader_->close(left_ms());
    ended = core_->stop(left_ms()) && ended;
    if (!ended && channels_.reload_stage.load(std::memory_order_acquire) != ReloadStage::kIdle) {
        return false;  // the list of outputs may still be changing
    }
    ended = reloader_->conclude(left_ms()) && ended;
    for (const auto& output : outputs_) {
        ended = output->stop(left_ms()) && ended;
    }
    return house_->stop(left_ms()) && ended;
}

}  // namespace remora
