// How far a read lands from the cached value, measured in the series' own scale: one number for
// bytes, counts and ratios alike. The cache and the fidelity replay share it.
#pragma once

#include <algorithm>
#include <cmath>

namespace remora {

inline constexpr float kDeviationMax = 10.0F;
// How long a series' past counts for its scale, seconds.
inline constexpr float kScaleMemorySeconds = 300.0F;
// Changes below this share of the value itself are noise of the last digits.
inline constexpr double kScaleFloor = 1e-9;

// What is remembered of a series: a running mean and variance over time. 16 bytes.
//
// A read after T seconds weighs a = T / (T + min(age, memory)): irregular reads count for the time
// they stand for, and a young series has the plain time average.
struct SeriesScale {
    double mean = 0;
    float variance = 0;
    float age_s = 0;
};
static_assert(sizeof(SeriesScale) == 16);

// The first read of a series.
inline void start_scale(SeriesScale& scale, double value) {
    scale = SeriesScale{std::isfinite(value) ? value : 0.0, 0, 0};
}

// The read `now` follows the read `before` by `elapsed_s` > 0 seconds. Takes it into the scale and
// returns |now - before| over the standard deviation, at most kDeviationMax; 0 exactly when nothing
// changed (NaN equals NaN). The scale includes the new value, so a constant that jumps is off by
// sqrt(1/(a (1 - a))): 5.7 after 10 s, 2 after 300 s.
inline float take_deviation(SeriesScale& scale, double before, double now, float elapsed_s) {
    if (!std::isfinite(now)) {
        const bool same = before == now || (std::isnan(now) && std::isnan(before));
        return same ? 0.0F : kDeviationMax;
    }
    const float memory = std::min(scale.age_s, kScaleMemorySeconds);
    const float span = elapsed_s + memory;
    // One half, when there is no past, splits the difference between the only two reads.
    const double a = memory > 0 ? static_cast<double>(elapsed_s / span) : 0.5;
    const double off = now - scale.mean;
    scale.mean += a * off;
    const double variance = (1 - a) * (static_cast<double>(scale.variance) + a * off * off);
    scale.variance = static_cast<float>(std::min(variance, 1e38));
    scale.age_s = std::min(scale.age_s + elapsed_s, kScaleMemorySeconds);
    if (now == before) {
        return 0.0F;
    }
    const double unit = std::max(std::sqrt(variance), kScaleFloor * std::abs(now));
    const double deviation = std::abs(now - before) / unit;
    return deviation < static_cast<double>(kDeviationMax) ? static_cast<float>(deviation)
                                                          : kDeviationMax;
}

}  // namespace remora
