// Units that are made of others: one for all partitions of a topic.
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "engine/registrar.h"

namespace remora {

std::uint64_t Registrar::shape_of(const Bean& bean, const Selection& selection) {
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

// What stands for all partitions of a topic.
struct Registrar::Whole {
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

Cap Registrar::aggregate_of(const Bean& bean, const Selection& selection, UnitId& aggregate) {
    if (selection.policy.visibility.aggregate == Aggregate::kNone) {
        return Cap::kNone;
    }
    const Whole whole(bean, selection);
    const std::uint64_t key = hash_64(whole.name, shape_of(bean, selection));
    const auto found = made_.find(key);
    if (found == made_.end()) {
        return make_aggregate(key, whole, aggregate);
    }
    aggregate = found->second.unit;
    return keep_aggregate(aggregate, bean, selection);
}

// A sum of some partitions must not look like the sum of all.
void Registrar::lose_member(const Bean& bean, const Selection& selection) {
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

// What is left of it is shown no more.
void Registrar::lose_part(UnitId aggregate) {
    if (aggregate == kNoUnit) {
        return;
    }
    Made& made = made_.at(units_[aggregate].name_hash);
    if (!made.is_incomplete) {
        made.is_incomplete = true;
        publish_made(made);
    }
}

void Registrar::publish_made(const Made& made) {
    auto item = std::make_unique<ControlItem>();
    item->registration.unit = made.unit;
    item->registration.family = units_[made.unit].family;
    item->registration.made_by = made.how;
    item->registration.is_incomplete = made.is_incomplete;
    item->registration.is_kept = true;
    publish(std::move(item));
}

// Of the members that are offered in a sweep the first one speaks for it.
Cap Registrar::keep_aggregate(UnitId unit, const Bean& bean, const Selection& selection) {
    if (unit == kNoUnit || !units_[unit].is_known_before) {
        return Cap::kNone;
    }
    const Whole whole(bean, selection);
    const Cap cap = readmit(unit, whole.selection.claim);
    if (cap == Cap::kNone) {
        made_.at(units_[unit].name_hash).how = whole.how;
        publish_unit(unit, whole.bean, whole.selection, true, whole.how);
    }
    return cap;
}

Cap Registrar::make_aggregate(std::uint64_t key, const Whole& whole, UnitId& aggregate) {
    FamilyId family = 0;
    UnitId unit = kNoUnit;
    const Cap cap = admit(whole.bean, whole.selection, family, unit);
    if (cap != Cap::kNone) {
        return cap;
    }
    planner_.remove(unit);
    intervals_.set(unit, kIntervalNever);
    enter(unit, family, whole.bean, whole.selection);
    units_[unit].name_hash = key;
    units_[unit].is_metric_object = false;
    metric_objects_ -= whole.bean.kind != BeanKind::kMBean ? 1 : 0;
    made_.emplace(key, Made{unit, 0, is_sweeping_ || incomplete_.count(key) > 0, whole.how});
    publish_unit(unit, whole.bean, whole.selection, false, whole.how);
    aggregate = unit;
    return Cap::kNone;
}

// The shim was never told of an aggregate: that leaves with its last member.
bool Registrar::is_made(UnitId unit) const {
    if (unit >= units_.size() || !units_[unit].in_use) {
        return false;
    }
    const auto found = made_.find(units_[unit].name_hash);
    return found != made_.end() && found->second.unit == unit;
}

void Registrar::leave_aggregate(UnitId unit) {
    const UnitId aggregate = units_[unit].aggregate;
    if (aggregate == kNoUnit) {
        return;
    }
    const auto found = made_.find(units_[aggregate].name_hash);
    REMORA_ASSERT(found != made_.end() && found->second.members > 0);
    if (--found->second.members == 0) {
        made_.erase(found);
        handle_unregister(aggregate);
    }
}

}  // namespace remora
