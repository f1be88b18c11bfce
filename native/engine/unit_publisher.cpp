#include "engine/unit_publisher.h"

#include <memory>
#include <utility>

namespace remora {

namespace {

// Nothing else tells a sum from the value of a part.
void tell_how_made(std::vector<Series>& series, Aggregate how) {
    for (Series& one : series) {
        one.help += how == Aggregate::kSum
                        ? " Without a partition: the sum over those of the topic."
                        : " Without a partition: the most of those of the topic.";
    }
}

}  // namespace

void UnitPublisher::send(UnitId unit, const Bean& bean, const Selection& selection,
                         const Making& making, bool is_kept) {
    planner_.set_audited(unit, !selection.policy.has_interval());
    const UnitTable::Unit& entry = units_.at(unit);
    auto item = std::make_unique<ControlItem>();
    Registration& registration = item->registration;
    registration.unit = unit;
    registration.family = entry.family;
    registration.kind = bean.kind;
    registration.policy = selection.policy;
    registration.aggregate = entry.aggregate;
    registration.made_by = making.how;
    registration.is_incomplete = making.is_incomplete;
    registration.is_kept = is_kept;
    registration.is_new = !is_kept && !sweep_.finds_old() && births_.is_new(entry.name_hash);
    const bool needs_series = !is_kept || names_kept_;
    if (needs_series || selection.policy.visibility.needs_partition()) {
        registration.name = OwnedObjectName(bean.name);
    }
    if (needs_series) {
        registration.family_name = family_name(bean.name);
        registration.series = namer_.name(bean, selection.slots);
        if (making.how != Aggregate::kNone) {
            tell_how_made(registration.series, making.how);
        }
    }
    sender_.send(std::move(item));
}

void UnitPublisher::send_making(UnitId aggregate, const Making& making) {
    auto item = std::make_unique<ControlItem>();
    Registration& registration = item->registration;
    registration.unit = aggregate;
    registration.family = units_.at(aggregate).family;
    registration.made_by = making.how;
    registration.is_incomplete = making.is_incomplete;
    registration.is_kept = true;
    sender_.send(std::move(item));
}

}  // namespace remora
