// What runs for every unit of the sampler, shared by its translation units.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>

#include "sample/sampler.h"

namespace remora {

inline constexpr float kWorthMin = 1e-9F;
inline constexpr double kMsPerSecond = 1000.0;
// Of what is vouched for: the last to be read.
inline constexpr float kVouchedPrice = 1e16F;
// c / (w v) is counted in bins of 1/32 of an octave between 2^-14 and 2^50: the top bits of a
// float. A unit is read as the middle of its bin says, which moves its interval by 1 % at most, so
// that the bins alone tell what a lambda costs.
inline constexpr std::uint32_t kSizeShift = 18;
inline constexpr std::uint32_t kSizeLeast = (127 - 14) << 5;

// Read time a second, by what it is for.
struct Sampler::Sums {
    double full = 0;                  // everything at base
    double alerts = 0;                // at base
    double counters = 0;              // not shed, at base
    double fresh = 0;                 // not known yet, at base
    double least = 0;                 // the rest that is not shed, at its maximum
    std::uint32_t units_at_base = 0;  // whatever lambda is
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
inline float Sampler::worth(UnitId unit, bool idle) const {
    if (idle) {
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

inline std::uint32_t Sampler::first_bin(UnitId unit) const {
    return kBinFirst + limits_[unit] / 2 * kBinsOfKind;
}

// The bin of a unit that is under the law.
[[gnu::always_inline]] inline std::uint32_t Sampler::law_bin(UnitId unit, bool idle) const {
    if (idle && (flags_[sentinel_[unit]] & kAlert) != 0) {
        return first_bin(unit) + kVouchedFor;
    }
    const float price = (options_.ignore_cost ? 1.0F : cost_ns(unit)) / worth(unit, idle);
    const std::uint32_t size = std::bit_cast<std::uint32_t>(price) >> kSizeShift;
    return first_bin(unit) + std::clamp(size, kSizeLeast, kSizeLeast + kSizes - 1) - kSizeLeast;
}

inline Sampler::BinKey Sampler::key_of(std::uint32_t bin) {
    const std::uint32_t kind = (bin - kBinFirst) / kBinsOfKind * 2;
    const std::uint32_t place = (bin - kBinFirst) % kBinsOfKind;
    if (place == kVouchedFor) {
        return {kind + kVouched, kVouchedPrice};
    }
    constexpr std::uint32_t kMiddle = std::uint32_t{1} << (kSizeShift - 1);
    return {kind, std::bit_cast<float>(((place + kSizeLeast) << kSizeShift) | kMiddle)};
}

inline std::uint32_t Sampler::law_interval(UnitId unit) const {
    const BinKey key = key_of(law_bin(unit, is_idle(unit)));
    return on_grid(static_cast<float>(lambda_) * key.price, kinds_[key.kind]);
}

}  // namespace remora
