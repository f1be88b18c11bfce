#include "sample/governor.h"

namespace remora {

void Governor::configure(double cpu_budget_percent, std::int64_t base_ns) {
    if (ceiling_.configure(cpu_budget_percent, base_ns)) {
        reads_ns_per_s_ = Ceiling::kNoLimit;
        need_ = {};
    }
    stride_ = ceiling_.stride();
    sampler_.configure(options_at_(stride_));
    // Values must not get older than the new bounds until the next tick is over.
    sampler_.solve(reads_ns_per_s_, ceiling_.ns_per_s() / ceiling_.bias());
    predicted_ns_per_s_ = 0;
}

Governor::Tick Governor::tick(CpuWindow window, bool is_unlimited, bool may_stretch) {
    Tick tick;
    window.predicted_ns_per_s = predicted_ns_per_s_;
    const Allowance allowance = ceiling_.update(window, need_, may_stretch);
    if (allowance.stride != stride_) {
        stride_ = allowance.stride;
        sampler_.configure(options_at_(stride_));
        tick.is_stride_new = true;
    }
    reads_ns_per_s_ = is_unlimited ? Ceiling::kNoLimit : allowance.reads_ns_per_s;
    tick.solved = sampler_.solve(reads_ns_per_s_, ceiling_.ns_per_s() / ceiling_.bias());
    predicted_ns_per_s_ = tick.solved.predicted_ns_per_s;
    need_ =
        is_unlimited ? ReadNeed{} : ReadNeed{tick.solved.each_tick_ns, tick.solved.least_ns_per_s};
    return tick;
}

}  // namespace remora
