// Ids, places under the caps, and what a sweep finds again.
#include "engine/unit_table.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

class UnitTableTest : public testing::Test {
 protected:
    static LimitsConfig limits(std::uint32_t units_max) {
        LimitsConfig made;
        made.units_max = units_max;
        return made;
    }
    Cap admit(UnitId& unit) { return units_.admit(0, 1, Claim::kCommon, 5'000, unit); }
    UnitId enter(std::uint64_t name_hash) {
        UnitId unit = kNoUnit;
        EXPECT_EQ(admit(unit), Cap::kNone);
        UnitTable::Unit entry;
        entry.name_hash = name_hash;
        entry.series = 1;
        entry.in_use = true;
        units_.enter(unit, entry);
        return unit;
    }
    std::uint64_t count(Counter counter) const { return counters_.get(counter); }

    CounterTable counters_;
    IntervalTable intervals_;
    Planner planner_{{}, intervals_};
    SpscChannel<UnitId> freed_{8};
    UnitTable units_{limits(2), planner_, intervals_, freed_, counters_};
};

TEST_F(UnitTableTest, AnIdIsUsedAgainOnlyWhenTheCoreHasGivenItBack) {
    const UnitId first = enter(1);
    EXPECT_EQ(intervals_.get(first), 5'000U);
    units_.remove(first);
    EXPECT_FALSE(units_.has(first));
    const UnitId second = enter(2);
    EXPECT_NE(second, first);
    freed_.try_push(first);
    EXPECT_EQ(enter(3), first);
    EXPECT_EQ(count(Counter::kUnits), 2U);
    EXPECT_EQ(count(Counter::kUnitsRegistered), 3U);
}

TEST_F(UnitTableTest, ACapLeavesOutWhatComesLastAndTakingBackMakesRoom) {
    UnitId unit = kNoUnit;
    enter(1);
    ASSERT_EQ(admit(unit), Cap::kNone);
    UnitId other = kNoUnit;
    EXPECT_EQ(admit(other), Cap::kUnits);
    units_.take_back(unit, 0, 1);
    EXPECT_EQ(admit(other), Cap::kNone);
    EXPECT_EQ(other, unit) << "the core never knew it";
}

TEST_F(UnitTableTest, ASweepFindsAUnitByItsNameUntilItIsOfferedAgain) {
    const UnitId unit = enter(77);
    EXPECT_EQ(units_.known_unit(77), kNoUnit) << "no sweep is under way";
    EXPECT_FALSE(units_.begin_sweep(limits(2)));
    EXPECT_EQ(units_.known_unit(77), unit);
    EXPECT_EQ(units_.readmit(unit, Claim::kCommon), Cap::kNone);
    EXPECT_EQ(units_.known_unit(77), kNoUnit);
    units_.end_sweep();
    EXPECT_EQ(count(Counter::kUnits), 1U);
}

TEST_F(UnitTableTest, UnderOtherCapsWhatStaysIsAdmittedAnewInTheOrderOfTheSweep) {
    const UnitId first = enter(1);
    const UnitId second = enter(2);
    EXPECT_TRUE(units_.begin_sweep(limits(1)));
    EXPECT_EQ(units_.readmit(second, Claim::kCommon), Cap::kNone);
    EXPECT_EQ(units_.readmit(first, Claim::kCommon), Cap::kUnits);
    units_.remove(first);
    units_.end_sweep();
    EXPECT_EQ(count(Counter::kUnits), 1U);
    EXPECT_TRUE(units_.has(second));
}

}  // namespace
}  // namespace remora
