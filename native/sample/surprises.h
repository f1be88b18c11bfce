// What reads of resting units found beyond what was expected of them, by family. It tells which
// other units of the family are worth a read before the tick.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "model/ids.h"

namespace remora {

// An example: three partitions that rest are read, and each has moved by two scales more than its
// volatility predicts. The other partitions of the family have most likely moved as well. So they
// are read before their interval is over, as far as that is worth its CPU.
//
// Thread safety: core thread only.
class Surprises {
 public:
    // Takes memory. Every family must be reserved before it is named elsewhere.
    void reserve(FamilyId family) {
        if (family >= families_.size()) {
            families_.resize(family + 1);
        }
    }

    // A read found a resting unit `deviation` scales away from the cached value. `predicted`: by
    // its volatility, for the time that it rested.
    void add(FamilyId family, float deviation, float predicted) {
        Found& found = families_[family];
        found.sum += std::max(deviation - predicted, 0.0F);
        found.reads += 1;
    }

    // A tick has passed: what was found before it counts for less.
    void fade() {
        for (Found& found : families_) {
            found.sum *= kKept;
            found.reads *= kKept;
        }
    }

    // Whether a read of the family found any; otherwise none of its units is worth a read.
    bool has_any(FamilyId family) const { return families_[family].sum > 0; }

    // Whether to read a unit of the family now, whose interval is `interval_s`. `importance`: its
    // importance. `lambda_cost`: lambda times the price of the read.
    //
    // A read of cost c buys lambda / 2 scale seconds elsewhere (the derivative of the law). Here it
    // saves the surprise for what is left of the interval, half of it on average.
    bool is_worth_a_read(FamilyId family, float importance, float interval_s,
                         float lambda_cost) const {
        const float scales = expected(family);
        return scales > 0 && importance * scales * interval_s > lambda_cost;
    }

    // Writes those of the units 0 to `units` - 1 to `out` that `take(unit)` says yes to. Returns
    // how many. The search goes on where the call before ended, so that each gets its turn when
    // `out` is too small.
    template <typename Take>
    std::size_t collect(UnitId units, std::span<UnitId> out, Take&& take) {
        std::size_t taken = 0;
        UnitId unit = next_ < units ? next_ : 0;
        for (UnitId seen = 0; seen < units && taken < out.size(); ++seen) {
            if (take(unit)) {
                out[taken++] = unit;
            }
            unit = unit + 1 < units ? unit + 1 : 0;
        }
        next_ = unit;
        return taken;
    }

 private:
    struct Found {
        float sum = 0;  // scales beyond what was predicted
        float reads = 0;
    };
    // Share of what earlier ticks found that still counts.
    static constexpr float kKept = 0.7F;

    // What a read of a unit of the family is likely to find beyond what its volatility predicts, in
    // scales. Two reads without surprise are put in, so that one surprised read alone is no alarm
    // for all.
    float expected(FamilyId family) const {
        const Found& found = families_[family];
        return found.sum / (found.reads + 2);
    }

    std::vector<Found> families_;
    UnitId next_ = 0;
};

}  // namespace remora
