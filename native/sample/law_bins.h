// The read cost that each lambda of the law would have, without another look at the units.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "sample/bounds.h"

namespace remora {

// Units under the law, counted in bins of a quarter of an octave of c / (w v) by kind. A bin stands
// for its mean, so that units which are all alike are exact; elsewhere an interval is off by
// 9 % at most.
//
// Thread safety: core thread only.
class LawBins {
 public:
    // Takes memory for so many kinds. Registration.
    void reserve(std::size_t kinds) {
        const std::size_t size = kinds * AgeBounds::kExpenses * kBins;
        if (bins_.size() < size) {
            bins_.resize(size);
            used_.reserve(size);
        }
    }

    void clear() {
        for (const std::uint32_t bin : used_) {
            bins_[bin] = {};
        }
        used_.clear();
    }

    // A unit whose c / (w v) is `quotient` > 0 and one read of which costs `cost_ns` > 0.
    void add(std::uint16_t kind, AgeBounds::Expense expense, float quotient, float cost_ns) {
        const std::uint32_t size = std::bit_cast<std::uint32_t>(quotient) >> kShift;
        const std::uint32_t place = std::clamp(size, kLeast, kLeast + kBins - 1) - kLeast;
        const auto row = static_cast<std::uint32_t>(kind * AgeBounds::kExpenses +
                                                    static_cast<std::size_t>(expense));
        const std::uint32_t bin = row * kBins + place;
        if (bins_[bin].cost_ns == 0) {
            used_.push_back(bin);
        }
        bins_[bin].cost_ns += static_cast<double>(cost_ns);
        bins_[bin].weighted += static_cast<double>(cost_ns) * static_cast<double>(quotient);
    }

    // Nanoseconds of reads a second of all that was added.
    double ns_per_s(double lambda, const AgeBounds& bounds) const {
        double sum = 0;
        for (const std::uint32_t bin : used_) {
            const std::uint32_t row = bin / kBins;
            const AgeBounds::Kind& kind =
                bounds.kind(static_cast<std::uint16_t>(row / AgeBounds::kExpenses),
                            static_cast<AgeBounds::Expense>(row % AgeBounds::kExpenses));
            const double quotient = bins_[bin].weighted / bins_[bin].cost_ns;
            sum += bins_[bin].cost_ns / bounds.on_grid(static_cast<float>(lambda * quotient), kind);
        }
        return sum * 1000;
    }

 private:
    // The top bits of a float, from 2^-16 to 2^48.
    static constexpr std::uint32_t kShift = 21;
    static constexpr std::uint32_t kLeast = (127U - 16U) << 2U;
    static constexpr std::uint32_t kBins = 64 * 4;

    struct Bin {
        double cost_ns = 0;   // one read of all of them
        double weighted = 0;  // their quotients by their costs
    };

    std::vector<Bin> bins_;
    std::vector<std::uint32_t> used_;  // bins that hold something
};

}  // namespace remora
