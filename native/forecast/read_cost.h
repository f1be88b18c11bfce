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

struct ReadCost {
    ClassCosts classes;
    double pass_ns = 0;         // everything once
    double base_ns_per_s = 0;   // everything at its base interval
    double bound_ns_per_s = 0;  // everything at its bound on age
    std::uint32_t unknown = 0;  // units without a measured cost
};

// Of all reads of `found`, by the costs of its families.
ReadCost read_cost(const SamplingConfig& sampling, const Tally& found, const MeasuredCosts& costs);

struct CeilingOutlook {
    std::uint32_t stride = 1;  // a tick comes every so many base intervals
    std::string sentence;      // "the ceiling of 1 % holds the bounds on age"
};

// `tick_overhead_ns`: of a tick, beside its reads; 0: not known. For policy adaptive.
CeilingOutlook ceiling_outlook(const SamplingConfig& sampling, const ReadCost& cost,
                               double tick_overhead_ns);

// `value` as snprintf has it.
std::string number(const char* format, double value);

}  // namespace remora
