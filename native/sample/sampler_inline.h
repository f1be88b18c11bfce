// What runs for every unit of the sampler, shared by its translation units.
#pragma once

#include <algorithm>
#include <cmath>

#include "sample/sampler.h"

namespace remora {

inline constexpr float kWorthMin = 1e-12F;
inline constexpr double kMsPerSecond = 1000.0;

// Read time a second, by what it is for.
struct Sampler::Sums {
    double full = 0;      // everything at base
    double alerts = 0;    // at base
    double counters = 0;  // not shed, at base
    double fresh = 0;     // not known yet, at base
    double least = 0;     // the rest that is not shed, at its maximum
};

// The interval on the grid for the squared interval `square` (seconds squared).
inline std::uint32_t Sampler::on_grid(float square, const Limits& limits) const {
    if (square >= limits.square_max) {
        return limits.top_ms;
    }
    const float x = square * per_base_square_;
    const auto n = static_cast<std::uint32_t>(0.5F + std::sqrt(0.25F + x));
    std::uint32_t ms = n * options_.interval_ms_base;
    if (x < 0.5F && limits.min_ms < options_.interval_ms_base) {
        const float parts = std::sqrt(square) * static_cast<float>(kMsPerSecond) /
                            static_cast<float>(options_.interval_ms_quantum);
        ms = std::max(1U, static_cast<std::uint32_t>(parts + 0.5F)) * options_.interval_ms_quantum;
    }
    return std::clamp(ms, limits.min_ms, limits.max_ms);
}

// Since the unit's last read, as far as is known.
inline bool Sampler::has_sentinel_moved(UnitId unit) const {
    const UnitId sentinel = sentinel_[unit];
    return sentinel != kNoUnit && moved_ms_[sentinel] != heard_ms_[unit];
}

// The unit has not changed since its last read, says its sentinel, which is read well.
inline bool Sampler::is_idle(UnitId unit) const {
    const UnitId sentinel = sentinel_[unit];
    return sentinel != kNoUnit && (flags_[unit] & kDistrusting) == 0 &&
           (flags_[sentinel] & (kKnown | kChanged | kShed)) == kKnown &&
           !has_sentinel_moved(unit) && !health_.is_failing(sentinel);
}

// Of the time since the unit's last read the part in which it may have changed.
inline float Sampler::moving_s(UnitId unit, float elapsed_s) const {
    const UnitId sentinel = sentinel_[unit];
    if (sentinel == kNoUnit || (flags_[unit] & kDistrusting) != 0) {
        return elapsed_s;
    }
    const auto ms = static_cast<float>(moved_ms_[sentinel] - heard_ms_[unit]);
    const auto least_ms = static_cast<float>(options_.interval_ms_base);
    return std::min(std::max(ms, least_ms) / static_cast<float>(kMsPerSecond), elapsed_s);
}

inline void Sampler::set_interval(UnitId unit, std::uint32_t interval_ms) {
    if (intervals_.get(unit) != interval_ms) {
        intervals_.set(unit, interval_ms);
    }
}

inline float Sampler::cost_ns(UnitId unit) const {
    return costs_.typical_ns(family_[unit]) + overhead_ns_ * static_cast<float>(values_[unit]);
}

// w v, what a second of staleness of the unit costs in accuracy: nothing while it is idle.
inline float Sampler::worth(UnitId unit) const {
    if (is_idle(unit)) {
        return kWorthMin;
    }
    const float volatility =
        volatility_[unit] + family_share_ * families_[family_[unit]].volatility;
    return std::max(importance_[unit] * volatility, kWorthMin);
}

inline bool Sampler::is_smooth_counter(UnitId unit) const {
    return (flags_[unit] & kCounter) != 0 && cost_ns(unit) <= counter_cost_max_;
}

inline bool Sampler::is_pinned(UnitId unit) const {
    if ((flags_[unit] & kKnown) == 0) {
        return true;
    }
    return (flags_[unit] & kAlert) != 0 || is_smooth_counter(unit);
}

inline std::uint32_t Sampler::law_interval(UnitId unit, double lambda) const {
    const Limits& limits = kinds_[limits_[unit]];
    const float cost = options_.ignore_cost ? 1.0F : cost_ns(unit);
    const float square = static_cast<float>(lambda) * (cost / worth(unit));
    return on_grid(square, limits);
}

}  // namespace remora
