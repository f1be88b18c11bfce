// How wrong the file is, estimated on the broker itself from reads of units drawn by chance.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/unit_class.h"

namespace remora {

// The error of a unit at a tick: how far what would have been emitted lies from what was read just
// before the tick, in the series' own scale (model/deviation.h), the largest over its series, at
// most 1. It is 0 for a unit that is read for the tick anyway.
//
// Every unit is as likely to be drawn as any other of its class, so the mean over the samples is an
// unbiased estimate of the mean over all units and ticks. Its margin at 95 % is the empirical
// Bernstein bound of Audibert, Munos and Szepesvari (2009), which holds for any distribution on
// [0, 1]: sqrt(2 V ln(3/d) / n) + 3 ln(3/d) / n with d = 0.05.
//
// Thread safety: core thread only.
class AccuracyAudit {
 public:
    struct Sums {
        std::uint64_t samples = 0;
        double error = 0;
        double error_square = 0;
    };
    struct Estimate {
        std::uint64_t samples = 0;  // 0: nothing is known
        double error = 0;
        double margin = 1;  // the error lies within error +- margin
    };

    void add(UnitClass unit_class, double error);

    // Call at each tick: estimates are over the last five to ten minutes.
    void tick(std::int64_t now_ns);

    Estimate estimate(UnitClass unit_class) const;
    // Since the start.
    const Sums& total(UnitClass unit_class) const {
        return total_[static_cast<std::size_t>(unit_class)];
    }

    static Estimate estimate_of(const Sums& sums);

 private:
    using Classes = std::array<Sums, kUnitClasses>;

    Classes total_{};
    Classes current_{};   // of the window under way
    Classes previous_{};  // of the one before
    std::int64_t window_begun_ns_ = 0;
};

}  // namespace remora
