// The units as registration knows them: ids, places under the caps, and what distinguishes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/counter_table.h"
#include "config/config.h"
#include "model/bean.h"
#include "model/ids.h"
#include "model/intervals.h"
#include "plan/planner.h"
#include "ring/spsc_channel.h"
#include "select/admission.h"
#include "select/selector.h"

namespace remora {

// Equal for two units that read and name the same values in the same order and are both part of an
// aggregate or both not. How an aggregate is made may change: it stays.
std::uint64_t shape_of(const Bean& bean, const Selection& selection);

// Gives out ids, and with each a place in the plan and in the table of intervals.
//
// Thread safety: collector thread only.
//
// Invariants:
//  (1) An id is used again only after the core gave it back: no message of an old unit is taken
//  for a new one's.
//  (2) The counters of units and series are what the admission has.
class UnitTable {
 public:
    struct Unit {
        std::uint64_t name_hash = 0;
        std::uint64_t shape = 0;  // of its slots
        FamilyId family = 0;
        UnitId aggregate = kNoUnit;  // what is made of it
        std::uint16_t series = 0;
        bool in_use = false;
        bool is_metric_object = false;
        bool is_known_before = false;  // registered before the sweep, not offered again yet
    };

    // `freed`: ids that the core gave back. All references outlive this.
    UnitTable(const LimitsConfig& limits, Planner& planner, IntervalTable& intervals,
              SpscChannel<UnitId>& freed, CounterTable& counters);

    // A place for a new unit, in `unit`, which is not in use until enter(). Otherwise the cap that
    // leaves it out. `interval_ms`: at first; kIntervalNever: not read yet.
    Cap admit(FamilyId family, std::uint32_t series, Claim claim, std::uint32_t interval_ms,
              UnitId& unit);
    // Undoes admit(). REQUIRES: the core has not heard of the unit.
    void take_back(UnitId unit, FamilyId family, std::uint32_t series);
    // The unit gets what is known of it. REQUIRES: it was admitted, and `entry.in_use`.
    void enter(UnitId unit, const Unit& entry);
    // A unit that stays is offered again: under other caps it is admitted anew.
    Cap readmit(UnitId unit, Claim claim);
    // A unit that others make has no place in the plan.
    void make_unread(UnitId unit);
    // The unit leaves the plan and the caps. REQUIRES: has(unit).
    void remove(UnitId unit);

    bool has(UnitId unit) const { return unit < units_.size() && units_[unit].in_use; }
    // REQUIRES: has(unit).
    const Unit& at(UnitId unit) const { return units_[unit]; }
    void set_aggregate(UnitId unit, UnitId aggregate) { units_[unit].aggregate = aggregate; }
    // Ids that are not free.
    std::size_t used() const { return units_.size() - free_ids_.size(); }

    // The next sweep fills the caps anew, in its order.
    void admit_anew() { readmits_ = true; }
    // Every bean is about to be offered again. Returns whether the caps are filled anew, which they
    // are when `limits` are others. Takes 16 bytes a unit until the end.
    bool begin_sweep(const LimitsConfig& limits);
    void end_sweep();
    // The unit that the bean of that name had before the sweep and that was not offered again yet;
    // kNoUnit: none.
    UnitId known_unit(std::uint64_t name_hash) const;

 private:
    struct Known {
        std::uint64_t name_hash;
        UnitId unit;
    };

    bool take_id(UnitId& unit);
    void count();

    Planner& planner_;
    IntervalTable& intervals_;
    SpscChannel<UnitId>& freed_;
    CounterTable& counters_;
    LimitsConfig limits_;
    Admission admission_;
    std::vector<Unit> units_;
    std::vector<UnitId> free_ids_;
    std::uint32_t metric_objects_ = 0;
    std::vector<Known> known_before_;  // while a sweep is under way, ascending by hash
    bool readmits_ = false;            // what is_known_before is not in admission_
};

}  // namespace remora
