#include "engine/core.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>
#include <utility>

#include "config/keys.h"

namespace remora {
namespace {

constexpr std::size_t kInboxMessages = 4096;
constexpr std::size_t kQuarantinedShownMax = 100;
constexpr std::int64_t kIdleMaxNs = kNanosPerSecond;
constexpr std::size_t kFamiliesShownMax = 64;
constexpr std::size_t kAuditedMax = 1024;  // at one tick
constexpr std::size_t kWokenMax = 32'768;
// An output that is being taken out may finish its tick for so long.
constexpr std::int64_t kSwapPatienceNs = 2 * kNanosPerSecond;
constexpr std::int64_t kSwapRetryNs = 5 * kNanosPerMilli;
// How long a tick waits for its reads: half its interval, and no longer than this.
constexpr std::int64_t kUnfinishedMostNs = 2 * kNanosPerSecond;
constexpr std::int64_t kFullRingMostNs = kNanosPerSecond;
constexpr std::int64_t kUnfinishedRetryNs = 20 * kNanosPerMilli;

const char* reason_text(wire::ReadStatus status) {
    switch (status) {
        case wire::ReadStatus::kOk:
            return "ok";
        case wire::ReadStatus::kGone:
            return "gone";
        case wire::ReadStatus::kThrew:
            return "threw";
        case wire::ReadStatus::kNotNumber:
            return "not_a_number";
        case wire::ReadStatus::kBlocked:
            return "blocked";
        case wire::ReadStatus::kTooLarge:
            break;
    }
    return "too_large";
}

}  // namespace

Core::Core(const Options& options, Channels& channels, IntervalTable& intervals, Sampler& sampler,
           Ceiling& ceiling, std::vector<std::unique_ptr<OutputPipe>>& outputs, const Clock& clock,
           CounterTable& counters, Log& log)
    : options_(options),
      channels_(channels),
      intervals_(intervals),
      sampler_(sampler),
      ceiling_(ceiling),
      outputs_(outputs),
      clock_(clock),
      counters_(counters),
      log_(log),
      cache_(counters),
      change_hints_(sampler),
      condenser_(cache_, counters),
      self_(counters, options.version, kFamiliesShownMax),
      inbox_(kInboxMessages),
      woken_(kWokenMax),
      last_tick_ns_(options.start_ns) {
    audited_.reserve(kAuditedMax);
    condenser_.set_partition_sample(options_.config.topics.partition_sample);
    counters_.set(Counter::kTickIntervalMillis,
                  static_cast<std::uint64_t>(interval_ns() / kNanosPerMilli));
    begin_trace();
}

void Core::begin_trace() {
    if (options_.config.trace.path.empty()) {
        return;
    }
    auto file = create_trace_file(options_.config.trace.path);
    if (!file) {
        log_.warn("trace", "no trace: " + file.status().message());
        return;
    }
    trace_ =
        std::make_unique<TraceWriter>(std::move(file).value(), options_.config.trace.bytes_max);
    sampler_.record_every(static_cast<std::uint32_t>(options_.config.trace.interval_ms));
    log_.info("recording every unit each " + std::to_string(options_.config.trace.interval_ms) +
              " ms to " + options_.config.trace.path + "; the CPU budget does not hold meanwhile");
}

void Core::end_trace() {
    trace_->finish();
    counters_.set(Counter::kSampleTrace, trace_->records());
    log_.info("trace complete: " + std::to_string(trace_->bytes()) + " bytes in " +
              options_.config.trace.path);
    trace_.reset();
    sampler_.record_every(0);
}

std::int64_t Core::do_work() {
    const std::int64_t begun_ns = clock_.monotonic_ns();
    if (channels_.reload_stage.load(std::memory_order_acquire) == ReloadStage::kForCore) {
        begin_reload();
    }
    const std::int64_t read_until_ns = channels_.read_until_ns.load(std::memory_order_acquire);
    drain();
    const bool swapped = swap_outputs();
    // Once all that is due for the tick has been read, and before it.
    if (read_until_ns >= next_tick_ns() && answered_until_ns_ < next_tick_ns()) {
        wake_surprised();
    }
    answered_until_ns_ = read_until_ns;
    channels_.answered_until_ns.store(read_until_ns, std::memory_order_release);
    if (is_tick_due(begun_ns)) {
        tick(begun_ns);
    }
    const bool encoded = encode();
    give_back_ids();
    read_soon();
    const std::int64_t now_ns = clock_.monotonic_ns();
    counters_.set_max(Counter::kCoreCycleNanosMax, static_cast<std::uint64_t>(now_ns - begun_ns));
    const std::int64_t until_ns = next_tick_ns() - now_ns;
    // A tick that is due waits for its reads: their submit wakes this thread.
    const std::int64_t idle_ns =
        until_ns > 0 ? std::min(until_ns, kIdleMaxNs * 10) : kUnfinishedRetryNs;
    if (!swapped) {
        return std::min(kSwapRetryNs, idle_ns);
    }
    // A full ring wakes this thread when it has room again.
    return encoded ? idle_ns : std::min(idle_ns, kFullRingMostNs);
}

// The outputs of the new configuration are filled beside those in use, which go on until then.
void Core::begin_reload() {
    reload_ = channels_.reload;
    is_swept_ = false;
    const Config& config = reload_->config;
    options_.config = config;
    sampler_.configure(sampler_options(stretched(config, stride_)));
    ceiling_.set_percent(config.sampling.cpu_budget_percent);
    // Without a sample nothing of one is shown: it ends when every unit knows that it is in none.
    if (config.topics.partition_sample > 0) {
        condenser_.set_partition_sample(config.topics.partition_sample);
    }
    restart_grid();
    channels_.reload_stage.store(ReloadStage::kForCollector, std::memory_order_release);
}

// False while it is wanted and an output that goes is still amid a tick.
bool Core::swap_outputs() {
    if (reload_ == nullptr || !is_swept_ || is_stopping_) {
        return true;
    }
    std::vector<bool> stays(outputs_.size());
    for (const Reload::Output& output : reload_->outputs) {
        if (output.fresh == nullptr) {
            stays[output.kept] = true;
        }
    }
    bool busy = false;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        busy = busy || (!stays[i] && outputs_[i]->busy());
    }
    if (busy && clock_.monotonic_ns() - swept_ns_ < kSwapPatienceNs) {
        return false;
    }
    std::vector<std::unique_ptr<OutputPipe>> next;
    std::vector<bool> taken(kOutputsMax);
    for (Reload::Output& output : reload_->outputs) {
        if (output.fresh == nullptr) {
            next.push_back(std::move(outputs_[output.kept]));
            taken[next.back()->flags_place()] = true;
        } else {
            reload_->begun.push_back(output.fresh.get());
            next.push_back(std::move(output.fresh));
        }
    }
    for (OutputPipe* begun : reload_->begun) {
        const auto place = std::find(taken.begin(), taken.end(), false);
        *place = true;
        begun->set_flags_place(static_cast<std::size_t>(place - taken.begin()));
    }
    for (std::unique_ptr<OutputPipe>& old : outputs_) {
        if (old != nullptr) {
            retired_sinks_cpu_ns_ += old->sink_cpu_ns();
            reload_->retired.push_back(std::move(old));
        }
    }
    outputs_ = std::move(next);
    reload_ = nullptr;
    channels_.reload_stage.store(ReloadStage::kSwapped, std::memory_order_release);
    return true;
}

void Core::on_stop() {
    is_stopping_ = true;
    drain();
    if (trace_ != nullptr) {
        end_trace();
    }
    tick(clock_.monotonic_ns());
    // The sinks are draining meanwhile; what does not get through in this time is given up.
    const std::int64_t deadline_ns = clock_.monotonic_ns() + options_.stop_encode_ns;
    while ((!encode() || !waiting_outputs_.empty()) && clock_.monotonic_ns() < deadline_ns) {
        std::erase_if(waiting_outputs_, [this](std::size_t i) {
            return begin_tick(*outputs_[i], clock_.wall_ms(), no_samples_);
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    for (const std::size_t i : waiting_outputs_) {
        outputs_[i]->skip_tick();
    }
}

std::int64_t Core::interval_ns() const {
    return options_.config.sampling.base_interval_ms * stride_ * kNanosPerMilli;
}

// After another base interval or stride: ticks are counted anew.
void Core::restart_grid() {
    ticks_ =
        static_cast<std::uint64_t>((clock_.monotonic_ns() - options_.start_ns) / interval_ns());
    emitted_interval_ = ticks_ * stride_;
    counters_.set(Counter::kTickIntervalMillis,
                  static_cast<std::uint64_t>(interval_ns() / kNanosPerMilli));
}

std::int64_t Core::next_tick_ns() const {
    return options_.start_ns + static_cast<std::int64_t>(ticks_ + 1) * interval_ns();
}

// A tick waits for the reads that were planned for it, but not for ever: one may hang.
bool Core::is_tick_due(std::int64_t now_ns) {
    const std::int64_t due_ns = next_tick_ns();
    if (now_ns < due_ns) {
        return false;
    }
    if (channels_.settled_until_ns.load(std::memory_order_acquire) >= due_ns) {
        return true;
    }
    if (now_ns - due_ns < std::min(interval_ns() / 2, kUnfinishedMostNs)) {
        return false;
    }
    counters_.add(Counter::kTicksUnfinished);
    return true;
}

// Comes before the reads that it is about.
void Core::take_audits() {
    AuditSample sample;
    while (channels_.audits.try_pop(sample)) {
        if (!sampler_.has(sample.unit) || !cache_.has(sample.unit) ||
            !cache_.is_emitted(sample.unit)) {
            continue;
        }
        if (sample.is_due) {
            accuracy_.add(sampler_.class_of(sample.unit), 0);
        } else {
            is_audited_[sample.unit] = 1;
        }
    }
}

void Core::drain() {
    bool registered = false;
    std::size_t got = 0;
    do {
        got = channels_.samples.pop_some(inbox_);
        take_audits();  // what was drawn before these were read
        registered = handle_all({inbox_.data(), got}) || registered;
    } while (got == inbox_.size());
    if (registered) {
        const std::int64_t begun_cpu_ns = thread_cpu_ns();
        condense();
        excused_ns_ += thread_cpu_ns() - begun_cpu_ns;
    }
}

// Taking in new units is paid once and says nothing about the next interval: the CPU of each run of
// such messages is excused. True when there were any.
bool Core::handle_all(std::span<const Message> messages) {
    bool registered = false;
    for (auto at = messages.begin(); at != messages.end();) {
        if (at->kind != MessageKind::kControl) {
            handle(*at++);
            continue;
        }
        registered = true;
        const std::int64_t begun_cpu_ns = thread_cpu_ns();
        for (; at != messages.end() && at->kind == MessageKind::kControl; ++at) {
            handle(*at);
        }
        excused_ns_ += thread_cpu_ns() - begun_cpu_ns;
    }
    return registered;
}

void Core::handle(const Message& message) {
    switch (message.kind) {
        case MessageKind::kValue:
            if (!cache_.stage(message.unit, message.slot, message.value)) {
                counters_.add(Counter::kValuesOrphanDropped);
            } else if (trace_ != nullptr) {
                trace_->on_value(message.unit, message.slot, message.value);
            }
            return;
        case MessageKind::kUnitEnd:
            end_unit(message);
            return;
        case MessageKind::kBatch:
            batch_ns_ = std::bit_cast<std::int64_t>(message.value);
            batch_wall_ms_ =
                clock_.wall_ms() - (clock_.monotonic_ns() - batch_ns_) / kNanosPerMilli;
            if (trace_ != nullptr) {
                // A pass is read in slices just before its round ends: one frame holds it whole.
                const std::int64_t frame_ns = options_.config.trace.interval_ms * kNanosPerMilli;
                trace_->on_time((batch_ns_ - options_.start_ns) / frame_ns * frame_ns);
            }
            return;
        case MessageKind::kCost:
            if (message.unit < family_names_.size()) {
                sampler_.on_cost(message.unit, message.slot, message.value);
                window_read_ns_ += message.value;
                if (trace_ != nullptr) {
                    trace_->on_cost(message.unit, message.slot, message.value);
                }
            }
            return;
        case MessageKind::kControl:
            handle_control();
            return;
        case MessageKind::kUnregistered:
            remove_unit(message.unit);
            return;
    }
}

void Core::end_unit(const Message& message) {
    const UnitId unit = message.unit;
    if (!cache_.has(unit)) {
        return;
    }
    const auto status = static_cast<wire::ReadStatus>(message.status);
    Applied applied;
    if (status == wire::ReadStatus::kOk) {
        applied = cache_.take(unit, batch_ns_, batch_wall_ms_);
    }
    bool is_audit = false;
    if (is_audited_[unit] != 0) [[unlikely]] {
        is_audited_[unit] = 0;
        is_audit = true;
        if (status == wire::ReadStatus::kOk && !applied.first &&
            audited_.size() < audited_.capacity()) {
            audited_.push_back({unit, intervals_.get(unit), static_cast<float>(applied.deviation)});
        }
    }
    sampler_.observe(unit, static_cast<float>(applied.deviation), applied.elapsed_ns, status,
                     batch_ns_, is_audit);
    if (applied.first_changed) {
        change_hints_.on_changed(unit);
    }
    if (applied.changed && (unit == under_replicated_ || unit == under_min_isr_)) [[unlikely]] {
        look_for_partitions();
    }
    cache_.set_quarantined(unit, sampler_.health().is_quarantined(unit));
}

// A unit that would have been woken for this tick would not have been emitted wrong.
void Core::judge_audited() {
    for (const Audited& found : audited_) {
        if (sampler_.has(found.unit)) {
            const bool is_woken = sampler_.would_wake(found.unit, found.interval_ms);
            accuracy_.add(sampler_.class_of(found.unit),
                          is_woken ? 0.0 : static_cast<double>(found.deviation));
        }
    }
    audited_.clear();
}

void Core::wake_surprised() {
    judge_audited();
    const std::size_t count = sampler_.collect_wakes(woken_);
    for (std::size_t i = 0; i < count; ++i) {
        // A full channel: the unit waits for its interval, as it would have without a surprise.
        if (!channels_.wakes.try_push(woken_[i])) {
            return;
        }
    }
    counters_.add(Counter::kUnitsWoken, count);
}

// The broker's counts tell that some partition is in trouble, or no longer; its own tell which.
void Core::look_for_partitions() {
    condenser_.for_each_teller([this](UnitId unit) { read_soon_.push_back(unit); });
}

void Core::read_soon() {
    while (!read_soon_.empty() && channels_.wakes.try_push(read_soon_.back())) {
        read_soon_.pop_back();
    }
}

std::int64_t Core::agent_cpu_ns() {
    std::int64_t sinks_ns = retired_sinks_cpu_ns_;
    for (const auto& output : outputs_) {
        sinks_ns += output->sink_cpu_ns();
    }
    const std::int64_t core_ns = thread_cpu_ns();
    counters_.set(Counter::kCoreCpuNanos, static_cast<std::uint64_t>(core_ns));
    const std::int64_t supervisor_ns = supervisor_cpu_.ns();
    counters_.set(Counter::kSinkCpuNanos, static_cast<std::uint64_t>(sinks_ns));
    counters_.set(Counter::kSupervisorCpuNanos, static_cast<std::uint64_t>(supervisor_ns));
    return core_ns + sinks_ns + supervisor_ns +
           static_cast<std::int64_t>(counters_.get(Counter::kCollectorCpuNanos) +
                                     counters_.get(Counter::kHouseCpuNanos));
}

UnitAtTick Core::about(UnitId unit) const {
    // What is not read by itself is made of partitions, and as old as the oldest of them may be.
    if (!sampler_.has(unit)) {
        std::uint32_t bound_ms = sampler_.bound_ms(UnitClass::kPartition);
        condenser_.for_each_member(unit, [&](UnitId member) {
            bound_ms = std::max(bound_ms, sampler_.has(member) ? sampler_.bound_ms(member) : 0);
        });
        return {UnitClass::kPartition, bound_ms, bound_ms};
    }
    const std::uint32_t bound_ms = sampler_.bound_ms(unit);
    const std::uint32_t interval_ms = intervals_.get(unit);
    return {sampler_.class_of(unit), interval_ms == kIntervalNever ? bound_ms : interval_ms,
            bound_ms};
}

void Core::tick(std::int64_t now_ns) {
    // After a pause of the whole process several ticks may have passed: one makes up for them.
    ticks_ = std::max<std::uint64_t>(
        ticks_, static_cast<std::uint64_t>((now_ns - options_.start_ns) / interval_ns()));
    counters_.add(Counter::kTicks);
    counters_.set(Counter::kUptimeSeconds,
                  static_cast<std::uint64_t>((now_ns - options_.start_ns) / kNanosPerSecond));
    condenser_.tick(now_ns);
    condense();
    cache_.close_tick(now_ns, [this](UnitId unit) { return about(unit); });
    if (const std::uint64_t lost = counters_.get(Counter::kValuesUnaccounted); lost > 0) {
        log_.error("core.conservation", std::to_string(lost) + " values are unaccounted for");
    }
    judge_audited();
    accuracy_.tick(now_ns);
    govern(now_ns);
    if (trace_ != nullptr &&
        (trace_->is_full() ||
         now_ns - options_.start_ns >= options_.config.trace.duration_ms * kNanosPerMilli)) {
        end_trace();
    }
    begin_outputs();
    emitted_interval_ = ticks_ * stride_;
    follow_stride();
}

void Core::govern(std::int64_t now_ns) {
    const std::int64_t cpu_ns = agent_cpu_ns();
    CpuWindow window;
    window.elapsed_ns = now_ns - last_tick_ns_;
    window.cpu_ns = cpu_ns - last_tick_cpu_ns_;
    window.excused_ns =
        excused_ns_ + channels_.excused_cpu_ns.exchange(0, std::memory_order_relaxed);
    window.read_ns = static_cast<std::int64_t>(window_read_ns_);
    window.predicted_ns_per_s = predicted_ns_per_s_;
    last_tick_ns_ = now_ns;
    last_tick_cpu_ns_ = cpu_ns;
    window_read_ns_ = 0;
    excused_ns_ = 0;
    if (window.elapsed_ns <= 0) {
        return;
    }
    const double tick_s = static_cast<double>(interval_ns()) / kNanosPerSecond;
    allowance_ = ceiling_.update(window, {each_tick_ns_per_s_ * tick_s, widened_ns_per_s_},
                                 options_.config.sampling.base_interval_ms * kNanosPerMilli);
    // A trace is recorded whatever it costs.
    const bool is_bound = trace_ == nullptr;
    const SolveResult solved =
        sampler_.solve(is_bound ? allowance_.reads_ns_per_s : kNanosPerSecond, ceiling_.ns_per_s());
    predicted_ns_per_s_ = solved.predicted_ns_per_s;
    each_tick_ns_per_s_ = solved.each_tick_ns_per_s;
    widened_ns_per_s_ = solved.widened_ns_per_s;
    counters_.add(Counter::kSolves);
    counters_.set(Counter::kPriceNanos,
                  solved.lambda > 0 ? static_cast<std::uint64_t>(1 / solved.lambda) : 0);
    counters_.set(Counter::kUnitsShed, solved.units_shed);
    counters_.set(Counter::kWideningStep, solved.step);
    counters_.set(Counter::kBudgetPpm, static_cast<std::uint64_t>(ceiling_.ppm()));
    counters_.set(Counter::kCpuUsedPpm, static_cast<std::uint64_t>(ceiling_.used_ppm()));
    counters_.set(Counter::kUnitsQuarantined, sampler_.health().quarantined());
    counters_.set(Counter::kQuarantines, sampler_.health().quarantines_total());
    report_ceiling(solved);
}

// What the ceiling takes from the truth of the file is said when it begins, changes and ends.
void Core::report_ceiling(const SolveResult& solved) {
    if (solved.step != said_step_) {
        const std::string what =
            solved.step == 0 ? "every class is read within its bounds on age again"
            : solved.units_shed > 0
                ? std::to_string(solved.units_shed) + " of " + std::to_string(solved.units) +
                      " beans are not read and leave the output"
                : "bounds on age are widened, step " + std::to_string(solved.step) + " of " +
                      std::to_string(Shedding::kSteps - 1);
        log_.warn("core.widen", "sampling.cpu_budget_percent " +
                                    std::string(solved.step == 0 ? "suffices" : "is too low") +
                                    ": " + what);
        said_step_ = solved.step;
    }
    if (const std::uint64_t expired = counters_.get(Counter::kValuesExpired); expired > 0) {
        log_.warn("core.expired", std::to_string(expired) +
                                      " series were not read for five times their bound on age "
                                      "and are left out");
    }
}

// Ticks come more or less often from the next one on.
void Core::follow_stride() {
    if (allowance_.stride == stride_ || reload_ != nullptr || trace_ != nullptr) {
        return;
    }
    const bool is_longer = allowance_.stride > stride_;
    stride_ = allowance_.stride;
    channels_.stride.store(stride_, std::memory_order_relaxed);
    sampler_.configure(sampler_options(stretched(options_.config, stride_)));
    restart_grid();
    log_.warn("core.stride",
              std::string("sampling.cpu_budget_percent ") +
                  (is_longer ? "does not carry a tick every base interval" : "allows for more") +
                  ": a tick comes every " + std::to_string(interval_ns() / kNanosPerSecond) + " s");
}

void Core::begin_outputs() {
    list_quarantined();
    const std::vector<SelfSample>* samples = &no_samples_;
    if (options_.config.self_metrics) {
        family_costs_.clear();
        const FamilyCosts& costs = sampler_.costs();
        for (FamilyId family = 0; family < family_names_.size(); ++family) {
            if (family < costs.families() && costs.reads(family) > 0) {
                family_costs_.push_back({family_names_[family], costs.typical_ns(family),
                                         costs.tail_ns(family), costs.reads(family),
                                         costs.total_ns(family), cache_.use(family)});
            }
        }
        collect_left_out();
        samples = &self_.collect({clock_.wall_ms(), cache_.ages(), accuracy_}, family_costs_,
                                 refusals_, hidden_, quarantined_);
    }
    const std::int64_t wall_ms = clock_.wall_ms();
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        // What was read last goes to all of them, whatever their interval.
        if ((is_stopping_ || outputs_[i]->is_due(emitted_interval_, ticks_ * stride_)) &&
            !begin_tick(*outputs_[i], wall_ms, *samples)) {
            is_stopping_ ? waiting_outputs_.push_back(i) : outputs_[i]->skip_tick();
        }
    }
}

bool Core::begin_tick(OutputPipe& output, std::int64_t wall_ms,
                      const std::vector<SelfSample>& samples) {
    if (!output.can_begin_tick()) {
        return false;
    }
    cache_.settle_flags(output.flags_place());
    output.begin_tick(wall_ms, samples);
    return true;
}

void Core::collect_left_out() {
    const auto collect = [this](const std::vector<std::uint64_t>& series,
                                std::vector<FamilySeries>& out) {
        out.clear();
        for (FamilyId family = 0; family < series.size(); ++family) {
            if (series[family] > 0) {
                out.push_back({family_names_[family], series[family]});
            }
        }
    };
    collect(series_refused_, refusals_);
    collect(condenser_.hidden_series(), hidden_);
}

void Core::list_quarantined() {
    Quarantined found[kQuarantinedShownMax];
    const std::size_t count = sampler_.health().list(found);
    quarantined_.clear();
    quarantined_names_.clear();
    quarantined_names_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& name = quarantined_names_.emplace_back(name_of(found[i].unit));
        const char* reason = reason_text(found[i].reason);
        quarantined_.push_back({name, reason});
        if (!std::binary_search(quarantine_said_.begin(), quarantine_said_.end(), found[i].unit)) {
            log_.warn("quarantine." + name,
                      "quarantined " + name + ": " + reason + "; tried again later");
        }
    }
    quarantine_said_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        quarantine_said_.push_back(found[i].unit);
    }
    for (const Undescribed& bean : undescribed_) {
        quarantined_.push_back({bean.name, reason_text(bean.status)});
    }
}

void Core::on_undescribed(const ControlItem& item) {
    const auto found =
        std::find_if(undescribed_.begin(), undescribed_.end(),
                     [&item](const Undescribed& bean) { return bean.name == item.text; });
    if (item.status == wire::ReadStatus::kOk) {
        if (found != undescribed_.end()) {
            undescribed_.erase(found);
        }
        return;
    }
    if (found != undescribed_.end()) {
        found->status = item.status;
        return;
    }
    undescribed_.push_back({item.text, item.status});
    log_.warn("quarantine." + item.text, "quarantined " + item.text + ": " +
                                             reason_text(item.status) +
                                             " when looked at; tried again later");
}

bool Core::encode() {
    bool is_done = true;
    for (const std::unique_ptr<OutputPipe>& output : outputs_) {
        if (output->busy() && !output->go_on(cache_.view(output->flags_place()))) {
            is_done = false;
        }
    }
    return is_done;
}

}  // namespace remora
