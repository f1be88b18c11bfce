// How often each unit is read: the CPU budget spent where it buys the most accuracy.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/ids.h"
#include "model/intervals.h"
#include "sample/family_costs.h"
#include "sample/health.h"

namespace remora {

enum class SamplePolicy : std::uint8_t {
    kBudget,    // the square-root law
    kVariance,  // variance of the last deviations: high -> min interval, low -> max, linear between
    kFixed,     // every unit at one interval
};

// Intervals in milliseconds. Those of at least the base interval are rounded to multiples of it.
struct SamplerOptions {
    SamplePolicy policy = SamplePolicy::kBudget;
    std::uint32_t interval_ms_base = 10'000;
    std::uint32_t interval_ms_min = 10'000;  // below the base: reads between two ticks
    std::uint32_t interval_ms_max = 900'000;
    std::uint32_t interval_ms_fixed = 10'000;    // kFixed
    std::uint32_t interval_ms_quantum = 10'000;  // the planner's; divides the base

    double volatility_decay =
        0.1;  // share of a calmer read that is believed; a wilder one is believed at once
    double deviation_max = 10.0;  // a read that lands further off counts as this far
    // Scales that a change counts for beyond its size: to be told of it soon is worth something
    // however small it is.
    double change_worth = 0.5;
    // Scales that a change of a scale or more counts for on top, one of half a scale a quarter of
    // it. What jumps that far between two reads has wandered as far in much less time: its
    // deviation over the time between them understates what reading it more often buys.
    double jump_worth = 1.2;
    // What took units of a family by surprise (moved more than their own volatility said) may take
    // the others too: each gets this share of the family's mean rate of surprise on top of its own.
    // Families that never change stay at 0.
    double family_share = 0.3;
    double family_decay = 0.1;           // share of a calmer solve that is believed
    std::uint8_t reads_until_known = 3;  // one in a family whose units do not change
    double overhead_ns = 60.0;  // of one value beside the read: ring, cache, sampler, rendering
    bool ignore_cost = false;   // every family costs alike; for comparisons

    // kVariance: of the deviation over the last kHistory reads, in scales squared.
    double variance_low = 0.0001;
    double variance_high = 0.01;

    HealthOptions health;
};

// What is known of a unit when it is registered. Zero intervals: the global ones.
struct UnitTraits {
    FamilyId family = 0;
    float importance = 1.0F;   // > 0; 2: its error counts double
    std::uint16_t values = 1;  // that a read of it brings
    bool is_alert = false;     // read at base whatever it costs, never shed
    bool is_counter = false;   // nearly free and must not become a stair-step: read at base,
                               // the cheapest first, as far as a tenth of the budget goes
    std::uint32_t interval_ms_min = 0;
    std::uint32_t interval_ms_base = 0;
    std::uint32_t interval_ms_max = 0;
};

// Rates in nanoseconds of read time a second.
struct SolveResult {
    double lambda = 0;
    double predicted_ns_per_s = 0;  // of the intervals chosen
    double full_ns_per_s = 0;       // of every unit at base
    double pinned_ns_per_s = 0;     // of alerts and counters, which the law does not touch
    double least_ns_per_s = 0;      // of everything at its maximum interval
    std::uint32_t units = 0;
    std::uint32_t units_at_base = 0;
    std::uint32_t units_shed = 0;
    bool is_over_budget = false;  // even with everything shed that may be
};

// The law: between two reads T apart a unit's cached value is wrong by about v T (v: volatility,
// scales a second); reading costs c. Minimising sum w v T under sum c / T <= B gives T =
// sqrt(lambda c / (w v)) within [min, max]. Emission has a grid, so T = n base; going from n to n +
// 1 reads pays when n (n + 1) <= lambda c / (w v base^2), which rounds to n = floor(1/2 + sqrt(1/4
// + lambda c / (w v base^2))).
//
// While an alert vouches for a unit (its sentinel is one, and silent), its maximum interval is
// three times as long, unless a rule sets it.
//
// observe() applies the current lambda to its unit at once; solve() finds lambda for all of them.
//
// Thread safety: core thread only; meets the planner in the interval table only.
//
// Invariants:
//  (1) An interval in the table is within [min, max] of its unit (vouched for: three times max), or
//  a back-off of Health, or kIntervalNever. (2) After solve() predicted <= budget, or
//  is_over_budget. (3) observe() and solve() take no memory.
class Sampler {
 public:
    static constexpr std::size_t kHistory = 8;

    Sampler(const SamplerOptions& options, IntervalTable& intervals);

    // Takes memory (42 bytes a unit, 58 with kVariance) and sets the interval to base. The table
    // must have room for `unit`. False when `unit` or the family is out of range.
    bool add_unit(UnitId unit, const UnitTraits& traits, std::int64_t now_ns);
    void remove_unit(UnitId unit);
    // Other traits for a unit that stays: what was learnt of it stays too, and its interval changes
    // only as far as its new limits say.
    void update_unit(UnitId unit, const UnitTraits& traits);

    // Other options from now on. What was learnt stays; the next solve() writes every interval
    // anew. May take memory.
    void configure(const SamplerOptions& options);

    // A read. `deviation`: see model/deviation.h, >= 0. `elapsed_ns`: since the unit's last good
    // read, 0 when this is the first. Both are ignored when `status` is not kOk. `first_changed`:
    // its first value did, if any; that is what tells for others (of a meter the count: rates
    // always change).
    void observe(UnitId unit, float deviation, std::int64_t elapsed_ns, wire::ReadStatus status,
                 std::int64_t now_ns, bool first_changed = true);

    // `sentinel` tells for `unit`: while it does not change, `unit` does not either. kNoUnit: none
    // does. Held against what is read. The sentinel outlives the bond.
    void set_sentinel(UnitId unit, UnitId sentinel);

    // Something that is not read tells that `unit` has changed or is about to: the next
    // collect_wakes() has it, whatever its interval, and the one after when it had not changed yet.
    // What these reads find is no surprise.
    void stir(UnitId unit);

    void on_cost(FamilyId family, std::uint32_t units, double nanos) {
        costs_.on_cost(family, units, nanos);
    }

    // Chooses lambda, sheds and takes back so that predicted reading costs at most
    // `budget_ns_per_s`, and writes every interval. Policies other than kBudget only write
    // intervals. About 15 ns a unit, and 41 KB of bins for each set of intervals that rules give.
    SolveResult solve(double budget_ns_per_s);

    // While `interval_ms` is not 0 every unit is read at that interval whatever it costs: a trace
    // is recorded. The planner's quantum must divide it. Takes effect on new units, reads and
    // solve().
    void record_every(std::uint32_t interval_ms) { recording_ms_ = interval_ms; }

    // Units whose family has just been surprised so much that reading them now, before the tick,
    // buys more than the read time buys elsewhere. Call it when the reads for a tick have been
    // observed, hand the units to Planner::wake(unit, true), read, and solve after the tick.
    // Returns how many were written to `out`; what does not fit waits for its interval.
    std::size_t collect_wakes(std::span<UnitId> out);

    const FamilyCosts& costs() const { return costs_; }
    const Health& health() const { return health_; }
    float volatility(UnitId unit) const { return volatility_[unit]; }
    bool is_shed(UnitId unit) const { return (flags_[unit] & kShed) != 0; }
    double lambda() const { return lambda_; }
    std::uint32_t interval_ms_max() const { return options_.interval_ms_max; }

 private:
    enum Flag : std::uint16_t {
        kActive = 1,
        kAlert = 2,
        kCounter = 4,
        kKnown = 8,
        kShed = 16,
        kReadNow = 32,       // since the last solve
        kWoken = 64,         // since the last solve
        kChanged = 128,      // its last read did
        kDistrusting = 256,  // its sentinel was wrong
        kStirred = 512,      // it has changed or will in a moment
        kReadInVain = 1024,  // since it was stirred
        kIdle = 2048,        // at the last solve
    };

    // Intervals of a kind of unit; few kinds exist, so they are shared.
    struct Limits {
        std::uint32_t rule_min_ms;  // as the traits said, 0: not
        std::uint32_t rule_base_ms;
        std::uint32_t rule_max_ms;
        std::uint32_t min_ms;
        std::uint32_t base_ms;
        std::uint32_t max_ms;
        double base_per_s;  // reads a second at base and at max
        double max_per_s;
        double square_max;     // squared interval, seconds, from which on it is the maximum
        std::uint32_t top_ms;  // the maximum on the grid
    };
    // Units that have the same interval whatever lambda is.
    struct Bin {
        double cost_ns = 0;  // one read of all of them
        std::uint32_t units = 0;
        std::uint32_t interval_ms = 0;
    };
    // What a bin under the law stands for.
    struct BinKey {
        std::uint32_t kind;
        float price;  // c / (w v)
    };
    // The first two bins; then those of each kind: one for each size of c / (w v), and these.
    static constexpr std::uint32_t kLeave = 0;  // whose interval is not the law's to say
    static constexpr std::uint32_t kNever = 1;
    static constexpr std::uint32_t kBinFirst = 2;
    static constexpr std::uint32_t kSizes = 64 * 32;
    static constexpr std::uint32_t kAtBase = kSizes;
    static constexpr std::uint32_t kVouchedFor = kSizes + 1;
    static constexpr std::uint32_t kBinsOfKind = kSizes + 2;
    // Kinds come in pairs, for units on their own and for those that an alert vouches for.
    static constexpr std::uint32_t kVouched = 1;
    struct Sums;
    static constexpr float kAnyCost = 1e30F;

    std::uint16_t limits_of(const UnitTraits& traits);
    void take_options();
    void fill_in(std::uint32_t kind);
    void make_bins();
    void drop_unused_kinds();
    void clear_flag(Flag flag);
    bool is_known(UnitId unit) const;
    float cost_ns(UnitId unit) const;
    float worth(UnitId unit, bool idle) const;
    std::uint32_t first_bin(UnitId unit) const;
    std::uint32_t law_bin(UnitId unit, bool idle) const;
    static BinKey key_of(std::uint32_t bin);
    bool is_pinned(UnitId unit) const;
    bool is_smooth_counter(UnitId unit) const;
    std::uint32_t on_grid(float square, const Limits& limits) const;
    std::uint32_t law_interval(UnitId unit) const;
    std::uint32_t variance_interval(UnitId unit) const;
    std::uint32_t interval_for(UnitId unit) const;
    void set_interval(UnitId unit, std::uint32_t interval_ms);
    void learn(UnitId unit, float deviation, std::int64_t elapsed_ns, bool first_changed);
    void sum_up(Sums& sums);
    void choose_counters(double most_ns_per_s);
    bool shed_or_take_back(const Sums& sums, double budget_ns_per_s);
    void sort_for_shedding();
    double find_lambda(double budget_ns_per_s) const;
    double law_cost(double lambda) const;
    std::uint32_t write_law();
    void into_bin(UnitId unit, bool idle, Sums& sums);
    std::uint32_t write_each(double& cost_ns_per_s);
    void learn_families();
    bool wakes() const { return options_.policy == SamplePolicy::kBudget && recording_ms_ == 0; }
    bool is_worth_waking(UnitId unit, float surprise) const;
    bool has_sentinel_moved(UnitId unit) const;
    bool is_idle(UnitId unit) const;
    bool is_stirred(UnitId unit) const;
    void settle_stirred(UnitId unit);
    float moving_s(UnitId unit, float elapsed_s) const;
    void settle_sentinel(UnitId unit);

    SamplerOptions options_;
    IntervalTable& intervals_;
    FamilyCosts costs_;
    Health health_;
    double lambda_ = 0;
    std::uint32_t recording_ms_ = 0;
    float counter_cost_max_ = kAnyCost;  // dearer counters are under the law

    // By unit.
    std::vector<float> volatility_;  // scales a second
    std::vector<float> importance_;
    std::vector<std::uint16_t> family_;
    std::vector<std::uint16_t> limits_;
    std::vector<std::uint8_t> values_;
    std::vector<std::uint16_t> flags_;
    std::vector<UnitId> sentinel_;
    std::vector<std::uint32_t> moved_ms_;  // time in which it was found to change; wraps
    std::vector<std::uint32_t> heard_ms_;  // its sentinel's at its own last read
    std::vector<std::uint32_t> bin_;       // at the last solve
    std::vector<std::uint8_t> reads_;
    std::vector<std::uint16_t> history_;  // kHistory a unit; kVariance only
    std::vector<UnitId>
        shed_order_;  // least important and least accuracy for its price first; [0, shed_) is shed
    std::uint32_t shed_ = 0;
    std::uint32_t shed_sorted_ = 0;  // how many units the order covers
    bool shed_order_stale_ = true;

    struct Family {
        float volatility = 0;    // rate of surprise, scales a second
        float change_share = 1;  // of its latest reads: those that found a change
        // Since the last solve: sum of surprises, of the time they cover, number of reads.
        float surprise = 0;
        float elapsed_s = 0;
        float reads = 0;
    };
    std::vector<Family> families_;

    std::vector<Limits> kinds_;
    std::vector<Bin> bins_;
    std::vector<std::uint32_t> full_bins_;  // those under the law that have units
    // Of the options, as the hot loops want them.
    float overhead_ns_ = 0;
    float family_share_ = 0;
    float change_worth_ = 0;
    float jump_worth_ = 0;
    float per_base_square_ = 0;  // 1 / base interval squared, seconds
    std::uint32_t active_ = 0;
};

}  // namespace remora
