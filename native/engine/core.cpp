#include "engine/core.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "config/keys.h"

namespace remora {
namespace {

constexpr std::size_t kInboxMessages = 4096;
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
      visibility_(cache_, counters),
      self_(counters, options.version, kFamiliesShownMax),
      inbox_(kInboxMessages),
      woken_(kWokenMax),
      governor_(sampler, ceiling,
                [this](std::uint32_t stride) {
                    return sampler_options(stretched(options_.config, stride));
                }),
      last_tick_ns_(options.start_ns) {
    audited_.reserve(kAuditedMax);
    drawn_.reserve(kAuditedMax);
    last_drawn_.reserve(kAuditedMax);
    visibility_.set_partition_sample(options_.config.topics.partition_sample);
    counters_.set(Counter::kTickIntervalMillis,
                  static_cast<std::uint64_t>(interval_ns() / kNanosPerMilli));
    configure_governor();
    begin_trace();
}

void Core::configure_governor() {
    const SamplingConfig& sampling = options_.config.sampling;
    governor_.configure(sampling.cpu_budget_percent, sampling.base_interval_ms * kNanosPerMilli);
    channels_.stride.store(governor_.stride(), std::memory_order_relaxed);
    bounds_since_ns_ = clock_.monotonic_ns();
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
    REMORA_ASSERT(reload_ != nullptr);
    is_swept_ = false;
    const Config& config = reload_->config;
    options_.config = config;
    const std::uint32_t stride_before = governor_.stride();
    configure_governor();
    if (governor_.stride() != stride_before) {
        report_stride(false);
    }
    // Without a sample nothing of one is shown: it ends when every unit knows that it is in none.
    if (config.topics.partition_sample > 0) {
        visibility_.set_partition_sample(config.topics.partition_sample);
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
        REMORA_ASSERT(place != taken.end());
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
    return options_.config.sampling.base_interval_ms * governor_.stride() * kNanosPerMilli;
}

// After another base interval or stride: ticks are counted anew.
void Core::restart_grid() {
    const std::int64_t since_start_ns = clock_.monotonic_ns() - options_.start_ns;
    ticks_ = static_cast<std::uint64_t>(since_start_ns / interval_ns());
    // What was emitted up to now is not emitted again.
    emitted_interval_ = static_cast<std::uint64_t>(
        since_start_ns / (options_.config.sampling.base_interval_ms * kNanosPerMilli));
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
    // From when this thread noticed: it may have slept as long as its reads did.
    if (noticed_tick_ != ticks_) {
        noticed_tick_ = ticks_;
        noticed_ns_ = now_ns;
    }
    is_unfinished_ = channels_.settled_until_ns.load(std::memory_order_acquire) < due_ns;
    if (!is_unfinished_) {
        return true;
    }
    if (now_ns - noticed_ns_ < std::min(interval_ns() / 2, kUnfinishedMostNs)) {
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
        if (drawn_.size() < drawn_.capacity() && drawn_state_[sample.unit] == Drawn::kNo) {
            drawn_state_[sample.unit] = sample.is_due ? Drawn::kDue : Drawn::kResting;
            drawn_.push_back(sample.unit);
        }
    }
}

// The tick goes out: what was drawn for it and has not been read by now.
void Core::end_draw() {
    for (const UnitId unit : drawn_) {
        if (drawn_state_[unit] == Drawn::kDue) {
            drawn_state_[unit] = Drawn::kMissed;
        } else if (drawn_state_[unit] == Drawn::kResting) {
            drawn_state_[unit] = Drawn::kNo;
        }
    }
    // Nothing was drawn because nothing is planned, a read hangs: what is read for every tick was
    // missed too, and those of the last draw stand for it.
    if (is_unfinished_ && drawn_.empty()) {
        for (const UnitId unit : last_drawn_) {
            if (sampler_.has(unit) && sampler_.class_of(unit) <= UnitClass::kBroker) {
                drawn_state_[unit] = Drawn::kMissed;
            }
        }
        return;
    }
    last_drawn_.swap(drawn_);
    drawn_.clear();
}

// A unit that was drawn has been read. True when it was read for the audit alone.
bool Core::end_audit(UnitId unit, wire::ReadStatus status, const Applied& applied) {
    const Drawn drawn = drawn_state_[unit];
    const bool is_resting = drawn == Drawn::kResting;
    // A read that failed brought nothing: the old value goes out, and the next read judges it.
    if (status != wire::ReadStatus::kOk && !is_resting) {
        return false;
    }
    drawn_state_[unit] = Drawn::kNo;
    if (status != wire::ReadStatus::kOk || applied.first) {
        return is_resting;
    }
    if (is_resting && audited_.size() < audited_.capacity()) {
        audited_.push_back({unit, intervals_.get(unit), static_cast<float>(applied.deviation)});
    } else if (!is_resting && sampler_.has(unit)) {
        accuracy_.add(sampler_.class_of(unit), drawn == Drawn::kDue ? 0 : applied.deviation);
    }
    return is_resting;
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
        apply_visibility();
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
    if (drawn_state_[unit] != Drawn::kNo) [[unlikely]] {
        is_audit = end_audit(unit, status, applied);
    }
    sampler_.observe(unit, static_cast<float>(applied.deviation), applied.elapsed_ns, status,
                     batch_ns_, is_audit);
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
    visibility_.for_each_teller([this](UnitId unit) { read_soon_.push_back(unit); });
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

}  // namespace remora
