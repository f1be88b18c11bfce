// The units of one round, by family, in the order in which they are handed out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/ids.h"

namespace remora {

// Filled in two passes: begin(), count() for each unit, place(), put() for each unit, then
// begin_turns(). Then it is emptied: while left() > 0, next_family() and pop() of what turn_left()
// says. Families of many units take turns, a part of each.
//
// Thread safety: collector thread only. Memory is taken by reserve() and set_order().
class RoundList {
 public:
    // For units up to `unit` and families up to `family`. New families come last in the order.
    void reserve(UnitId unit, FamilyId family);
    // The order of families; those that are not named follow.
    void set_order(std::span<const FamilyId> families);

    void begin();
    // REQUIRES here and below: `family` was reserved.
    void count(FamilyId family) { ++end_[family]; }
    // Gives each family its part of the list. `use(family, units)` is called in order.
    template <typename Use>
    void place(Use use) {
        left_ = 0;
        most_ = 0;
        for (const FamilyId family : order_) {
            const std::uint32_t here = end_[family];
            next_[family] = left_;
            end_[family] = left_;
            left_ += here;
            most_ = here > most_ ? here : most_;
            use(family, here);
        }
    }
    // REQUIRES: no more of the family than were counted.
    void put(FamilyId family, UnitId unit) { list_[end_[family]++] = unit; }
    // Families for which `comes_last(family)` wait until all others have been handed out.
    template <typename ComesLast>
    void begin_turns(ComesLast comes_last) {
        turns_.clear();
        last_.clear();
        for (const FamilyId family : order_) {
            if (next_[family] < end_[family]) {
                (comes_last(family) ? last_ : turns_).push_back(family);
            }
        }
        parts_ = (most_ + kTurnUnitsMax - 1) / kTurnUnitsMax;
        turn_ = 0;
        turn_left_ = 0;
    }

    // Units still to be handed out.
    std::uint32_t left() const { return left_; }
    // The family whose turn it is. REQUIRES: left() > 0.
    FamilyId next_family();
    // Units left of that turn, and the first of them.
    std::uint32_t turn_left() const { return turn_left_; }
    UnitId front() const { return list_[next_[turn_family_]]; }
    // REQUIRES: turn_left() > 0.
    void pop() {
        ++next_[turn_family_];
        --turn_left_;
        --left_;
    }

 private:
    // The objects behind as many units of some ten families stay in the second-level cache.
    static constexpr std::uint32_t kTurnUnitsMax = 256;

    std::vector<UnitId> list_;
    std::uint32_t left_ = 0;
    std::uint32_t most_ = 0;  // units of the largest family
    // By family.
    std::vector<std::uint32_t> next_;  // place in the list of the next one to be handed out
    std::vector<std::uint32_t> end_;   // until place() a number of units, then a place in the list
    std::vector<FamilyId> order_;      // all of them, as they are read

    std::vector<FamilyId> turns_;  // families with units left, as they take turns
    std::size_t turn_ = 0;         // the next one of them
    FamilyId turn_family_ = 0;     // whose turn it is
    std::uint32_t turn_left_ = 0;
    std::uint32_t parts_ = 1;     // turns that a family has still, this one included
    std::vector<FamilyId> last_;  // families that wait until all others have been handed out
};

}  // namespace remora
