// How often each unit is read: within the bounds of its class, the more often the more it changes
// and the less a read costs.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "config/config.h"
#include "model/ids.h"
#include "model/intervals.h"
#include "sample/bounds.h"
#include "sample/family_costs.h"
#include "sample/health.h"
#include "sample/law_bins.h"
#include "sample/shedding.h"
#include "sample/surprises.h"
#include "sample/variance.h"

namespace remora {

struct SamplerOptions {
    SamplingConfig sampling;
    std::uint32_t quantum_ms = 0;  // the planner's; divides the base. 0: the base
    double overhead_ns = 60.0;     // of one value beside the read: ring, cache, sampler, rendering
    bool ignore_cost = false;      // every family costs alike; for comparisons
};

// Rates in nanoseconds of reads a second.
struct SolveResult {
    double lambda = 0;              // 0: the policy has no price
    double predicted_ns_per_s = 0;  // of the intervals chosen
    double full_ns_per_s = 0;       // of every unit at base
    double each_tick_ns = 0;  // not a rate: of one tick, what is read for each whatever the ceiling
    double least_ns_per_s = 0;  // of the others at their bounds, widened while all are read
    double bound_ns_per_s = 0;  // of the others at their bounds, not widened
    std::uint32_t units = 0;
    std::uint32_t units_at_base = 0;
    std::uint32_t units_shed = 0;  // not read at all
    std::uint32_t step = 0;        // of Shedding
};

// Decides by class (see AgeBounds): alert and broker are read for every tick; topics and clients
// too while all of them together cost at most half the ceiling; the rest by the law (see law.h),
// never beyond its bound. When the ceiling cannot carry that, lambda rises, then bounds widen (see
// Shedding).
//
// observe() applies the current lambda to its unit at once; solve() finds lambda for all of them.
//
// Thread safety: core thread only; meets the planner in the interval table only.
//
// Invariants:
//  (1) An interval in the table is within [min, max] of its unit's kind, or a back-off of Health,
//      or kIntervalNever (not read).
//  (2) Classes alert and broker are never at kIntervalNever.
//  (3) observe() and solve() take no memory.
class Sampler {
 public:
    Sampler(const SamplerOptions& options, IntervalTable& intervals);

    // Takes memory (21 bytes a unit, 38 with policy variance) and sets the interval to base. The
    // table must have room for `unit`. False when `unit` or the family is out of range.
    bool add_unit(UnitId unit, const UnitTraits& traits);
    void remove_unit(UnitId unit);
    // Other traits for a unit that stays. What was learnt about it stays, and its interval changes
    // only as far as the new limits demand.
    void update_unit(UnitId unit, const UnitTraits& traits);

    // Other options from now on. What was learnt stays; the next solve() writes every interval
    // anew. May take memory.
    void configure(const SamplerOptions& options);

    // A read. `deviation`: see model/deviation.h, >= 0. `elapsed_ns`: since the unit's last good
    // read, 0 when this is the first. Both are ignored when `status` is not kOk.
    // `is_audit`: a read that only the audit wanted, which must not wake others.
    void observe(UnitId unit, float deviation, std::int64_t elapsed_ns, wire::ReadStatus status,
                 std::int64_t now_ns, bool is_audit = false);

    void on_cost(FamilyId family, std::uint32_t units, double nanos) {
        costs_.on_cost(family, units, nanos);
    }

    // Writes every interval so that reads cost at most `budget_ns_per_s`, as far as the classes
    // alert and broker allow. `ceiling_ns_per_s`: of the whole agent. Policies other than adaptive
    // only write intervals. About 10 ns a unit, more when the budget binds.
    SolveResult solve(double budget_ns_per_s, double ceiling_ns_per_s);

    // While `interval_ms` is not 0 every unit is read at that interval whatever it costs: a trace
    // is recorded. The planner's quantum must divide it. Takes effect on new units, reads and
    // solve().
    void record_every(std::uint32_t interval_ms) { recording_ms_ = interval_ms; }

    // Units whose family has just been surprised so much that reading them now, before the tick,
    // buys more than the read time buys elsewhere. Call it when reads for a tick have been
    // observed, hand the units to Planner::wake(unit, true), read, and solve after the tick.
    // Returns how many were written to `out`; what does not fit waits for its interval, and is
    // looked at first the next time.
    std::size_t collect_wakes(std::span<UnitId> out);

    // Whether collect_wakes() would have had `unit` if it had not been read, when its interval was
    // `interval_ms` before that read. Only before the next solve().
    bool would_wake(UnitId unit, std::uint32_t interval_ms) const;

    const FamilyCosts& costs() const { return costs_; }
    const Health& health() const { return health_; }
    float volatility(UnitId unit) const { return volatility_[unit]; }
    bool is_shed(UnitId unit) const { return (flags_[unit] & kActive) != 0 && !kind(unit).is_read; }
    double lambda() const { return lambda_; }
    std::uint32_t step() const { return shedding_.step(); }
    // Of a unit that there is.
    UnitClass class_of(UnitId unit) const { return bounds_.class_of(kind_[unit]); }
    bool has(UnitId unit) const { return unit < flags_.size() && (flags_[unit] & kActive) != 0; }
    // Nothing of the unit may get older, but when the ceiling binds or its reads fail.
    std::uint32_t bound_ms(UnitId unit) const { return kind(unit).bound_ms; }
    std::uint32_t bound_ms(UnitClass unit_class) const;
    const SamplerOptions& options() const { return options_; }

 private:
    enum Flag : std::uint8_t {
        kActive = 1,
        kKnown = 2,    // its volatility was seen
        kReadNow = 4,  // since the last solve
        kWoken = 8,    // since the last solve
        kHigh = 16,    // AgeBounds::Expense of its reads
        kVeryHigh = 32,
    };

    AgeBounds::Expense expense(UnitId unit) const {
        return (flags_[unit] & kVeryHigh) != 0 ? AgeBounds::Expense::kVeryHigh
               : (flags_[unit] & kHigh) != 0   ? AgeBounds::Expense::kHigh
                                               : AgeBounds::Expense::kNone;
    }
    const AgeBounds::Kind& kind(UnitId unit) const {
        return bounds_.kind(kind_[unit], expense(unit));
    }
    float cost_ns(UnitId unit) const;
    float price_ns(UnitId unit) const;
    bool is_at_base(UnitId unit, const AgeBounds::Kind& kind) const;
    std::uint32_t law_interval(UnitId unit, const AgeBounds::Kind& kind) const;
    std::uint32_t interval_for(UnitId unit) const;
    void set_interval(UnitId unit, std::uint32_t interval_ms);
    void learn(UnitId unit, float deviation, std::int64_t elapsed_ns, bool is_audit);
    ClassCosts sum_up();
    void write_all(SolveResult& result);
    double fill_bins();
    double find_lambda(double budget_ns_per_s);
    bool is_worth_waking(UnitId unit, std::uint32_t interval_ms) const;

    SamplerOptions options_;
    IntervalTable& intervals_;
    AgeBounds bounds_;
    FamilyCosts costs_;
    Health health_;
    Shedding shedding_;
    Surprises surprises_;
    VarianceHistory variance_;
    LawBins bins_;
    double lambda_ = 0;
    bool topics_at_base_ = true;
    std::uint32_t recording_ms_ = 0;
    std::uint32_t active_ = 0;

    // By unit.
    std::vector<float> volatility_;  // scales a second
    std::vector<float> importance_;
    std::vector<std::uint16_t> family_;
    std::vector<std::uint16_t> kind_;
    std::vector<std::uint8_t> values_;
    std::vector<std::uint8_t> flags_;
    std::vector<std::uint8_t> reads_;  // up to kReadsUntilKnown
};

}  // namespace remora
