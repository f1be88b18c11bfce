// How old the emitted values of each class are.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "model/unit_class.h"

namespace remora {

// Ages of series at one tick, as a histogram for each class with bins of a sixteenth of an octave:
// a quantile is off by at most 6.25 %, the maximum is exact.
//
// Thread safety: core thread only.
class Ages {
 public:
    void clear() { classes_ = {}; }

    // `series` values of a unit were read `seconds` ago.
    void add(UnitClass unit_class, float seconds, std::uint32_t series) {
        Class& one = classes_[static_cast<std::size_t>(unit_class)];
        one.bins[bin_of(seconds)] += series;
        one.series += series;
        one.max_s = seconds > one.max_s ? seconds : one.max_s;
    }

    std::uint64_t series(UnitClass unit_class) const {
        return classes_[static_cast<std::size_t>(unit_class)].series;
    }
    // `quantile` from 0 to 1; 0 when the class has no series.
    float seconds(UnitClass unit_class, double quantile) const {
        const Class& one = classes_[static_cast<std::size_t>(unit_class)];
        if (quantile >= 1) {
            return one.max_s;
        }
        auto left = static_cast<std::uint64_t>(quantile * static_cast<double>(one.series));
        for (std::uint32_t bin = 0; bin < kBins; ++bin) {
            if (one.bins[bin] > left) {
                const float top = std::bit_cast<float>((bin + kLeast + 1) << kShift);
                return top < one.max_s ? top : one.max_s;
            }
            left -= one.bins[bin];
        }
        return one.max_s;
    }

 private:
    // The top bits of a float from 2^-10 (1 ms) to 2^18 seconds (3 days).
    static constexpr std::uint32_t kShift = 19;
    static constexpr std::uint32_t kLeast = (127U - 10U) << 4U;
    static constexpr std::size_t kBins = 28 * 16;

    static std::size_t bin_of(float seconds) {
        const std::uint32_t top =
            std::bit_cast<std::uint32_t>(seconds > 0 ? seconds : 0.0F) >> kShift;
        return top <= kLeast ? 0 : top - kLeast < kBins ? top - kLeast : kBins - 1;
    }

    struct Class {
        std::array<std::uint32_t, kBins> bins{};
        std::uint64_t series = 0;
        float max_s = 0;
    };
    std::array<Class, kUnitClasses> classes_{};
};

}  // namespace remora
