// The fidelity replay: what a policy's saving costs in accuracy, simulated on the units of class
// partition of a trace: the others are read for every tick, or nearly. Definitions:
// docs/research/fidelity.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sample/sampler.h"
#include "trace/trace.h"

namespace remora {

struct FidelityOptions {
    std::uint32_t base_interval_ms = static_cast<std::uint32_t>(SamplingConfig{}.base_interval_ms);
    std::int64_t max_interval_ms = SamplingConfig{}.partition_max_interval_ms;
    double volatility_decay = SamplingConfig{}.decay;
    bool wakes = true;                      // Sampler::collect_wakes before each tick
    std::uint32_t warmup_ticks = 6;         // simulated, not measured
    bool equal_costs = false;               // every family costs the same
    bool without_costliest_family = false;  // leaves out the family that costs most
};

// A trace as base ticks see it: what a policy that reads every unit every base interval emits.
struct Reference {
    std::uint32_t ticks = 0;
    std::uint32_t slots = 0;
    std::vector<double> values;            // [tick * slots + slot]
    std::vector<double> scale;             // by slot: standard deviation over the ticks of its life
    std::vector<std::uint32_t> announced;  // by unit: first tick after its registration
    std::vector<std::uint32_t> born;       // by unit: first tick with it
    std::vector<std::uint32_t> gone;       // by unit: first tick without it
    std::vector<std::uint8_t> left_out;    // by unit: of another class, or without a value
    std::vector<double> cost_ns;           // by family, one unit
    double full_ns_per_s = 0;              // mean over the measured ticks

    bool lives(UnitId unit, std::uint32_t tick) const {
        return left_out[unit] == 0 && tick >= born[unit] && tick < gone[unit];
    }
    const double* at(std::uint32_t tick) const { return &values[std::size_t{tick} * slots]; }
    // Of the unit at the tick, whose values as emitted begin at `emitted`: 0 to 10 scales.
    double error(const TraceUnit& unit, const double* emitted, std::uint32_t tick) const;
    // Whether the unit's values at both ticks differ in any bit.
    bool differs(const TraceUnit& unit, std::uint32_t tick, std::uint32_t other) const;
};

Reference make_reference(const Trace& trace, const FidelityOptions& options);

struct FidelityPolicy {
    std::string name;
    SamplingPolicy policy = SamplingPolicy::kAdaptive;
    bool ignore_cost = false;
    double budget = 1.0;  // share of the full read cost: a ceiling
};

struct Accuracy {
    double error_mean = 0;  // of scale, 0..10
    double delay_s_mean = 0;
    double delay_s_p95 = 0;
    double delay_s_max = 0;
    std::uint64_t changes = 0;
};

// What is known of a policy that was not replayed itself.
struct AccuracyMeans {
    double error_mean = 0;
    double delay_s_mean = 0;
};

// Of all there is of it.
struct FamilyShare {
    std::string name;
    double error = 0;
    double delay = 0;
    double cost = 0;
    double reads = 0;
};

struct FidelityResult {
    double cost = 0;         // read cost over the full read cost
    double reads_saved = 0;  // share
    double hit_rate = 0;     // of series emissions
    Accuracy all;
    // The families that lose most accuracy.
    std::vector<FamilyShare> worst;
};

// Deterministic: same arguments, same result. Uses the real planner, sampler and deviation.
FidelityResult replay(const Trace& trace, const Reference& reference,
                      const FidelityOptions& options, const FidelityPolicy& policy);

}  // namespace remora
