#include "engine/unit_directory.h"

#include <algorithm>

#include "base/assert.h"
#include "base/grow.h"

namespace remora {

std::string UnitDirectory::name_of(UnitId unit) const {
    return unit < families_.size() ? names_.get(unit, family_names_[families_[unit]])
                                   : std::string();
}

void UnitDirectory::name_family(FamilyId family, const std::string& name) {
    if (family >= family_names_.size()) {
        family_names_.resize(family + 1);
    }
    if (family_names_[family].empty()) {
        family_names_[family] = name;
        for (UnitPart* part : parts_) {
            part->name_family(family, name);
        }
    }
}

void UnitDirectory::add(const Registration& registration) {
    const UnitId unit = registration.unit;
    name_family(registration.family, registration.family_name);
    if (!cache_.add_unit(unit, static_cast<std::uint16_t>(registration.series.size()),
                         registration.family)) {
        log_.error("core.add_unit",
                   "unit refused by the core: " + std::string(registration.name.get().text()));
        return;
    }
    if (unit >= families_.size()) {
        grow(families_, unit + 1UL);
    }
    families_[unit] = static_cast<std::uint16_t>(registration.family);
    names_.set(unit, family_names_[registration.family], registration.name.get().text());
    for (UnitPart* part : parts_) {
        part->add(registration);
    }
}

void UnitDirectory::keep(const Registration& registration) {
    REMORA_ASSERT(cache_.has(registration.unit));
    for (UnitPart* part : parts_) {
        part->keep(registration);
    }
}

void UnitDirectory::remove(UnitId unit) {
    if (!cache_.has(unit)) {
        return;
    }
    std::for_each(parts_.rbegin(), parts_.rend(), [unit](UnitPart* part) { part->remove(unit); });
    names_.erase(unit);
    cache_.remove_unit(unit);
    freed_waiting_.push_back(unit);
}

void UnitDirectory::give_back_ids() {
    while (!freed_waiting_.empty() && freed_.try_push(freed_waiting_.back())) {
        freed_waiting_.pop_back();
    }
}

}  // namespace remora
