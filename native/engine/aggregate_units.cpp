#include "engine/aggregate_units.h"

#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "model/intervals.h"

namespace remora {

// What stands for all partitions of a topic.
struct AggregateUnits::Whole {
    Whole(const Bean& partition, const Selection& chosen)
        : name(without_partition(partition.name)),
          bean(partition),
          how(chosen.policy.visibility.aggregate) {
        // Parses like the name that it was made of.
        Result<ObjectName> parsed = ObjectName::parse(name);
        if (parsed) {
            bean.name = std::move(parsed).value();
        }
        selection.wanted = true;
        selection.slots = chosen.slots;
        selection.claim = Claim::kBeyondFamily;
    }
    Whole(const Whole&) = delete;
    Whole& operator=(const Whole&) = delete;

    std::string name;  // the bean's name views it
    Bean bean;
    Selection selection;  // with no policy: it is shown, and never read
    Aggregate how;
};

Cap AggregateUnits::join(const Bean& bean, const Selection& selection, UnitId& aggregate) {
    if (selection.policy.visibility.aggregate == Aggregate::kNone) {
        return Cap::kNone;
    }
    const Whole whole(bean, selection);
    const std::uint64_t key = hash_64(whole.name, shape_of(bean, selection));
    const auto found = made_.find(key);
    if (found == made_.end()) {
        return make(key, whole, aggregate);
    }
    aggregate = found->second.unit;
    return keep(aggregate, bean, selection);
}

Cap AggregateUnits::make(std::uint64_t key, const Whole& whole, UnitId& aggregate) {
    const FamilyId family = families_.find_or_add(family_name(whole.bean.name));
    const auto series = static_cast<std::uint16_t>(whole.selection.slots.size());
    UnitId unit = kNoUnit;
    const Cap cap = units_.admit(family, series, whole.selection.claim, kIntervalNever, unit);
    if (cap != Cap::kNone) {
        return cap;
    }
    units_.make_unread(unit);
    UnitTable::Unit entry;
    entry.name_hash = key;
    entry.shape = shape_of(whole.bean, whole.selection);
    entry.family = family;
    entry.series = series;
    entry.in_use = true;
    units_.enter(unit, entry);
    const Made made{unit, 0, sweep_.is_under_way() || incomplete_.count(key) > 0, whole.how};
    made_.emplace(key, made);
    publisher_.send_new(unit, whole.bean, whole.selection, made.making());
    aggregate = unit;
    return Cap::kNone;
}

void AggregateUnits::add_member(UnitId unit, UnitId aggregate) {
    units_.set_aggregate(unit, aggregate);
    ++made_.at(units_.at(aggregate).name_hash).members;
}

Cap AggregateUnits::keep(UnitId aggregate, const Bean& bean, const Selection& selection) {
    if (aggregate == kNoUnit || !units_.at(aggregate).is_known_before) {
        return Cap::kNone;
    }
    const Whole whole(bean, selection);
    const Cap cap = units_.readmit(aggregate, whole.selection.claim);
    if (cap == Cap::kNone) {
        Made& made = made_.at(units_.at(aggregate).name_hash);
        made.how = whole.how;
        publisher_.send_kept(aggregate, whole.bean, whole.selection, made.making());
    }
    return cap;
}

UnitId AggregateUnits::leave(UnitId unit) {
    const UnitId aggregate = units_.at(unit).aggregate;
    if (aggregate == kNoUnit) {
        return kNoUnit;
    }
    const auto found = made_.find(units_.at(aggregate).name_hash);
    REMORA_ASSERT(found != made_.end() && found->second.members > 0);
    if (--found->second.members > 0) {
        return kNoUnit;
    }
    made_.erase(found);
    return aggregate;
}

void AggregateUnits::lose_member(const Bean& bean, const Selection& selection) {
    if (selection.policy.visibility.aggregate == Aggregate::kNone) {
        return;
    }
    const Whole whole(bean, selection);
    const std::uint64_t key = hash_64(whole.name, shape_of(bean, selection));
    incomplete_.insert(key);
    const auto found = made_.find(key);
    if (found != made_.end()) {
        lose_part(found->second.unit);
    }
}

void AggregateUnits::lose_part(UnitId aggregate) {
    if (aggregate == kNoUnit) {
        return;
    }
    Made& made = made_.at(units_.at(aggregate).name_hash);
    if (!made.is_incomplete) {
        made.is_incomplete = true;
        publisher_.send_making(aggregate, made.making());
    }
}

bool AggregateUnits::is_aggregate(UnitId unit) const {
    if (!units_.has(unit)) {
        return false;
    }
    const auto found = made_.find(units_.at(unit).name_hash);
    return found != made_.end() && found->second.unit == unit;
}

std::vector<UnitId> AggregateUnits::end_sweep() {
    std::vector<UnitId> whole;
    for (auto& [key, made] : made_) {
        if (made.is_incomplete && incomplete_.count(key) == 0) {
            made.is_incomplete = false;
            whole.push_back(made.unit);
        }
    }
    return whole;
}

}  // namespace remora
