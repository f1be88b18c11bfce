#include "engine/collector_side.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/room_options.h"

namespace remora {
namespace {

constexpr std::int32_t kInvalid = negative(Code::kInvalidArgument);

}  // namespace

CollectorSide::CollectorSide(const Config& config, std::int64_t start_ns,
                             const remora_buffers& buffers, Channels& channels,
                             IntervalTable& intervals, const Clock& clock, CounterTable& counters,
                             Log& log, std::function<void()> wake_core)
    : buffers_(buffers),
      channels_(channels),
      clock_(clock),
      counters_(counters),
      wake_core_(std::move(wake_core)),
      start_ns_(start_ns),
      planner_(plan_options(config, start_ns), intervals),
      registrar_(registrar_settings(config, std::make_shared<const Selector>(config)), channels,
                 planner_, intervals, counters, log),
      decoder_(channels, planner_, counters),
      grid_config_(config) {}

std::int32_t CollectorSide::control(std::int32_t bytes) {
    if (bytes < 0 || static_cast<std::uint32_t>(bytes) > buffers_.control_bytes) {
        return kInvalid;
    }
    const std::int32_t answered =
        registrar_.handle({buffers_.control, static_cast<std::size_t>(bytes)},
                          {buffers_.answer, buffers_.answer_bytes});
    // What the collector did since its last call was describing these beans.
    channels_.excused_cpu_ns.fetch_add(account_cpu(), std::memory_order_relaxed);
    wake_core_();
    return answered;
}

std::int32_t CollectorSide::plan(std::int64_t now_ns) {
    cycle_begun_ns_ = now_ns;
    counters_.add(Counter::kJniCalls);
    take_wakes();
    if (channels_.off.load(std::memory_order_acquire)) {
        return stop_shim();
    }
    begin_sweep_if_due(now_ns);
    registrar_.pass(now_ns);
    follow_stride();
    const PlanResult planned =
        planner_.plan(now_ns, {reinterpret_cast<std::byte*>(buffers_.plan), buffers_.plan_bytes});
    if (!planner_.audits().empty()) {
        // What does not fit is not audited.
        channels_.audits.try_push_all(planner_.audits());
        planner_.forget_audits();
    }
    publish_progress();
    if (rediscover_) {
        rediscover_ = false;
        ask_for_beans();
    }
    counters_.add(Counter::kCycles);
    counters_.add(Counter::kUnitsPlanned, planned.units);
    account_cpu();
    return static_cast<std::int32_t>(planned.units);
}

std::int32_t CollectorSide::stop_shim() {
    wire::PlanHeader header{};
    header.bytes = sizeof(header);
    header.flags = wire::kPlanStop;
    std::memcpy(buffers_.plan, &header, sizeof(header));
    return 0;
}

void CollectorSide::ask_for_beans() {
    wire::PlanHeader header{};
    std::memcpy(&header, buffers_.plan, sizeof(header));
    header.flags |= wire::kPlanRediscover;
    std::memcpy(buffers_.plan, &header, sizeof(header));
}

// The answer is looked at first: what the core woke before it is in the channel by then.
void CollectorSide::take_wakes() {
    planner_.note_answered(channels_.answered_until_ns.load(std::memory_order_acquire));
    UnitId woken = kNoUnit;
    while (channels_.wakes.try_pop(woken)) {
        planner_.wake(woken, true);
    }
}

void CollectorSide::begin_sweep_if_due(std::int64_t now_ns) {
    if (channels_.reload.at(ReloadStage::kForCollector) != nullptr &&
        registrar_.has_room_to_report()) {
        take_reload();
    } else if (registrar_.wants_refill(now_ns)) {
        registrar_.begin_refill();
        rediscover_ = true;
    } else if (channels_.list_beans.load(std::memory_order_relaxed) && registrar_.begin_listing()) {
        channels_.list_beans.store(false, std::memory_order_relaxed);
        rediscover_ = true;
    }
}

// The new selection decides from here on. The turn is over before the core can hear of the end of a
// sweep, which is when it hands the reload on.
void CollectorSide::take_reload() {
    const Reload& reload = *channels_.reload.at(ReloadStage::kForCollector);
    grid_config_ = reload.config;
    stride_ = channels_.stride.load(std::memory_order_relaxed);
    set_grid();
    const std::uint64_t generation = reload.generation;
    const bool offers_beans = reload.offers_beans;
    Registrar::Settings settings;
    if (offers_beans) {
        settings = registrar_settings(reload.config, reload.selector);
        settings.generation = generation;
        settings.needs_series = reload.needs_series;
    }
    channels_.reload.advance(ReloadStage::kForCollector);
    if (offers_beans) {
        registrar_.begin_sweep(std::move(settings));
        rediscover_ = true;
    } else {
        registrar_.skip_sweep(generation);
    }
    wake_core_();
}

void CollectorSide::follow_stride() {
    const std::uint32_t stride = channels_.stride.load(std::memory_order_relaxed);
    if (stride != stride_) {
        stride_ = stride;
        set_grid();
    }
}

void CollectorSide::set_grid() {
    planner_.set_grid(plan_options(stretched(grid_config_, stride_), start_ns_));
}

// Wakes the core when it waits for these reads.
void CollectorSide::publish_progress() {
    const std::int64_t read_until_ns = planner_.read_until_ns();
    const std::int64_t complete_until_ns = planner_.complete_until_ns();
    const bool read_on =
        channels_.read_until_ns.exchange(read_until_ns, std::memory_order_release) != read_until_ns;
    const bool complete_on = channels_.complete_until_ns.exchange(
                                 complete_until_ns, std::memory_order_release) != complete_until_ns;
    if (read_on || complete_on) {
        wake_core_();
    }
}

std::int32_t CollectorSide::submit(std::int32_t bytes, std::int64_t since_ns) {
    counters_.add(Counter::kJniCalls);
    if (bytes < 0 || static_cast<std::uint32_t>(bytes) > buffers_.sample_bytes) {
        return kInvalid;
    }
    const std::int64_t reads_cpu_ns = account_cpu();
    const std::int32_t taken =
        decoder_.submit({buffers_.sample, static_cast<std::size_t>(bytes)}, since_ns, reads_cpu_ns);
    account_cpu();
    counters_.set_max(Counter::kCollectorCycleNanosMax,
                      static_cast<std::uint64_t>(
                          std::max<std::int64_t>(0, clock_.monotonic_ns() - cycle_begun_ns_)));
    wake_core_();
    return taken;
}

std::int64_t CollectorSide::account_cpu() {
    const std::int64_t since_ns = cpu_.take_ns();
    // Nothing that is read less often makes a thread stop that spins in a bean.
    channels_.excused_cpu_ns.fetch_add(cpu_.take_abandoned_ns(), std::memory_order_relaxed);
    counters_.set(Counter::kCollectorCpuNanos, static_cast<std::uint64_t>(cpu_.total_ns()));
    return since_ns;
}

}  // namespace remora
