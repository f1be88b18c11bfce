// Policy "variance": between two thresholds of the variance of the latest deviations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/config.h"
#include "model/ids.h"
#include "sample/bounds.h"

namespace remora {

// Above the high threshold the shortest interval, below the low one the bound, linear between.
//
// Thread safety: core thread only. Memory is taken by reserve(), 17 bytes a unit.
class VarianceHistory {
 public:
    static constexpr std::size_t kReads = 8;

    bool is_empty() const { return deviations_.empty(); }
    void clear();
    void reserve(UnitId unit);
    void forget(UnitId unit);
    // A read that moved the unit by `deviation` scales, 0 to kDeviationMax.
    void add(UnitId unit, float deviation);
    std::uint32_t interval_ms(UnitId unit, const SamplingConfig& sampling, const AgeBounds& bounds,
                              const AgeBounds::Kind& kind) const;

 private:
    std::vector<std::uint16_t> deviations_;  // kReads a unit
    std::vector<std::uint8_t> held_;         // of them; counts on around kReads once there
};

}  // namespace remora
