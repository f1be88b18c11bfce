#include "engine/unit_table.h"

#include <algorithm>

#include "base/assert.h"
#include "base/grow.h"
#include "base/hash.h"
#include "base/limits.h"

namespace remora {

std::uint64_t shape_of(const Bean& bean, const Selection& selection) {
    std::uint64_t hash = static_cast<std::uint64_t>(bean.kind) + 1 +
                         (selection.policy.visibility.aggregate != Aggregate::kNone ? 1U << 8 : 0U);
    for (const Slot& slot : selection.slots) {
        const char head[3] = {static_cast<char>(slot.selector & 0xFF),
                              static_cast<char>(slot.selector >> 8), static_cast<char>(slot.type)};
        hash = hash_64({head, sizeof(head)}, hash);
        hash = hash_64(slot.path, hash);
    }
    return hash;
}

UnitTable::UnitTable(const LimitsConfig& limits, Planner& planner, IntervalTable& intervals,
                     SpscChannel<UnitId>& freed, CounterTable& counters)
    : planner_(planner),
      intervals_(intervals),
      freed_(freed),
      counters_(counters),
      limits_(limits),
      admission_(limits) {}

Cap UnitTable::admit(FamilyId family, std::uint32_t series, Claim claim, std::uint32_t interval_ms,
                     UnitId& unit) {
    const Cap cap = admission_.admit(family, series, claim);
    if (cap != Cap::kNone) {
        return cap;
    }
    if (!take_id(unit)) {
        admission_.release(family, series);
        return Cap::kUnits;
    }
    if (!intervals_.reserve(unit) || !planner_.add(unit, family)) {
        free_ids_.push_back(unit);
        admission_.release(family, series);
        return Cap::kUnits;
    }
    intervals_.set(unit, interval_ms);
    return Cap::kNone;
}

bool UnitTable::take_id(UnitId& unit) {
    UnitId freed = kNoUnit;
    while (freed_.try_pop(freed)) {
        free_ids_.push_back(freed);
    }
    if (!free_ids_.empty()) {
        unit = free_ids_.back();
        free_ids_.pop_back();
        return true;
    }
    if (units_.size() >= kUnitsMax) {
        return false;
    }
    unit = static_cast<UnitId>(units_.size());
    append(units_, Unit{});
    return true;
}

void UnitTable::take_back(UnitId unit, FamilyId family, std::uint32_t series) {
    planner_.remove(unit);
    admission_.release(family, series);
    free_ids_.push_back(unit);
}

void UnitTable::enter(UnitId unit, const Unit& entry) {
    REMORA_ASSERT(!has(unit) && entry.in_use);
    units_[unit] = entry;
    metric_objects_ += entry.is_metric_object ? 1 : 0;
    counters_.add(Counter::kUnitsRegistered);
    count();
}

Cap UnitTable::readmit(UnitId unit, Claim claim) {
    Unit& entry = units_[unit];
    const Cap cap = readmits_ ? admission_.admit(entry.family, entry.series, claim) : Cap::kNone;
    if (cap == Cap::kNone) {
        entry.is_known_before = false;
    }
    return cap;
}

void UnitTable::make_unread(UnitId unit) {
    planner_.remove(unit);
    intervals_.set(unit, kIntervalNever);
}

void UnitTable::remove(UnitId unit) {
    Unit& entry = units_[unit];
    planner_.remove(unit);
    if (!readmits_ || !entry.is_known_before) {
        admission_.release(entry.family, entry.series);
    }
    metric_objects_ -= entry.is_metric_object ? 1 : 0;
    entry = Unit{};
    counters_.add(Counter::kUnitsUnregistered);
    count();
}

void UnitTable::count() {
    counters_.set(Counter::kUnits, admission_.units());
    counters_.set(Counter::kUnitsMetricObjects, metric_objects_);
    counters_.set(Counter::kSeries, admission_.series());
}

bool UnitTable::begin_sweep(const LimitsConfig& limits) {
    // Other caps are filled anew in the order of the sweep, as after a start.
    readmits_ = readmits_ || !(limits == limits_);
    limits_ = limits;
    if (readmits_) {
        admission_ = Admission(limits_);
    }
    known_before_.clear();
    for (UnitId unit = 0; unit < units_.size(); ++unit) {
        units_[unit].is_known_before = units_[unit].in_use;
        if (units_[unit].in_use) {
            known_before_.push_back({units_[unit].name_hash, unit});
        }
    }
    std::sort(known_before_.begin(), known_before_.end(),
              [](const Known& a, const Known& b) { return a.name_hash < b.name_hash; });
    return readmits_;
}

void UnitTable::end_sweep() {
    readmits_ = false;
    known_before_ = {};  // its memory too
    count();
}

UnitId UnitTable::known_unit(std::uint64_t name_hash) const {
    auto found = std::lower_bound(
        known_before_.begin(), known_before_.end(), name_hash,
        [](const Known& known, std::uint64_t hash) { return known.name_hash < hash; });
    for (; found != known_before_.end() && found->name_hash == name_hash; ++found) {
        const Unit& entry = units_[found->unit];
        // The id may have gone to another bean meanwhile.
        if (entry.in_use && entry.is_known_before && entry.name_hash == name_hash) {
            return found->unit;
        }
    }
    return kNoUnit;
}

}  // namespace remora
