#include "engine/core.h"

#include <algorithm>
#include <memory>

#include "base/assert.h"

namespace remora {
namespace {

constexpr std::size_t kInboxMessages = 4096;
constexpr std::int64_t kIdleMaxNs = 10 * kNanosPerSecond;
constexpr std::int64_t kSwapRetryNs = 5 * kNanosPerMilli;
constexpr std::int64_t kUnfinishedRetryNs = 20 * kNanosPerMilli;

}  // namespace

// The order of the parts: a unit's reading begins before anything asks for it, and the outputs see
// what the others have made of it.
Core::Core(const Options& options, Channels& channels, IntervalTable& intervals, Sampler& sampler,
           Ceiling& ceiling, OutputSet& outputs, const Clock& clock, CounterTable& counters,
           Log& log)
    : options_(options),
      channels_(channels),
      sampler_(sampler),
      outputs_(outputs),
      clock_(clock),
      counters_(counters),
      cache_(counters),
      wakes_(channels.wakes, counters),
      shown_(cache_, sampler, intervals, wakes_, counters, log),
      watch_(shown_.visibility(), wakes_),
      audit_(channels.audits, cache_, sampler, intervals),
      recording_(options_.config.trace, options.start_ns, sampler, counters, log),
      for_people_{Profiler({cache_, sampler, audit_.accuracy(), counters}, options_.config,
                           options.start_ns, channels.profile),
                  ValueWatch({cache_, audit_.accuracy(), counters}, options.values_interval_ms,
                             channels.values, options.on_values)},
      units_(cache_, channels.freed,
             {&wakes_, &audit_, &shown_, &watch_, &recording_, &for_people_.profiler,
              &for_people_.values, &outputs},
             log),
      report_({cache_, sampler, shown_.visibility(), audit_.accuracy(), units_}, options.version,
              counters, log),
      grid_(options.start_ns, counters),
      cpu_(options.start_ns, channels.excused_cpu_ns, counters),
      ceiling_(options_.config, sampler, ceiling, channels.stride, counters),
      inbox_(kInboxMessages) {
    shown_.set_partition_sample(options_.config.topics.partition_sample);
    ceiling_.configure(clock_.monotonic_ns());
    grid_.set_interval(options_.config.sampling.base_interval_ms, ceiling_.stride(),
                       options.start_ns);
}

std::int64_t Core::do_work() {
    const std::int64_t begun_ns = clock_.monotonic_ns();
    if (channels_.reload.at(ReloadStage::kForCore) != nullptr) {
        begin_reload();
    }
    const std::int64_t read_until_ns = channels_.read_until_ns.load(std::memory_order_acquire);
    drain();
    const bool swapped = outputs_.try_swap();
    answer_reads(read_until_ns);
    if (grid_.is_due(begun_ns, channels_.complete_until_ns.load(std::memory_order_acquire))) {
        tick(begun_ns, false);
    }
    // What does not fit into a full ring goes on when its sink wakes this thread.
    outputs_.encode(cache_);
    units_.give_back_ids();
    wakes_.hand_out();
    const std::int64_t now_ns = clock_.monotonic_ns();
    counters_.set_max(Counter::kCoreCycleNanosMax, static_cast<std::uint64_t>(now_ns - begun_ns));
    const std::int64_t until_ns = grid_.next_ns() - now_ns;
    // A tick that is due waits for its reads: their submit wakes this thread.
    const std::int64_t idle_ns = until_ns > 0 ? std::min(until_ns, kIdleMaxNs) : kUnfinishedRetryNs;
    return swapped ? idle_ns : std::min(kSwapRetryNs, idle_ns);
}

void Core::on_stop() {
    drain();
    recording_.end();
    tick(clock_.monotonic_ns(), true);
    outputs_.finish(cache_, clock_.monotonic_ns() + options_.stop_encode_ns);
}

// Wakes what the reads for the next tick suggest, once all of them were made and before the tick.
void Core::answer_reads(std::int64_t read_until_ns) {
    const std::int64_t answered_ns = channels_.answered_until_ns.load(std::memory_order_relaxed);
    if (read_until_ns >= grid_.next_ns() && answered_ns < grid_.next_ns()) {
        audit_.judge();
        wakes_.wake_surprised(sampler_);
    }
    channels_.answered_until_ns.store(read_until_ns, std::memory_order_release);
}

// --- ring 1

void Core::drain() {
    bool registered = false;
    std::size_t got = 0;
    do {
        got = channels_.samples.pop_some(inbox_);
        audit_.take();  // what was drawn before these were read
        registered = handle_all({inbox_.data(), got}) || registered;
    } while (got == inbox_.size());
    if (registered) {
        const std::int64_t begun_cpu_ns = thread_cpu_ns();
        shown_.decide(units_);
        cpu_.excuse_since(begun_cpu_ns);
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
        cpu_.excuse_since(begun_cpu_ns);
    }
    return registered;
}

void Core::handle(const Message& message) {
    switch (message.kind) {
        case MessageKind::kValue:
            if (cache_.stage(message.unit, message.slot, message.value)) {
                recording_.add_value(message.unit, message.slot, message.value);
            } else {
                counters_.add(Counter::kValuesOrphanDropped);
            }
            return;
        case MessageKind::kUnitEnd:
            end_unit(message);
            return;
        case MessageKind::kBatch:
            begin_batch(message);
            return;
        case MessageKind::kCost:
            if (units_.has_family(message.family())) {
                sampler_.on_cost(message.family(), message.group_units(), message.cpu_ns());
                cpu_.add_reads(message.cpu_ns());
                recording_.add_cost(message.family(), message.group_units(), message.cpu_ns());
            }
            return;
        case MessageKind::kControl:
            handle_control();
            return;
        case MessageKind::kUnregistered:
            units_.remove(message.unit);
            return;
    }
}

void Core::begin_batch(const Message& message) {
    batch_.read_ns = message.read_ns();
    batch_.wall_ms = clock_.wall_ms() - (clock_.monotonic_ns() - batch_.read_ns) / kNanosPerMilli;
    recording_.begin_batch(batch_.read_ns);
}

void Core::end_unit(const Message& message) {
    const UnitId unit = message.unit;
    if (!cache_.has(unit)) {
        return;
    }
    const auto status = static_cast<wire::ReadStatus>(message.status);
    Applied applied;
    if (status == wire::ReadStatus::kOk) {
        applied = cache_.take(unit, batch_.read_ns, batch_.wall_ms);
    }
    bool is_audit = false;
    if (audit_.is_drawn(unit)) [[unlikely]] {
        is_audit = audit_.end_read(unit, status, applied);
    }
    sampler_.observe(unit, static_cast<float>(applied.deviation), applied.elapsed_ns, status,
                     batch_.read_ns, is_audit);
    if (applied.changed && watch_.is_count(unit)) [[unlikely]] {
        watch_.count_changed();
    }
    cache_.set_quarantined(unit, sampler_.health().is_quarantined(unit));
}

void Core::handle_control() {
    ControlItem* raw = nullptr;
    // The item was pushed before the message that announces it.
    const bool is_there = channels_.control.try_pop(raw);
    REMORA_ASSERT(is_there);
    const std::unique_ptr<ControlItem> item(raw);
    switch (item->kind) {
        case ControlItem::Kind::kUnit:
            item->registration.is_kept ? units_.keep(item->registration)
                                       : units_.add(item->registration);
            return;
        case ControlItem::Kind::kText:
            cache_.set_text(item->text_id, item->text);
            return;
        case ControlItem::Kind::kUndescribed:
            report_.set_undescribed(item->text, item->status);
            return;
        case ControlItem::Kind::kRefused:
            units_.name_family(item->registration.family, item->registration.family_name);
            report_.set_refused(item->registration.family, item->series_refused);
            return;
        case ControlItem::Kind::kSwept:
            end_sweep(*item);
            return;
    }
}

// --- a reload

void Core::begin_reload() {
    Reload& reload = *channels_.reload.at(ReloadStage::kForCore);
    options_.config = reload.config;
    ceiling_.configure(clock_.monotonic_ns());
    for_people_.profiler.restart(clock_.monotonic_ns(), reload.generation);
    restart_grid();
    // Without a sample nothing of one is shown: it ends when every unit knows that it is in none.
    if (reload.config.topics.partition_sample > 0) {
        shown_.set_partition_sample(reload.config.topics.partition_sample);
    }
    outputs_.begin_filling(reload);
    channels_.reload.advance(ReloadStage::kForCore);
}

void Core::end_sweep(const ControlItem& item) {
    for (const UnitId unit : item.whole) {
        shown_.set_whole(unit);
    }
    if (outputs_.note_swept(item.generation)) {
        shown_.set_partition_sample(options_.config.topics.partition_sample);
    }
}

// After another base interval or stride.
void Core::restart_grid() {
    grid_.set_interval(options_.config.sampling.base_interval_ms, ceiling_.stride(),
                       clock_.monotonic_ns());
}

// --- a tick

// Values are complete before their ages are measured; the ages are known before intervals are
// chosen anew; the agent's own metrics are about the tick that they go out with.
void Core::tick(std::int64_t now_ns, bool is_last) {
    grid_.advance(now_ns);
    counters_.add(Counter::kTicks);
    counters_.set(Counter::kUptimeSeconds,
                  static_cast<std::uint64_t>((now_ns - options_.start_ns) / kNanosPerSecond));
    shown_.tick(now_ns, units_);
    cache_.close_tick(
        now_ns, [this](UnitId unit) { return shown_.at_tick(unit); }, ceiling_.bounds_since_ns());
    report_.report_conservation();
    audit_.end_tick(now_ns, grid_.is_unfinished());
    const std::uint32_t stride_before = ceiling_.stride();
    const std::uint64_t interval = grid_.base_interval();
    const CpuWindow window = cpu_.close_window(now_ns, outputs_.sinks_cpu_ns());
    SolveResult solved;
    if (window.elapsed_ns > 0) {
        solved = ceiling_.tick(window, recording_.is_on(), outputs_.is_filling());
    }
    recording_.tick(now_ns);
    for_people_.profiler.count(window);
    for_people_.profiler.tick(now_ns, clock_.wall_ms(), units_, outputs_.outputs());
    report_.begin_tick();
    outputs_.begin_tick({grid_.emitted_interval(), interval, is_last}, cache_, report_);
    grid_.set_emitted(interval);
    if (stride_before != ceiling_.stride()) {
        restart_grid();
    }
    if (window.elapsed_ns > 0) {
        report_.report_ceiling(solved, ceiling_.lacking_percent(solved), ceiling_.stride(),
                               grid_.interval_ns(), now_ns);
    }
    report_.end_tick();
    for_people_.values.tick(now_ns, clock_.wall_ms(), outputs_.outputs());
}

}  // namespace remora
