// What is not read at all when the budget does not even pay for the maximum intervals.
#include <algorithm>

#include "sample/sampler.h"
#include "sample/sampler_inline.h"

namespace remora {
namespace {

// What was shed comes back when it fits into this share of the budget.
constexpr double kTakeBack = 0.9;

}  // namespace

void Sampler::sort_for_shedding() {
    shed_sorted_ = 0;
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if ((flags_[unit] & kActive) != 0 && (flags_[unit] & kAlert) == 0) {
            shed_order_[shed_sorted_++] = unit;
        }
        flags_[unit] &= static_cast<std::uint16_t>(~kShed);
    }
    std::sort(shed_order_.begin(), shed_order_.begin() + shed_sorted_, [this](UnitId a, UnitId b) {
        if (importance_[a] != importance_[b]) {
            return importance_[a] < importance_[b];
        }
        const float price_a = cost_ns(a) / worth(a, is_idle(a));
        const float price_b = cost_ns(b) / worth(b, is_idle(b));
        return price_a != price_b ? price_a > price_b : a < b;
    });
    shed_ = std::min(shed_, shed_sorted_);
    for (std::uint32_t i = 0; i < shed_; ++i) {
        flags_[shed_order_[i]] |= kShed;
    }
    shed_order_stale_ = false;
}

// Moves the border between what is shed and what is read. True when it moved.
bool Sampler::shed_or_take_back(const Sums& sums, double budget_ns_per_s) {
    double need = sums.alerts + sums.counters + sums.least;
    if (need <= budget_ns_per_s && shed_ == 0) {
        return false;
    }
    // What units cost and how they change is learnt meanwhile, so who goes first is decided anew
    // each time that something must go.
    if (shed_order_stale_ || shed_ == 0) {
        const std::uint32_t before = shed_;
        sort_for_shedding();
        if (before != 0) {
            return true;  // other units are shed now: sum up again
        }
    }
    const auto least_of = [this](UnitId unit) {
        if (health_.is_failing(unit)) {
            return 0.0;  // in no sum
        }
        const Limits& own = kinds_[limits_[unit]];
        const bool known = (flags_[unit] & kKnown) != 0;
        const double per_s = !known ? own.max_per_s
                             : is_smooth_counter(unit)
                                 ? own.base_per_s
                                 : kinds_[key_of(law_bin(unit, is_idle(unit))).kind].max_per_s;
        return static_cast<double>(cost_ns(unit)) * per_s;
    };
    const std::uint32_t before = shed_;
    while (need > budget_ns_per_s && shed_ < shed_sorted_) {
        const UnitId unit = shed_order_[shed_++];
        flags_[unit] |= kShed;
        need -= least_of(unit);
    }
    if (shed_ == before) {
        while (shed_ > 0) {
            const UnitId unit = shed_order_[shed_ - 1];
            need += least_of(unit);
            if (need > kTakeBack * budget_ns_per_s) {
                break;
            }
            flags_[unit] &= static_cast<std::uint16_t>(~kShed);
            --shed_;
        }
    }
    return shed_ != before;
}

}  // namespace remora
