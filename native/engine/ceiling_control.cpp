#include "engine/ceiling_control.h"

#include "engine/room_options.h"

namespace remora {

CeilingControl::CeilingControl(const Config& config, Sampler& sampler, Ceiling& ceiling,
                               std::atomic<std::uint32_t>& stride, CounterTable& counters)
    : config_(config),
      sampler_(sampler),
      ceiling_(ceiling),
      stride_(stride),
      counters_(counters),
      governor_(sampler, ceiling, [this](std::uint32_t ticks) {
          return sampler_options(stretched(config_, ticks));
      }) {}

void CeilingControl::configure(std::int64_t now_ns) {
    const SamplingConfig& sampling = config_.sampling;
    governor_.configure(sampling.cpu_budget_percent, sampling.base_interval_ms * kNanosPerMilli);
    stride_.store(governor_.stride(), std::memory_order_relaxed);
    SamplingConfig bounds = sampling;
    bounds.cpu_budget_percent = 0;  // not one of them
    if (bounds != bounds_of_ || config_.rules != rules_of_) {
        bounds_of_ = bounds;
        rules_of_ = config_.rules;
        bounds_since_ns_ = now_ns;
    }
}

SolveResult CeilingControl::tick(const CpuWindow& window, bool is_recording, bool is_reloading) {
    const Governor::Tick governed =
        governor_.tick(window, is_recording, !is_recording && !is_reloading);
    const SolveResult& solved = governed.solved;
    if (governed.is_stride_new) {
        stride_.store(governor_.stride(), std::memory_order_relaxed);
    }
    counters_.add(Counter::kSolves);
    counters_.set(Counter::kPriceNanos,
                  solved.lambda > 0 ? static_cast<std::uint64_t>(1 / solved.lambda) : 0);
    counters_.set(Counter::kUnitsShed, solved.units_shed);
    counters_.set(Counter::kWideningStep, solved.step);
    counters_.set(Counter::kBudgetPpm, static_cast<std::uint64_t>(ceiling_.ppm()));
    counters_.set(Counter::kCpuUsedPpm, static_cast<std::uint64_t>(ceiling_.used_ppm()));
    counters_.set(Counter::kTickOverheadMicros,
                  static_cast<std::uint64_t>(ceiling_.overhead_ns_per_tick() * 1e-3));
    counters_.set(Counter::kUnitsQuarantined, sampler_.health().quarantined());
    counters_.set(Counter::kQuarantines, sampler_.health().quarantines_total());
    return solved;
}

double CeilingControl::lacking_percent(const SolveResult& solved) const {
    const double needed = ceiling_.needed_percent({solved.each_tick_ns, solved.bound_ns_per_s});
    return needed > ceiling_.percent() ? needed : 0;
}

}  // namespace remora
