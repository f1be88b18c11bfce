#include "engine/family_table.h"

#include <algorithm>

#include "base/limits.h"

namespace remora {

FamilyId FamilyTable::find_or_add(const std::string& name) {
    const auto found = ids_.find(name);
    if (found != ids_.end()) {
        return found->second;
    }
    if (families_.size() >= kFamiliesMax) {
        return kFamiliesMax - 1;
    }
    const auto family = static_cast<FamilyId>(families_.size());
    ids_.emplace(name, family);
    Family added;
    added.name = name;
    families_.push_back(std::move(added));
    is_order_stale_ = true;
    counters_.set(Counter::kFamilies, families_.size());
    return family;
}

void FamilyTable::note_alert(FamilyId family) {
    if (!families_[family].has_alert) {
        families_[family].has_alert = true;
        is_order_stale_ = true;
    }
}

// By name: what a type's beans look at they mostly share, such as all partitions of the broker.
void FamilyTable::set_order(Planner& planner) {
    if (!is_order_stale_) {
        return;
    }
    is_order_stale_ = false;
    std::vector<FamilyId> order;
    order.reserve(ids_.size());
    for (const auto& [name, family] : ids_) {
        order.push_back(family);
    }
    std::stable_partition(order.begin(), order.end(),
                          [this](FamilyId family) { return families_[family].has_alert; });
    planner.set_order(order);
}

void FamilyTable::note_refused(FamilyId family, std::uint64_t series) {
    families_[family].series_refused += series;
    families_[family].is_reported = false;
}

void FamilyTable::forget_refused() {
    for (Family& family : families_) {
        family.is_reported = family.is_reported && family.series_refused == 0;
        family.series_refused = 0;
    }
}

void FamilyTable::send_refused(ControlSender& sender) {
    for (FamilyId family = 0; family < families_.size(); ++family) {
        Family& one = families_[family];
        if (one.is_reported) {
            continue;
        }
        if (!sender.has_room_to_add()) {
            return;
        }
        sender.send_refused(family, one.name, one.series_refused);
        one.is_reported = true;
    }
}

}  // namespace remora
