#include "engine/name_families.h"

#include "base/assert.h"

namespace remora {

std::uint32_t NameFamilies::join(const std::string& name, MetricType type) {
    const auto found = numbers_.find(name);
    if (found != numbers_.end()) {
        Family& family = families_[found->second];
        ++family.series;
        if (family.type != type && family.type != MetricType::kUntyped) {
            family.type = MetricType::kUntyped;
            unsettle(family);
        }
        return found->second;
    }
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(families_.size()));
        families_.emplace_back();
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    families_[number] = {name, type, 1, false, false, false};
    numbers_.emplace(name, number);
    return number;
}

void NameFamilies::leave(std::uint32_t family) {
    Family& left = families_[family];
    REMORA_ASSERT(left.series > 0);
    if (--left.series == 0) {
        numbers_.erase(left.name);
        left = Family();
        free_.push_back(family);
    }
}

bool NameFamilies::note_twins(std::uint32_t family) {
    Family& known = families_[family];
    if (known.tells_beans) {
        return false;
    }
    known.tells_beans = true;
    unsettle(known);
    return true;
}

void NameFamilies::note_gone(std::uint32_t family) {
    if (families_[family].has_left_out) {
        unsettle(families_[family]);
    }
}

void NameFamilies::settle() {
    for (Family& family : families_) {
        family.has_left_out = family.has_left_out && !family.is_unsettled;
        family.is_unsettled = false;
    }
    is_unsettled_ = false;
}

}  // namespace remora
