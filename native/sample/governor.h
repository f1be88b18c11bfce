// Holds the agent under its ceiling, tick by tick: how often a tick comes and what is read for it.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sample/ceiling.h"
#include "sample/sampler.h"

namespace remora {

// Ceiling and Sampler together. The order matters: the pace of the ticks is chosen first and handed
// to the sampler, which then divides what may be read at that pace.
//
// Thread safety: core thread only.
class Governor {
 public:
    struct Tick {
        SolveResult solved;
        bool is_stride_new = false;  // from now on a tick comes every stride() base intervals
    };
    // Options of the sampler when a tick comes every `stride` base intervals.
    using OptionsAt = std::function<SamplerOptions(std::uint32_t stride)>;

    // Both outlive the governor.
    Governor(Sampler& sampler, Ceiling& ceiling, OptionsAt options_at)
        : sampler_(sampler), ceiling_(ceiling), options_at_(std::move(options_at)) {}

    // Another configuration: `options_at` answers differently from now on. Intervals follow at
    // once. `base_ns`: the base interval as configured. Also to be called before the first tick.
    void configure(double cpu_budget_percent, std::int64_t base_ns);

    // Call once what was read for the tick has been observed. `window`: what the agent used since
    // the last call; `predicted_ns_per_s` is filled in here. `is_unlimited`: a trace is recorded,
    // whatever that costs. `may_stretch`: whether ticks may come at another pace from now on.
    Tick tick(CpuWindow window, bool is_unlimited, bool may_stretch);

    std::uint32_t stride() const { return stride_; }

 private:
    Sampler& sampler_;
    Ceiling& ceiling_;
    OptionsAt options_at_;
    std::uint32_t stride_ = 1;
    // Of the last solve; 0 when it says nothing about the window under way.
    double predicted_ns_per_s_ = 0;
    double reads_ns_per_s_ = Ceiling::kNoLimit;
    ReadNeed need_;
};

}  // namespace remora
