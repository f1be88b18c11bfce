#include "sample/shedding.h"

#include <algorithm>

namespace remora {
namespace {

constexpr double kTakeBack = 0.8;
constexpr std::uint32_t kTakeBackAfter = 3;

constexpr std::array<Widening, Shedding::kSteps> kWidenings = {
    {{1, 1}, {2, 1}, {4, 1}, {4, 2}, {4, 4}, {0, 4}, {0, 0}}};

double widened(const ClassCost& cost, std::uint32_t factor) {
    return factor == 0 ? 0 : cost.at_bound / factor;
}

const ClassCost& of(const ClassCosts& costs, UnitClass unit_class) {
    return costs[static_cast<std::size_t>(unit_class)];
}

}  // namespace

Widening Shedding::widening(std::uint32_t step) {
    return kWidenings[step];
}

double Shedding::least_ns_per_s(const ClassCosts& costs, std::uint32_t step) {
    const Widening& widening = kWidenings[step];
    double ruled = 0;
    for (const ClassCost& cost : costs) {
        ruled += cost.ruled;
    }
    return ruled + of(costs, UnitClass::kAlert).at_bound + of(costs, UnitClass::kBroker).at_bound +
           widened(of(costs, UnitClass::kTopic), widening.topic) +
           widened(of(costs, UnitClass::kClient), widening.topic) +
           widened(of(costs, UnitClass::kPartition), widening.partition);
}

std::uint32_t Shedding::choose(const ClassCosts& costs, double budget_ns_per_s,
                               double others_ns_per_s) {
    const double fixed =
        of(costs, UnitClass::kAlert).at_bound + of(costs, UnitClass::kBroker).at_bound;
    const auto others = [&](std::uint32_t step) { return least_ns_per_s(costs, step) - fixed; };
    const double most =
        std::max(budget_ns_per_s - fixed, std::min(others(kWidest), others_ns_per_s));
    const std::uint32_t before = step_;
    while (step_ + 1 < kSteps && others(step_) > most) {
        ++step_;
    }
    const auto fits_with_room = [&](std::uint32_t step) {
        return fixed + others(step) <= kTakeBack * (fixed + most);
    };
    const bool would_fit = step_ == before && step_ > 0 && fits_with_room(step_ - 1);
    fits_ = would_fit ? fits_ + 1 : 0;
    if (fits_ >= kTakeBackAfter) {
        fits_ = 0;
        while (step_ > 0 && fits_with_room(step_ - 1)) {
            --step_;
        }
    }
    return step_;
}

}  // namespace remora
