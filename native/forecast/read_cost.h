// What reads take by the second, and what the ceiling makes of it.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"
#include "forecast/costs.h"
#include "forecast/tally.h"
#include "sample/shedding.h"

namespace remora {

inline constexpr double kNsOfPercent = 1e7;  // nanoseconds a second in a percent of a core

// Nanoseconds of CPU, where the name does not say otherwise.
struct ReadCost {
    ClassCosts classes;
    double pass_ns = 0;         // everything once
    double base_ns_per_s = 0;   // everything at its base interval
    double bound_ns_per_s = 0;  // everything at its bound on age
    std::uint32_t unknown = 0;  // units without a measured cost
};

// Returns what the reads of all units take, by the costs of their families.
ReadCost read_cost(const SamplingConfig& sampling, const Tally& tally, const MeasuredCosts& costs);

struct CeilingOutlook {
    std::uint32_t stride = 1;  // number of base intervals between two ticks
    std::string sentence;      // "the ceiling of 1 % holds the bounds on age"
};

// Returns what the ceiling makes of these reads. `tick_overhead_ns`: CPU of a tick beside its
// reads; 0: not known. The sentence is true of policy adaptive only.
CeilingOutlook ceiling_outlook(const SamplingConfig& sampling, const ReadCost& cost,
                               double tick_overhead_ns);

}  // namespace remora
