// Holds the agent under its CPU ceiling, tick by tick, and passes the consequences on.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "config/config.h"
#include "engine/cpu_account.h"
#include "sample/ceiling.h"
#include "sample/governor.h"
#include "sample/sampler.h"

namespace remora {

// The governor with the configuration and the account that it goes by.
//
// Thread safety: core thread only, but for the constructor.
class CeilingControl {
 public:
    // `config`: in force, also after it changed; configure() is told of that. `stride`: where the
    // collector reads how often ticks come. All outlive this.
    CeilingControl(const Config& config, Sampler& sampler, Ceiling& ceiling,
                   std::atomic<std::uint32_t>& stride, CounterTable& counters);

    // The configuration changed, or is there for the first time. `now_ns`: monotonic; bounds on age
    // hold since then.
    void configure(std::int64_t now_ns);

    // Closes the tick's window and decides how often units are read and ticks come from now on.
    // `is_recording`: a trace is recorded whatever it costs. `is_reloading`: the pace of the ticks
    // stays. Returns what was solved.
    // REQUIRES: window.elapsed_ns > 0.
    SolveResult tick(const CpuWindow& window, bool is_recording, bool is_reloading);

    // The ceiling that what was solved at this tick needs, in percent of one core; 0: no more than
    // there is.
    double lacking_percent(const SolveResult& solved) const;

    // A tick comes every so many base intervals.
    std::uint32_t stride() const { return governor_.stride(); }
    // Since when the bounds on age are these, monotonic.
    std::int64_t bounds_since_ns() const { return bounds_since_ns_; }

 private:
    const Config& config_;
    const Sampler& sampler_;
    const Ceiling& ceiling_;
    std::atomic<std::uint32_t>& stride_;
    CounterTable& counters_;
    Governor governor_;
    // What the bounds on age come from, and since when they are these.
    SamplingConfig bounds_of_;
    std::vector<RuleConfig> rules_of_;
    std::int64_t bounds_since_ns_ = 0;
};

}  // namespace remora
