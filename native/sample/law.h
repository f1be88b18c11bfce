// The square-root law: how long a unit rests between two reads.
//
// Between two reads T apart a cached value is wrong by about v T (v: volatility, scales a second).
// Reading costs c / T. With w the unit's importance and lambda what accuracy CPU is worth,
// minimising w v T + lambda c / T gives T = sqrt(lambda c / (w v)). Emission has a grid, so
// AgeBounds::on_grid() rounds T to whole base intervals.
//
// lambda is a fixed price while the ceiling does not bind, so that a quiet broker costs little and
// nothing depends on what else the machine does. When it binds lambda rises until the units
// between base and bound fit into what is left (Sampler::solve).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace remora {

// What accuracy may cost: for a value that moves by its own scale each second, one second less of
// age is worth 10 microseconds of CPU a second. At base interval 10 s that reads a partition's log
// end offset (0.4 us) at every tick while it grows by more than 0.1 % of its scale a second.
inline constexpr double kPriceNs = 10'000;
inline constexpr double kLambdaOfPrice = 1.0 / kPriceNs;

// The volatility of a unit after a read that moved it by `deviation` scales (0 to
// kDeviationMax) in `elapsed_ns` > 0. A wilder read is believed at once, of a calmer one only
// the share `decay`: to read too often is cheap, to read too seldom is wrong. Two reads closer than
// a second tell of a second: the first change of a series is two scales however short the gap.
inline float learn_volatility(float volatility, float deviation, std::int64_t elapsed_ns,
                              float decay) {
    const float seconds = static_cast<float>(elapsed_ns) / static_cast<float>(kNanosPerSecond);
    const float rate = deviation / std::max(seconds, 1.0F);
    return rate >= volatility ? rate : volatility + decay * (rate - volatility);
}

// T squared, in seconds squared; a very large number for a unit that does not move. `worth`: w v.
inline float law_square(float lambda, float cost_ns, float worth) {
    constexpr float kWorthMin = 1e-12F;
    return lambda * cost_ns / std::max(worth, kWorthMin);
}

}  // namespace remora
