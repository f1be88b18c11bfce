#include "sample/bounds.h"

#include <algorithm>
#include <cmath>

namespace remora {
namespace {

constexpr double kMsPerSecond = 1000.0;
constexpr std::size_t kKindsMax = 2 * (kUnitClasses + kRulesMax) * 2;
// Above so much CPU for one read a unit of class broker is expensive, and its bound then.
constexpr double kHighNs = 500'000;
constexpr double kVeryHighNs = 5'000'000;
constexpr std::uint32_t kHighBoundMs = 10'000;
constexpr std::uint32_t kVeryHighBoundMs = 30'000;
constexpr double kLeaves = 2.0 / 3.0;

std::uint32_t to_ms(std::int64_t ms) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 1, UINT32_MAX / 8));
}

std::uint32_t factor_of(UnitClass unit_class, const Widening& widening) {
    switch (unit_class) {
        case UnitClass::kAlert:
        case UnitClass::kBroker:
            return 1;
        case UnitClass::kTopic:
        case UnitClass::kClient:
            return widening.topic;
        case UnitClass::kPartition:
            break;
    }
    return widening.partition;
}

}  // namespace

AgeBounds::AgeBounds(const SamplingConfig& sampling, std::uint32_t quantum_ms) {
    configure(sampling, quantum_ms);
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        Kind kind;
        kind.unit_class = static_cast<UnitClass>(i);
        add_kind(kind);
    }
}

void AgeBounds::configure(const SamplingConfig& sampling, std::uint32_t quantum_ms) {
    sampling_ = sampling;
    base_ms_ = to_ms(sampling.base_interval_ms);
    quantum_ms_ = quantum_ms == 0 || quantum_ms > base_ms_ ? base_ms_ : quantum_ms;
    const double base_s = base_ms_ / kMsPerSecond;
    per_base_square_ = static_cast<float>(1.0 / (base_s * base_s));
    for (Expenses& kinds : kinds_) {
        for (std::size_t i = 0; i < kExpenses; ++i) {
            fill_in(kinds[i], static_cast<Expense>(i));
        }
    }
}

bool AgeBounds::widen(const Widening& widening) {
    if (widening == widening_) {
        return false;
    }
    widening_ = widening;
    for (Expenses& kinds : kinds_) {
        for (std::size_t i = 0; i < kExpenses; ++i) {
            fill_in(kinds[i], static_cast<Expense>(i));
        }
    }
    return true;
}

// An interval of a rule in whole rounds of the planner, at least one: it reads at no other time.
// Rounded down, so that no bound is broken.
std::uint32_t AgeBounds::whole(std::uint32_t interval_ms) const {
    return std::max(interval_ms / quantum_ms_, 1U) * quantum_ms_;
}

void AgeBounds::fill_in(Kind& kind, Expense expense) const {
    const std::uint32_t rule_max_ms = kind.rule_max_ms != 0 ? whole(kind.rule_max_ms) : 0;
    kind.base_ms = kind.rule_base_ms != 0 ? whole(kind.rule_base_ms) : base_ms_;
    // A rule's base moves the global minimum along: a unit is never read more often than its rule's
    // base unless the rule says so.
    const std::uint32_t min_ms = kind.rule_base_ms != 0          ? kind.base_ms
                                 : sampling_.min_interval_ms > 0 ? to_ms(sampling_.min_interval_ms)
                                                                 : base_ms_;
    kind.min_ms = kind.rule_min_ms != 0 ? whole(kind.rule_min_ms) : min_ms;
    std::uint32_t bound_ms = base_ms_;
    switch (kind.unit_class) {
        case UnitClass::kAlert:
            break;
        case UnitClass::kBroker:
            bound_ms = expense == Expense::kHigh       ? kHighBoundMs
                       : expense == Expense::kVeryHigh ? kVeryHighBoundMs
                                                       : base_ms_;
            break;
        case UnitClass::kTopic:
            bound_ms = to_ms(sampling_.topic_max_interval_ms);
            break;
        case UnitClass::kClient:
            bound_ms = to_ms(sampling_.client_max_interval_ms);
            break;
        case UnitClass::kPartition:
            bound_ms = to_ms(sampling_.partition_max_interval_ms);
            break;
    }
    bound_ms = std::max(bound_ms, base_ms_);
    kind.bound_ms = std::max(rule_max_ms != 0 ? rule_max_ms : bound_ms, kind.min_ms);
    kind.base_ms = std::clamp(kind.base_ms, kind.min_ms, kind.bound_ms);
    // What an operator's rule says is not widened.
    const std::uint32_t factor = rule_max_ms != 0 ? 1 : factor_of(kind.unit_class, widening_);
    kind.is_read = factor != 0;
    const std::uint32_t widened_ms = kind.bound_ms * std::max(factor, 1U);
    const std::uint32_t n_max = std::max(1U, widened_ms / base_ms_);
    kind.max_ms = std::clamp(n_max * base_ms_, kind.min_ms, widened_ms);
    kind.square_max = static_cast<float>(n_max) * static_cast<float>(n_max) / per_base_square_;
    kind.base_per_s = kMsPerSecond / kind.base_ms;
    kind.max_per_s = kMsPerSecond / kind.max_ms;
}

void AgeBounds::add_kind(const Kind& wanted) {
    Expenses& kinds = kinds_.emplace_back();
    for (std::size_t i = 0; i < kExpenses; ++i) {
        kinds[i] = wanted;
        fill_in(kinds[i], static_cast<Expense>(i));
    }
}

std::uint16_t AgeBounds::kind_of(const UnitTraits& traits) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        const Kind& have = kinds_[i][0];
        if (have.unit_class == traits.unit_class && have.rule_min_ms == traits.min_interval_ms &&
            have.rule_base_ms == traits.base_interval_ms &&
            have.rule_max_ms == traits.max_interval_ms) {
            return static_cast<std::uint16_t>(i);
        }
    }
    if (kinds_.size() >= kKindsMax) {
        return static_cast<std::uint16_t>(traits.unit_class);
    }
    Kind wanted;
    wanted.unit_class = traits.unit_class;
    wanted.rule_min_ms = traits.min_interval_ms;
    wanted.rule_base_ms = traits.base_interval_ms;
    wanted.rule_max_ms = traits.max_interval_ms;
    add_kind(wanted);
    return static_cast<std::uint16_t>(kinds_.size() - 1);
}

std::vector<std::uint16_t> AgeBounds::keep_used(const std::vector<bool>& used) {
    std::vector<std::uint16_t> place(kinds_.size(), 0xFFFF);
    std::vector<Expenses> kept;
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (used[i] || i < kUnitClasses) {
            place[i] = static_cast<std::uint16_t>(kept.size());
            kept.push_back(kinds_[i]);
        }
    }
    kinds_ = std::move(kept);
    return place;
}

AgeBounds::Expense AgeBounds::expense_of(double cost_ns, Expense before) {
    const double very_high = before == Expense::kVeryHigh ? kLeaves * kVeryHighNs : kVeryHighNs;
    const double high = before != Expense::kNone ? kLeaves * kHighNs : kHighNs;
    return cost_ns > very_high ? Expense::kVeryHigh
           : cost_ns > high    ? Expense::kHigh
                               : Expense::kNone;
}

std::uint32_t AgeBounds::on_grid(float square, const Kind& kind) const {
    if (square >= kind.square_max) {
        return kind.max_ms;
    }
    const float x = square * per_base_square_;
    std::uint32_t ms = base_ms_;
    if (x >= 2.0F) {
        ms *= static_cast<std::uint32_t>(0.5F + std::sqrt(0.25F + x));
    } else if (x < 0.5F && kind.min_ms < base_ms_) {
        const float parts =
            std::sqrt(square) * static_cast<float>(kMsPerSecond) / static_cast<float>(quantum_ms_);
        ms = std::max(1U, static_cast<std::uint32_t>(parts + 0.5F)) * quantum_ms_;
    }
    return std::clamp(ms, kind.min_ms, kind.max_ms);
}

}  // namespace remora
