#include "sample/sampler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/clock.h"
#include "base/grow.h"
#include "base/limits.h"
#include "sample/sampler_inline.h"

namespace remora {
namespace {

// Pairs of kinds of intervals: those of a configuration and, while it is taken over, of the one
// before.
constexpr std::size_t kKindsMax = 2 * (2 * kRulesMax);
// Maximum intervals that a unit may rest while an alert, which is read at every base interval,
// vouches for it.
constexpr std::uint32_t kVouchedRest = 3;
// Counters stay at base because they are nearly free: no more than this share of the budget
// together.
constexpr double kCountersMost = 0.1;
constexpr double kHistoryScale = 6553.5;  // 10 scales fill 16 bits
// Of this many latest reads of a family; when fewer than kCalmShare of them found a change, a new
// unit of it is taken to be like the others.
constexpr float kCalmReads = 64;
constexpr float kCalmShare = 0.02F;

// Octaves of the nanoseconds that a read costs: up to 2^40, a quarter of an hour.
constexpr std::size_t kCostOctaves = 40;

std::size_t octave_of(double cost_ns) {
    const int octave = cost_ns >= 1 ? std::ilogb(cost_ns) : 0;
    return std::min(static_cast<std::size_t>(octave), kCostOctaves - 1);
}

SamplerOptions sane(SamplerOptions options) {
    options.interval_ms_base = std::max(options.interval_ms_base, 1U);
    options.interval_ms_min = std::max(options.interval_ms_min, 1U);
    options.interval_ms_max = std::max(options.interval_ms_max, options.interval_ms_min);
    if (options.interval_ms_quantum == 0 ||
        options.interval_ms_quantum > options.interval_ms_base) {
        options.interval_ms_quantum = options.interval_ms_base;
    }
    options.volatility_decay = std::clamp(options.volatility_decay, 0.001, 1.0);
    options.variance_high = std::max(options.variance_high, options.variance_low * 1.001);
    options.health.interval_ms_base = options.interval_ms_base;
    return options;
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options, IntervalTable& intervals)
    : options_(sane(options)), intervals_(intervals), health_(options_.health) {
    take_options();
}

void Sampler::take_options() {
    const double base_s = options_.interval_ms_base / kMsPerSecond;
    per_base_square_ = static_cast<float>(1.0 / (base_s * base_s));
    overhead_ns_ = static_cast<float>(options_.overhead_ns);
    family_share_ = static_cast<float>(options_.family_share);
    change_worth_ = static_cast<float>(options_.change_worth);
    jump_worth_ = static_cast<float>(options_.jump_worth);
}

void Sampler::fill_in(std::uint32_t kind) {
    Limits& limits = kinds_[kind];
    limits.base_ms = limits.rule_base_ms != 0 ? limits.rule_base_ms : options_.interval_ms_base;
    // A rule's base moves the global minimum along: a unit is never read more often than its rule's
    // base unless the rule says so.
    const std::uint32_t min_ms =
        limits.rule_base_ms != 0 ? limits.rule_base_ms : options_.interval_ms_min;
    limits.min_ms = limits.rule_min_ms != 0 ? limits.rule_min_ms : min_ms;
    limits.max_ms = limits.rule_max_ms != 0 ? limits.rule_max_ms : options_.interval_ms_max;
    limits.max_ms = std::max(limits.max_ms, limits.min_ms);
    limits.base_ms = std::clamp(limits.base_ms, limits.min_ms, limits.max_ms);
    if (kind % 2 == kVouched && limits.rule_max_ms == 0) {
        limits.max_ms *= kVouchedRest;
    }
    limits.base_per_s = kMsPerSecond / limits.base_ms;
    limits.max_per_s = kMsPerSecond / limits.max_ms;
    const std::uint32_t n_max = std::max(1U, limits.max_ms / options_.interval_ms_base);
    limits.square_max = static_cast<float>(n_max) * static_cast<float>(n_max) / per_base_square_;
    limits.top_ms = std::clamp(n_max * options_.interval_ms_base, limits.min_ms, limits.max_ms);
}

std::uint16_t Sampler::limits_of(const UnitTraits& traits) {
    for (std::size_t kind = 0; kind < kinds_.size(); kind += 2) {
        const Limits& have = kinds_[kind];
        if (have.rule_min_ms == traits.interval_ms_min &&
            have.rule_base_ms == traits.interval_ms_base &&
            have.rule_max_ms == traits.interval_ms_max) {
            return static_cast<std::uint16_t>(kind);
        }
    }
    if (kinds_.size() >= kKindsMax) {
        return 0;
    }
    Limits wanted{};
    wanted.rule_min_ms = traits.interval_ms_min;
    wanted.rule_base_ms = traits.interval_ms_base;
    wanted.rule_max_ms = traits.interval_ms_max;
    const auto kind = static_cast<std::uint32_t>(kinds_.size());
    kinds_.insert(kinds_.end(), 2, wanted);
    fill_in(kind);
    fill_in(kind + kVouched);
    make_bins();
    return static_cast<std::uint16_t>(kind);
}

void Sampler::make_bins() {
    bins_.assign(kBinFirst + kinds_.size() / 2 * kBinsOfKind, Bin{});
    bins_[kNever].interval_ms = kIntervalNever;
    full_bins_.clear();
    full_bins_.reserve(bins_.size());
}

// Kinds of former configurations would add up; units that have not been updated yet keep theirs.
void Sampler::drop_unused_kinds() {
    std::vector<std::uint16_t> place(kinds_.size(), 0xFFFF);
    std::vector<Limits> used;
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if ((flags_[unit] & kActive) == 0) {
            continue;
        }
        std::uint16_t& to = place[limits_[unit]];
        if (to == 0xFFFF) {
            to = static_cast<std::uint16_t>(used.size());
            used.insert(used.end(), 2, kinds_[limits_[unit]]);
        }
        limits_[unit] = to;
    }
    kinds_ = std::move(used);
    make_bins();
}

void Sampler::configure(const SamplerOptions& options) {
    options_ = sane(options);
    take_options();
    health_.set_options(options_.health);
    drop_unused_kinds();
    for (std::uint32_t kind = 0; kind < kinds_.size(); ++kind) {
        fill_in(kind);
    }
    if (options_.policy != SamplePolicy::kVariance) {
        history_ = {};
    } else if (history_.empty()) {
        history_.resize(flags_.size() * kHistory);
        std::fill(reads_.begin(), reads_.end(), std::uint8_t{0});
        clear_flag(kKnown);  // deviations are remembered from here on
    }
    if (options_.policy != SamplePolicy::kBudget) {
        clear_flag(kShed);
        clear_flag(kStirred);
        shed_ = 0;
    }
    shed_order_stale_ = true;
}

void Sampler::clear_flag(Flag flag) {
    using Flags = decltype(flags_)::value_type;
    for (auto& flags : flags_) {
        flags = static_cast<Flags>(flags & ~flag);
    }
}

void Sampler::update_unit(UnitId unit, const UnitTraits& traits) {
    if (unit >= flags_.size() || (flags_[unit] & kActive) == 0) {
        return;
    }
    using Flags = decltype(flags_)::value_type;
    const Flags pins =
        static_cast<Flags>((traits.is_alert ? kAlert : 0) | (traits.is_counter ? kCounter : 0));
    const float importance = traits.importance > 0 ? traits.importance : 1.0F;
    const std::uint16_t limits = limits_of(traits);
    const auto kept = static_cast<Flags>(flags_[unit] & ~(kAlert | kCounter));
    if (flags_[unit] == (kept | pins) && importance_[unit] == importance &&
        limits_[unit] == limits) {
        return;
    }
    flags_[unit] = static_cast<Flags>(kept | pins);
    importance_[unit] = importance;
    limits_[unit] = limits;
    shed_order_stale_ = true;
    if ((flags_[unit] & kShed) == 0 && !health_.is_failing(unit)) {
        set_interval(unit, interval_for(unit));
    }
}

bool Sampler::add_unit(UnitId unit, const UnitTraits& traits, std::int64_t /*now_ns*/) {
    if (unit >= kUnitsMax || traits.family >= kFamiliesMax) {
        return false;
    }
    if (unit >= flags_.size()) {
        const std::size_t size = unit + 1UL;
        grow(volatility_, size);
        grow(importance_, size);
        grow(family_, size);
        grow(limits_, size);
        grow(values_, size);
        grow(flags_, size);
        grow(sentinel_, size);
        grow(moved_ms_, size);
        grow(heard_ms_, size);
        grow(bin_, size);
        grow(reads_, size);
        grow(shed_order_, size);
        health_.reserve(static_cast<UnitId>(size - 1));
        if (options_.policy == SamplePolicy::kVariance) {
            grow(history_, size * kHistory);
        }
    }
    remove_unit(unit);
    costs_.reserve(traits.family);
    if (traits.family >= families_.size()) {
        families_.resize(traits.family + 1);
    }
    volatility_[unit] = 0;
    importance_[unit] = traits.importance > 0 ? traits.importance : 1.0F;
    family_[unit] = static_cast<std::uint16_t>(traits.family);
    limits_[unit] = limits_of(traits);
    values_[unit] = static_cast<std::uint8_t>(std::min<std::uint16_t>(traits.values, 255));
    reads_[unit] = 0;
    if (!history_.empty()) {
        std::fill_n(history_.begin() + static_cast<std::ptrdiff_t>(unit * kHistory), kHistory,
                    std::uint16_t{0});
    }
    sentinel_[unit] = kNoUnit;
    flags_[unit] = static_cast<std::uint16_t>(kActive | (traits.is_alert ? kAlert : 0) |
                                              (traits.is_counter ? kCounter : 0));
    ++active_;
    shed_order_stale_ = true;
    set_interval(unit, recording_ms_ != 0 ? recording_ms_ : kinds_[limits_[unit]].base_ms);
    return true;
}

void Sampler::remove_unit(UnitId unit) {
    if (unit >= flags_.size() || (flags_[unit] & kActive) == 0) {
        return;
    }
    health_.forget(unit);
    flags_[unit] = 0;
    --active_;
    shed_order_stale_ = true;
}

// After a round: unit and sentinel may have been read in any order, so now is the time to compare.
inline void Sampler::settle_sentinel(UnitId unit) {
    const std::uint16_t flags = flags_[unit];
    const UnitId sentinel = sentinel_[unit];
    if (sentinel == kNoUnit || (flags & kReadNow) == 0) {
        return;
    }
    const bool silent = !has_sentinel_moved(unit) && (flags & kStirred) == 0;
    if ((flags & kChanged) != 0) {
        flags_[unit] =
            silent ? flags | kDistrusting : flags & static_cast<std::uint16_t>(~kDistrusting);
    }
    heard_ms_[unit] = moved_ms_[sentinel];
}

std::uint32_t Sampler::variance_interval(UnitId unit) const {
    const Limits& limits = kinds_[limits_[unit]];
    if ((flags_[unit] & kKnown) == 0) {
        return limits.base_ms;
    }
    const std::uint16_t* deviations = &history_[unit * kHistory];
    const std::size_t held = std::min<std::size_t>(reads_[unit], kHistory);
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < held; ++i) {
        const double deviation = deviations[i] / kHistoryScale;
        sum += deviation;
        squares += deviation * deviation;
    }
    const double mean = sum / static_cast<double>(held);
    const double variance = squares / static_cast<double>(held) - mean * mean;
    if (variance >= options_.variance_high) {
        return limits.min_ms;
    }
    if (variance <= options_.variance_low) {
        return limits.max_ms;
    }
    const double share =
        (options_.variance_high - variance) / (options_.variance_high - options_.variance_low);
    const double ms = limits.min_ms + share * (limits.max_ms - limits.min_ms);
    const double seconds = ms / kMsPerSecond;
    return on_grid(static_cast<float>(seconds * seconds), limits);
}

inline std::uint32_t Sampler::interval_for(UnitId unit) const {
    const Limits& limits = kinds_[limits_[unit]];
    if (recording_ms_ != 0) {
        return recording_ms_;
    }
    if (is_pinned(unit)) {
        return limits.base_ms;
    }
    switch (options_.policy) {
        case SamplePolicy::kFixed:
            return std::clamp(options_.interval_ms_fixed, limits.min_ms, limits.max_ms);
        case SamplePolicy::kVariance:
            return variance_interval(unit);
        case SamplePolicy::kBudget:
            break;
    }
    return law_interval(unit);
}

void Sampler::learn(UnitId unit, float deviation, std::int64_t elapsed_ns, bool first_changed) {
    const std::uint8_t reads = reads_[unit];
    if (elapsed_ns > 0) {
        const auto most = static_cast<float>(options_.deviation_max);
        const float capped = deviation < most ? std::max(deviation, 0.0F) : most;
        const float seconds = static_cast<float>(elapsed_ns) / static_cast<float>(kNanosPerSecond);
        const bool changed = capped > 0 && first_changed;
        const float moving = moving_s(unit, seconds);
        const float jump = std::min(capped, 1.0F);
        const float worth = capped + change_worth_ + jump_worth_ * jump * jump;
        const float rate = (capped > 0 ? worth : 0.0F) / moving;
        flags_[unit] = changed ? flags_[unit] | kChanged
                               : flags_[unit] & static_cast<std::uint16_t>(~kChanged);
        if (changed) {
            moved_ms_[unit] +=
                static_cast<std::uint32_t>(moving * static_cast<float>(kMsPerSecond));
        }
        float& volatility = volatility_[unit];
        Family& family = families_[family_[unit]];
        if ((flags_[unit] & kStirred) == 0) {
            family.surprise += std::max(capped - volatility * seconds, 0.0F);
            family.elapsed_s += seconds;
            family.reads += 1;
            family.change_share += ((capped > 0 ? 1.0F : 0.0F) - family.change_share) / kCalmReads;
        }
        if ((flags_[unit] & kStirred) == 0 || has_sentinel_moved(unit)) {
            const auto decay = static_cast<float>(options_.volatility_decay);
            volatility = rate >= volatility ? rate : volatility + decay * (rate - volatility);
        }
        if (!history_.empty()) {
            history_[unit * kHistory + reads % kHistory] =
                static_cast<std::uint16_t>(capped * static_cast<float>(kHistoryScale));
        }
    }
    flags_[unit] |= kReadNow;
    // Counts on around 8 once there, so that `reads % kHistory` goes round.
    reads_[unit] = reads == 255 ? static_cast<std::uint8_t>(255 - kHistory + 1)
                                : static_cast<std::uint8_t>(reads + 1);
    if (is_known(unit)) {
        flags_[unit] |= kKnown;
    }
}

// Its volatility was seen, or has been seen in the others of its family: none. Hundreds of
// partitions may come at once.
bool Sampler::is_known(UnitId unit) const {
    return reads_[unit] >= options_.reads_until_known ||
           (volatility_[unit] == 0 && families_[family_[unit]].change_share < kCalmShare);
}

void Sampler::observe(UnitId unit, float deviation, std::int64_t elapsed_ns,
                      wire::ReadStatus status, std::int64_t now_ns, bool first_changed) {
    if (unit >= flags_.size() || (flags_[unit] & kActive) == 0) {
        return;
    }
    if (status != wire::ReadStatus::kOk || health_.is_failing(unit)) {
        const std::uint32_t back_off_ms = health_.on_read(unit, status, now_ns);
        if (back_off_ms != 0) {
            set_interval(unit, back_off_ms);
            return;
        }
    }
    learn(unit, deviation, elapsed_ns, first_changed);
    if ((flags_[unit] & kShed) == 0) {
        set_interval(unit, interval_for(unit));
    }
}

void Sampler::learn_families() {
    const auto decay = static_cast<float>(options_.family_decay);
    for (Family& family : families_) {
        if (family.elapsed_s > 0) {
            const float rate = family.surprise / family.elapsed_s;
            family.volatility = rate >= family.volatility
                                    ? rate
                                    : family.volatility + decay * (rate - family.volatility);
        }
        family.surprise = 0;
        family.elapsed_s = 0;
        family.reads = 0;
    }
}

// The bin of an active unit, and what the unit adds to its bin and to the sums. A call for each
// unit would make solve() a third slower.
[[gnu::always_inline]] inline void Sampler::into_bin(UnitId unit, bool idle, Sums& sums) {
    const std::uint16_t flags = flags_[unit];
    const Limits& limits = kinds_[limits_[unit]];
    const auto cost = static_cast<double>(cost_ns(unit));
    const double at_base = cost * limits.base_per_s;
    sums.full += at_base;
    if (health_.is_failing(unit)) {
        bin_[unit] = kLeave;
    } else if ((flags & (kShed | kAlert)) == kShed) {
        bin_[unit] = kNever;
    } else if (is_pinned(unit)) {
        bin_[unit] = first_bin(unit) + kAtBase;
        sums.units_at_base += 1;
        if ((flags & kAlert) != 0) {
            sums.alerts += at_base;
        } else if ((flags & kKnown) != 0) {
            sums.counters += at_base;
        } else {
            sums.fresh += at_base;
            sums.least += cost * limits.max_per_s;
        }
    } else {
        const std::uint32_t place = law_bin(unit, idle);
        bin_[unit] = place;
        Bin& bin = bins_[place];
        bin.cost_ns += cost;
        if (bin.units++ == 0) {
            full_bins_.push_back(place);
        }
    }
}

void Sampler::sum_up(Sums& sums) {
    for (const std::uint32_t bin : full_bins_) {
        bins_[bin] = Bin{};
    }
    full_bins_.clear();
    const auto units = static_cast<UnitId>(flags_.size());
    for (UnitId unit = 0; unit < units; ++unit) {
        if ((flags_[unit] & kActive) == 0) {
            bin_[unit] = kLeave;
            continue;
        }
        settle_sentinel(unit);
        if ((flags_[unit] & kStirred) != 0) [[unlikely]] {
            settle_stirred(unit);
        }
        const bool idle = is_idle(unit);
        const auto kept = flags_[unit] & static_cast<std::uint16_t>(~(kReadNow | kWoken | kIdle));
        flags_[unit] = static_cast<std::uint16_t>(kept | (idle ? kIdle : 0));
        into_bin(unit, idle, sums);
    }
    for (const std::uint32_t bin : full_bins_) {
        sums.least += bins_[bin].cost_ns * kinds_[key_of(bin).kind].max_per_s;
    }
}

// Which counters stay at base: up to the dearest octave for which all of them together cost at most
// `most_ns_per_s`. A single bean that takes milliseconds must not make steps of the thousand that
// take nothing.
void Sampler::choose_counters(double most_ns_per_s) {
    constexpr int kWanted = kActive | kCounter;
    std::array<double, kCostOctaves> by_cost{};
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if ((flags_[unit] & (kWanted | kAlert | kShed | kKnown)) == (kWanted | kKnown)) {
            const double cost = cost_ns(unit);
            by_cost[octave_of(cost)] += cost * kinds_[limits_[unit]].base_per_s;
        }
    }
    double sum = 0;
    std::size_t octave = 0;
    while (octave < kCostOctaves && sum + by_cost[octave] <= most_ns_per_s) {
        sum += by_cost[octave++];
    }
    counter_cost_max_ = octave == kCostOctaves ? kAnyCost
                        : octave == 0          ? 0.0F
                                      : std::nextafter(std::exp2(static_cast<float>(octave)), 0.0F);
}

// Read time a second of all units under the law.
double Sampler::law_cost(double lambda) const {
    double sum = 0;
    for (const std::uint32_t bin : full_bins_) {
        const BinKey key = key_of(bin);
        sum +=
            bins_[bin].cost_ns / on_grid(static_cast<float>(lambda) * key.price, kinds_[key.kind]);
    }
    return sum * kMsPerSecond;
}

// The least lambda under which the law costs at most `budget_ns_per_s`. The cost falls with lambda,
// in steps (the grid), so this halves a bracket of logarithms.
double Sampler::find_lambda(double budget_ns_per_s) const {
    double low = -70;
    double high = 70;
    if (law_cost(std::exp2(low)) <= budget_ns_per_s) {
        return std::exp2(low);
    }
    for (int i = 0; i < 20; ++i) {
        const double middle = (low + high) / 2;
        (law_cost(std::exp2(middle)) <= budget_ns_per_s ? high : low) = middle;
    }
    return std::exp2(high);
}

// Sets every interval as lambda says. Returns how many units it puts at base.
std::uint32_t Sampler::write_law() {
    std::uint32_t at_base = 0;
    for (const std::uint32_t place : full_bins_) {
        const BinKey key = key_of(place);
        Bin& bin = bins_[place];
        const Limits& limits = kinds_[key.kind];
        bin.interval_ms = on_grid(static_cast<float>(lambda_) * key.price, limits);
        at_base += bin.interval_ms <= limits.base_ms ? bin.units : 0;
    }
    for (std::uint32_t kind = 0; kind < kinds_.size(); kind += 2) {
        bins_[kBinFirst + kind / 2 * kBinsOfKind + kAtBase].interval_ms = kinds_[kind].base_ms;
    }
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if (bin_[unit] != kLeave) {
            set_interval(unit, bins_[bin_[unit]].interval_ms);
        }
    }
    return at_base;
}

// The same for other policies, which know no budget. Adds up what the intervals cost.
std::uint32_t Sampler::write_each(double& cost_ns_per_s) {
    std::uint32_t at_base = 0;
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        if ((flags_[unit] & kActive) == 0 || health_.is_failing(unit)) {
            continue;
        }
        const std::uint32_t interval_ms = interval_for(unit);
        set_interval(unit, interval_ms);
        cost_ns_per_s += static_cast<double>(cost_ns(unit)) * kMsPerSecond / interval_ms;
        at_base += interval_ms <= kinds_[limits_[unit]].base_ms ? 1 : 0;
    }
    return at_base;
}

SolveResult Sampler::solve(double budget_ns_per_s) {
    SolveResult result;
    const bool law = options_.policy == SamplePolicy::kBudget && recording_ms_ == 0;
    Sums sums;
    learn_families();
    counter_cost_max_ = kAnyCost;
    if (law) {
        choose_counters(kCountersMost * budget_ns_per_s);
    }
    sum_up(sums);
    for (int i = 0; law && i < 3 && shed_or_take_back(sums, budget_ns_per_s); ++i) {
        sums = Sums{};
        sum_up(sums);
    }
    result.pinned_ns_per_s = sums.alerts + sums.counters;
    result.least_ns_per_s = result.pinned_ns_per_s + sums.least;
    result.full_ns_per_s = sums.full;
    if (law) {
        const double held = result.pinned_ns_per_s + sums.fresh;
        lambda_ = find_lambda(std::max(budget_ns_per_s - held, 0.0));
        result.predicted_ns_per_s = held + law_cost(lambda_);
        result.units_at_base = sums.units_at_base + write_law();
    } else {
        result.units_at_base = write_each(result.predicted_ns_per_s);
    }
    result.lambda = lambda_;
    result.units = active_;
    result.units_shed = shed_;
    result.is_over_budget = law && result.predicted_ns_per_s > budget_ns_per_s;
    return result;
}

}  // namespace remora
