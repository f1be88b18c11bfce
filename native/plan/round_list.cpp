#include "plan/round_list.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/grow.h"

namespace remora {

void RoundList::reserve(UnitId unit, FamilyId family) {
    if (unit >= list_.size()) {
        grow(list_, unit + 1UL);
    }
    if (family < end_.size()) {
        return;
    }
    for (auto fresh = static_cast<FamilyId>(end_.size()); fresh <= family; ++fresh) {
        order_.push_back(fresh);
    }
    next_.resize(family + 1);
    end_.resize(family + 1);
    turns_.reserve(end_.capacity());
    last_.reserve(end_.capacity());
}

void RoundList::set_order(std::span<const FamilyId> families) {
    std::vector<FamilyId> order;
    order.reserve(end_.size());
    std::vector<bool> placed(end_.size());
    const auto place_one = [&](FamilyId family) {
        if (family < placed.size() && !placed[family]) {
            placed[family] = true;
            order.push_back(family);
        }
    };
    for (const FamilyId family : families) {
        place_one(family);
    }
    for (FamilyId family = 0; family < placed.size(); ++family) {
        place_one(family);
    }
    order_ = std::move(order);
}

void RoundList::begin() {
    std::fill(end_.begin(), end_.end(), 0);
}

// The same part of each family's list as of the families beside it.
FamilyId RoundList::next_family() {
    while (turn_left_ == 0) {
        if (turn_ == turns_.size()) {
            std::erase_if(turns_, [this](FamilyId one) { return next_[one] == end_[one]; });
            turn_ = 0;
            --parts_;
            if (turns_.empty()) {
                turns_.swap(last_);
                parts_ = 1;
            }
        }
        REMORA_ASSERT(turn_ < turns_.size() && parts_ > 0);  // called while a family has some left
        turn_family_ = turns_[turn_++];
        const std::uint32_t left = end_[turn_family_] - next_[turn_family_];
        turn_left_ = (left + parts_ - 1) / parts_;
    }
    return turn_family_;
}

}  // namespace remora
