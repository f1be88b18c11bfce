#include "sample/sampler.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/grow.h"
#include "base/limits.h"
#include "model/deviation.h"
#include "sample/ceiling.h"
#include "sample/law.h"

namespace remora {
namespace {

constexpr float kMsPerSecond = 1000.0F;
// How far lambda may rise above the price of accuracy, and how finely it is found.
constexpr double kOctavesOfLambda = 48;
constexpr int kHalvings = 14;
// Two reads make one deviation.
constexpr std::uint8_t kReadsUntilKnown = 2;
// Topics and clients are read for every tick while that costs at most this share of the ceiling and
// fits into what may be read; and again when it costs at most the second share of that.
constexpr double kTopicsMost = 0.5;
constexpr double kTopicsAgain = 0.9;

SamplerOptions sane(SamplerOptions options) {
    SamplingConfig& sampling = options.sampling;
    sampling.base_interval_ms = std::max<std::int64_t>(sampling.base_interval_ms, 1);
    sampling.decay = std::clamp(sampling.decay, 0.001, 1.0);
    return options;
}

HealthOptions health_options(const SamplingConfig& sampling) {
    HealthOptions options;
    options.base_interval_ms = static_cast<std::uint32_t>(sampling.base_interval_ms);
    return options;
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options, IntervalTable& intervals)
    : options_(sane(options)),
      intervals_(intervals),
      bounds_(options_.sampling, options_.quantum_ms),
      health_(health_options(options_.sampling)),
      lambda_(kLambdaOfPrice) {}

void Sampler::configure(const SamplerOptions& options) {
    const SamplingPolicy before = options_.sampling.policy;
    options_ = sane(options);
    bounds_.configure(options_.sampling, options_.quantum_ms);
    health_.set_options(health_options(options_.sampling));
    // Kinds of former configurations would add up; units that have not been updated keep theirs.
    std::vector<bool> used(bounds_.kinds());
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if ((flags_[unit] & kActive) != 0) {
            used[kind_[unit]] = true;
        }
    }
    const std::vector<std::uint16_t> place = bounds_.keep_used(used);
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if ((flags_[unit] & kActive) != 0) {
            kind_[unit] = place[kind_[unit]];
        }
    }
    if (options_.sampling.policy == before) {
        return;
    }
    variance_.clear();
    if (options_.sampling.policy == SamplingPolicy::kVariance && !flags_.empty()) {
        variance_.reserve(static_cast<UnitId>(flags_.size() - 1));
    }
    shedding_ = {};
    bounds_.widen(Shedding::widening(0));
    lambda_ = kLambdaOfPrice;
}

void Sampler::update_unit(UnitId unit, const UnitTraits& traits) {
    if (!has(unit)) {
        return;
    }
    importance_[unit] = traits.importance > 0 ? traits.importance : 1.0F;
    kind_[unit] = bounds_.kind_of(traits);
    bins_.reserve(bounds_.kinds());
    if (!health_.is_failing(unit)) {
        set_interval(unit, interval_for(unit));
    }
}

bool Sampler::add_unit(UnitId unit, const UnitTraits& traits) {
    if (unit >= kUnitsMax || traits.family >= kFamiliesMax) {
        return false;
    }
    if (unit >= flags_.size()) {
        const std::size_t size = unit + 1UL;
        grow(volatility_, size);
        grow(importance_, size);
        grow(family_, size);
        grow(kind_, size);
        grow(values_, size);
        grow(flags_, size);
        grow(reads_, size);
        health_.reserve(unit);
        if (options_.sampling.policy == SamplingPolicy::kVariance) {
            variance_.reserve(unit);
        }
    }
    remove_unit(unit);
    costs_.reserve(traits.family);
    surprises_.reserve(traits.family);
    volatility_[unit] = 0;
    importance_[unit] = traits.importance > 0 ? traits.importance : 1.0F;
    family_[unit] = static_cast<std::uint16_t>(traits.family);
    kind_[unit] = bounds_.kind_of(traits);
    bins_.reserve(bounds_.kinds());
    values_[unit] = static_cast<std::uint8_t>(std::min<std::uint16_t>(traits.values, 255));
    reads_[unit] = 0;
    if (!variance_.is_empty()) {
        variance_.forget(unit);
    }
    flags_[unit] = kActive;
    ++active_;
    set_interval(unit, interval_for(unit));
    return true;
}

void Sampler::remove_unit(UnitId unit) {
    if (!has(unit)) {
        return;
    }
    health_.forget(unit);
    flags_[unit] = 0;
    --active_;
}

std::uint32_t Sampler::bound_ms(UnitClass unit_class) const {
    return bounds_.kind(static_cast<std::uint16_t>(unit_class), AgeBounds::Expense::kNone).bound_ms;
}

inline float Sampler::cost_ns(UnitId unit) const {
    return costs_.typical_ns(family_[unit]) +
           static_cast<float>(options_.overhead_ns) * static_cast<float>(values_[unit]);
}

// The c of the law.
inline float Sampler::price_ns(UnitId unit) const {
    return options_.ignore_cost ? 1000.0F : cost_ns(unit);
}

// Whether the unit is read at base whatever lambda is.
inline bool Sampler::is_at_base(UnitId unit, const AgeBounds::Kind& kind) const {
    if (kind.max_ms <= kind.base_ms || (flags_[unit] & kKnown) == 0) {
        return true;
    }
    const bool is_topic =
        kind.unit_class == UnitClass::kTopic || kind.unit_class == UnitClass::kClient;
    return is_topic && topics_at_base_ && kind.rule_max_ms == 0;
}

inline std::uint32_t Sampler::law_interval(UnitId unit, const AgeBounds::Kind& kind) const {
    const float square = law_square(static_cast<float>(lambda_), price_ns(unit),
                                    importance_[unit] * volatility_[unit]);
    return bounds_.on_grid(square, kind);
}

inline std::uint32_t Sampler::interval_for(UnitId unit) const {
    if (recording_ms_ != 0) {
        return recording_ms_;
    }
    const AgeBounds::Kind& own = kind(unit);
    if (!own.is_read) {
        return kIntervalNever;
    }
    if (is_at_base(unit, own)) {
        return own.base_ms;
    }
    switch (options_.sampling.policy) {
        case SamplingPolicy::kFixed:
            return own.base_ms;
        case SamplingPolicy::kVariance:
            return variance_.interval_ms(unit, options_.sampling, bounds_, own);
        case SamplingPolicy::kAdaptive:
            break;
    }
    return law_interval(unit, own);
}

inline void Sampler::set_interval(UnitId unit, std::uint32_t interval_ms) {
    if (intervals_.get(unit) != interval_ms || intervals_.is_back_off(unit)) {
        intervals_.set(unit, interval_ms);
    }
}

void Sampler::learn(UnitId unit, float deviation, std::int64_t elapsed_ns, bool is_audit) {
    if (elapsed_ns > 0) {
        const float capped = std::clamp(deviation, 0.0F, kDeviationMax);
        const float seconds = static_cast<float>(elapsed_ns) / static_cast<float>(kNanosPerSecond);
        // Only units that rest show what others that rest may have done meanwhile.
        const std::uint32_t interval_ms = intervals_.get(unit);
        if (!is_audit && interval_ms != kIntervalNever && interval_ms > kind(unit).base_ms) {
            surprises_.add(family_[unit], capped, volatility_[unit] * seconds);
        }
        volatility_[unit] = learn_volatility(volatility_[unit], capped, elapsed_ns,
                                             static_cast<float>(options_.sampling.decay));
        if (!variance_.is_empty()) {
            variance_.add(unit, capped);
        }
    }
    if (reads_[unit] < kReadsUntilKnown) {
        ++reads_[unit];
    }
    const int known = reads_[unit] == kReadsUntilKnown ? kKnown : 0;
    flags_[unit] = static_cast<std::uint8_t>(flags_[unit] | kReadNow | known);
}

void Sampler::observe(UnitId unit, float deviation, std::int64_t elapsed_ns,
                      wire::ReadStatus status, std::int64_t now_ns, bool is_audit) {
    if (!has(unit)) {
        return;
    }
    if (status != wire::ReadStatus::kOk || health_.is_failing(unit)) {
        const std::uint32_t back_off_ms = health_.on_read(unit, status, now_ns);
        if (back_off_ms != 0) {
            // An alert is tried at every tick: nobody may be blind for longer than its fault lasts.
            const AgeBounds::Kind& own = kind(unit);
            if (own.unit_class == UnitClass::kAlert) {
                set_interval(unit, own.base_ms);
            } else {
                intervals_.set_back_off(unit, back_off_ms);
            }
            return;
        }
    }
    learn(unit, deviation, elapsed_ns, is_audit);
    set_interval(unit, interval_for(unit));
}

// What each class costs at base and at its bound, and which units of class broker are expensive.
ClassCosts Sampler::sum_up() {
    ClassCosts costs;
    const auto units = static_cast<UnitId>(flags_.size());
    for (UnitId unit = 0; unit < units; ++unit) {
        const std::uint8_t flags = flags_[unit];
        if ((flags & kActive) == 0) {
            continue;
        }
        const float cost = cost_ns(unit);
        int next_flags = flags & ~(kReadNow | kWoken);
        if (bounds_.class_of(kind_[unit]) == UnitClass::kBroker && costs_.is_warm(family_[unit])) {
            const AgeBounds::Expense now =
                AgeBounds::expense_of(static_cast<double>(cost), expense(unit));
            const int expensive = now == AgeBounds::Expense::kHigh       ? kHigh
                                  : now == AgeBounds::Expense::kVeryHigh ? kVeryHigh
                                                                         : 0;
            next_flags = (next_flags & ~(kHigh | kVeryHigh)) | expensive;
        }
        flags_[unit] = static_cast<std::uint8_t>(next_flags);
        costs.add(kind(unit), static_cast<double>(cost), bounds_.base_ms());
    }
    surprises_.fade();
    return costs;
}

// Writes every interval as lambda says.
void Sampler::write_all(SolveResult& result) {
    const auto units = static_cast<UnitId>(flags_.size());
    for (UnitId unit = 0; unit < units; ++unit) {
        if ((flags_[unit] & kActive) == 0 || health_.is_failing(unit)) {
            continue;
        }
        const std::uint32_t interval_ms = interval_for(unit);
        set_interval(unit, interval_ms);
        if (interval_ms == kIntervalNever) {
            ++result.units_shed;
            continue;
        }
        result.units_at_base += interval_ms <= kind(unit).base_ms ? 1 : 0;
        result.predicted_ns_per_s +=
            static_cast<double>(cost_ns(unit) * (kMsPerSecond / static_cast<float>(interval_ms)));
    }
}

// Counts what the law moves in bins of its price over its worth, and the rest in one sum, so that
// the bins alone show what a lambda costs.
double Sampler::fill_bins() {
    bins_.clear();
    double others = 0;
    const auto units = static_cast<UnitId>(flags_.size());
    for (UnitId unit = 0; unit < units; ++unit) {
        if ((flags_[unit] & kActive) == 0 || health_.is_failing(unit)) {
            continue;
        }
        const AgeBounds::Kind& own = kind(unit);
        if (!own.is_read) {
            continue;
        }
        const float cost = cost_ns(unit);
        const float worth = importance_[unit] * volatility_[unit];
        if (is_at_base(unit, own)) {
            others += static_cast<double>(cost) * own.base_per_s;
        } else if (!(worth > 0)) {
            others += static_cast<double>(cost) * own.max_per_s;
        } else {
            bins_.add(kind_[unit], expense(unit), price_ns(unit) / worth, cost);
        }
    }
    return others;
}

// The least lambda from the price on under which reads cost at most `budget_ns_per_s`; the largest
// there is when none does. The cost falls with lambda, in steps (the grid), so this halves a
// bracket of logarithms.
double Sampler::find_lambda(double budget_ns_per_s) {
    const double others = fill_bins();
    const auto fits = [&](double log2_lambda) {
        return others + bins_.ns_per_s(std::exp2(log2_lambda), bounds_) <= budget_ns_per_s;
    };
    double low = std::log2(kLambdaOfPrice);
    if (fits(low)) {
        return kLambdaOfPrice;
    }
    double high = low + kOctavesOfLambda;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = (low + high) / 2;
        (fits(middle) ? high : low) = middle;
    }
    return std::exp2(high);
}

SolveResult Sampler::solve(double budget_ns_per_s, double ceiling_ns_per_s) {
    SolveResult result;
    const ClassCosts costs = sum_up();
    result.each_tick_ns = costs.each_tick_ns;
    for (const ClassCost& cost : costs) {
        result.full_ns_per_s += cost.at_base;
    }
    result.units = active_;
    const double ticks_per_s = static_cast<double>(kMsPerSecond) / bounds_.base_ms();
    if (options_.sampling.policy != SamplingPolicy::kAdaptive || recording_ms_ != 0) {
        topics_at_base_ = true;
        write_all(result);
        // Nothing but the pace of ticks can make these cost less.
        result.each_tick_ns = result.predicted_ns_per_s / ticks_per_s;
        return result;
    }
    const double topics = costs[static_cast<std::size_t>(UnitClass::kTopic)].at_base +
                          costs[static_cast<std::size_t>(UnitClass::kClient)].at_base;
    const double each_tick = result.each_tick_ns * ticks_per_s;
    if (budget_ns_per_s >= Ceiling::kNoLimit) {
        shedding_ = {};  // nothing is held against the agent: not what was before either
    }
    bounds_.widen(Shedding::widening(
        shedding_.choose(costs, budget_ns_per_s, Ceiling::kAim * ceiling_ns_per_s / 2)));
    const double share = topics_at_base_ ? 1.0 : kTopicsAgain;
    topics_at_base_ = topics <= share * kTopicsMost * ceiling_ns_per_s &&
                      each_tick + topics <= share * budget_ns_per_s;
    result.least_ns_per_s = Shedding::least_ns_per_s(costs, Shedding::kWidest) - each_tick;
    result.bound_ns_per_s = Shedding::least_ns_per_s(costs, 0) - each_tick;
    lambda_ = find_lambda(budget_ns_per_s);
    write_all(result);
    result.lambda = lambda_;
    result.step = shedding_.step();
    return result;
}

// Whether the unit rests, could be read, and is worth it.
bool Sampler::is_worth_waking(UnitId unit, std::uint32_t interval_ms) const {
    if (!surprises_.has_any(family_[unit]) || interval_ms == kIntervalNever ||
        interval_ms <= kind(unit).base_ms || health_.is_failing(unit)) {
        return false;  // most of them, and that is cheap to know
    }
    const float interval_s = static_cast<float>(interval_ms) / kMsPerSecond;
    return surprises_.is_worth_a_read(family_[unit], importance_[unit], interval_s,
                                      static_cast<float>(lambda_) * price_ns(unit));
}

bool Sampler::would_wake(UnitId unit, std::uint32_t interval_ms) const {
    const bool wakes = options_.sampling.policy == SamplingPolicy::kAdaptive && recording_ms_ == 0;
    return wakes && (flags_[unit] & kKnown) != 0 && is_worth_waking(unit, interval_ms);
}

std::size_t Sampler::collect_wakes(std::span<UnitId> out) {
    if (options_.sampling.policy != SamplingPolicy::kAdaptive || recording_ms_ != 0) {
        return 0;
    }
    return surprises_.collect(static_cast<UnitId>(flags_.size()), out, [this](UnitId unit) {
        constexpr int kCandidate = kActive | kKnown;
        if ((flags_[unit] & (kCandidate | kReadNow | kWoken)) != kCandidate ||
            !is_worth_waking(unit, intervals_.get(unit))) {
            return false;
        }
        flags_[unit] = static_cast<std::uint8_t>(flags_[unit] | kWoken);
        return true;
    });
}

}  // namespace remora
