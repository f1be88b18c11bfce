#include "cache/cache.h"

#include <gtest/gtest.h>

#include <cmath>

namespace remora {
namespace {

constexpr UnitAtTick kAtTick = {UnitClass::kBroker, 10'000, 10'000};

class CacheTest : public testing::Test {
 protected:
    Applied read(UnitId unit, std::initializer_list<double> values, std::int64_t at_s) {
        std::uint16_t slot = 0;
        for (const double value : values) {
            EXPECT_TRUE(cache_.stage(unit, slot++, value));
        }
        return cache_.take(unit, at_s * kNanosPerSecond, at_s * 1000);
    }
    void tick(std::int64_t at_s) {
        cache_.close_tick(at_s * kNanosPerSecond, [](UnitId) { return kAtTick; });
    }
    // Units of one class with a bound of `bound_s`.
    void tick_with(UnitClass unit_class, std::uint32_t bound_s, std::int64_t at_s) {
        cache_.close_tick(at_s * kNanosPerSecond, [=](UnitId) {
            return UnitAtTick{unit_class, 10'000, bound_s * 1'000};
        });
    }
    std::uint8_t flags(UnitId unit) {
        cache_.freeze_flags(0);
        return cache_.view(0).flags[unit];
    }
    std::uint64_t count(Counter counter) const { return counters_.get(counter); }

    CounterTable counters_;
    Cache cache_{counters_};
};

TEST_F(CacheTest, CountsAMissForAReadSinceTheLastTickAndAHitOtherwise) {
    ASSERT_TRUE(cache_.add_unit(0, 2));
    ASSERT_TRUE(cache_.add_unit(1, 1));
    read(0, {1, 2}, 1);
    tick(10);
    EXPECT_EQ(count(Counter::kCacheMisses), 2U);
    EXPECT_EQ(count(Counter::kCacheHits), 0U) << "unit 1 has no value yet: neither hit nor miss";
    read(1, {5}, 11);
    tick(20);
    EXPECT_EQ(count(Counter::kCacheMisses), 3U);
    EXPECT_EQ(count(Counter::kCacheHits), 2U);
}

TEST_F(CacheTest, CountsByFamilyWhatItCountsInAll) {
    ASSERT_TRUE(cache_.add_unit(0, 2, 3));
    ASSERT_TRUE(cache_.add_unit(1, 1, 3));
    ASSERT_TRUE(cache_.add_unit(2, 1, 5));
    EXPECT_FALSE(cache_.add_unit(3, 1, kFamiliesMax)) << "no such family";
    read(0, {1, 2}, 1);
    read(1, {1}, 1);
    read(2, {1}, 1);
    tick(10);
    read(2, {1}, 11);
    tick(20);
    read(2, {1}, 21);
    tick(30);
    EXPECT_EQ(cache_.use(3).misses, 3U);
    EXPECT_EQ(cache_.use(3).hits, 6U);
    EXPECT_EQ(cache_.use(3).stale, 3U);
    EXPECT_EQ(cache_.use(5).misses, 3U);
    EXPECT_EQ(cache_.use(5).hits, 0U);
    EXPECT_EQ(cache_.use(4).hits + cache_.use(4).misses, 0U);
    EXPECT_EQ(count(Counter::kCacheHits), 6U);
    EXPECT_EQ(count(Counter::kCacheMisses), 6U);
    EXPECT_EQ(count(Counter::kCacheStale), 3U);
}

TEST_F(CacheTest, TellsWhenAValueIsUnaccountedFor) {
    ASSERT_TRUE(cache_.add_unit(0, 2));
    read(0, {1, 2}, 1);
    tick(10);
    EXPECT_EQ(count(Counter::kValuesUnaccounted), 0U);
    counters_.add(Counter::kValuesCached, 3);
    read(0, {1, 2}, 11);
    tick(20);
    EXPECT_EQ(count(Counter::kValuesUnaccounted), 3U);
}

TEST_F(CacheTest, MarksAUnitStaleAfterTwiceItsInterval) {
    ASSERT_TRUE(cache_.add_unit(0, 1));
    read(0, {1}, 1);
    tick(10);
    tick(20);
    EXPECT_EQ(count(Counter::kCacheStale), 0U);
    tick(30);
    EXPECT_EQ(count(Counter::kCacheStale), 1U);
    cache_.freeze_flags(0);
    EXPECT_TRUE(cache_.view(0).flags[0] & kUnitStale);
    read(0, {1}, 31);
    tick(40);
    cache_.freeze_flags(0);
    EXPECT_FALSE(cache_.view(0).flags[0] & kUnitStale);
}

TEST_F(CacheTest, AValueThatWasNotReadForFiveTimesItsBoundLeavesTheOutputUntilItIsRead) {
    ASSERT_TRUE(cache_.add_unit(0, 3));
    ASSERT_TRUE(cache_.add_unit(1, 1));
    read(0, {1, 2, 3}, 1);
    read(1, {1}, 1);
    tick_with(UnitClass::kTopic, 30, 10);
    for (std::int64_t at_s = 20; at_s <= 150; at_s += 10) {
        read(1, {1}, at_s);
        tick_with(UnitClass::kTopic, 30, at_s);
        EXPECT_TRUE(cache_.is_emitted(0)) << at_s;
        EXPECT_EQ(count(Counter::kValuesExpired), 0U);
    }
    const std::uint64_t hits = count(Counter::kCacheHits);
    const std::uint64_t stale = count(Counter::kCacheStale);
    read(1, {1}, 160);
    tick_with(UnitClass::kTopic, 30, 160);
    EXPECT_FALSE(cache_.is_emitted(0));
    EXPECT_TRUE(cache_.is_emitted(1));
    EXPECT_NE(flags(0) & kUnitExpired, 0);
    EXPECT_EQ(flags(1) & kUnitExpired, 0);
    EXPECT_EQ(count(Counter::kValuesExpired), 3U) << "series, not units";
    EXPECT_EQ(count(Counter::kCacheHits), hits) << "what is not emitted is no hit";
    EXPECT_EQ(count(Counter::kCacheStale), stale);
    EXPECT_EQ(cache_.ages().series(UnitClass::kTopic), 1U) << "and has no age";
    tick_with(UnitClass::kTopic, 30, 170);
    EXPECT_EQ(count(Counter::kValuesExpired), 3U) << "a gauge";

    read(0, {1, 2, 3}, 175);
    tick_with(UnitClass::kTopic, 30, 180);
    EXPECT_TRUE(cache_.is_emitted(0));
    EXPECT_EQ(flags(0) & (kUnitExpired | kUnitStale), 0);
    EXPECT_EQ(count(Counter::kValuesExpired), 0U);
    EXPECT_EQ(count(Counter::kValuesUnaccounted), 0U);
}

TEST_F(CacheTest, AnExpiredValueComesBackWhenItsBoundIsLonger) {
    ASSERT_TRUE(cache_.add_unit(0, 1));
    read(0, {1}, 1);
    tick_with(UnitClass::kTopic, 10, 10);
    tick_with(UnitClass::kTopic, 10, 60);
    EXPECT_FALSE(cache_.is_emitted(0));
    tick_with(UnitClass::kTopic, 60, 70);
    EXPECT_TRUE(cache_.is_emitted(0)) << "as a changed configuration says";
    EXPECT_EQ(count(Counter::kValuesExpired), 0U);
}

// Bounds that hold since a while ago spare what is in the output, and bring nothing back.
TEST_F(CacheTest, OtherBoundsOnAgeDoNotBringAnExpiredValueBack) {
    ASSERT_TRUE(cache_.add_unit(0, 1));
    ASSERT_TRUE(cache_.add_unit(1, 1));
    const auto tick_since = [&](std::int64_t at_s, std::int64_t since_s) {
        cache_.close_tick(
            at_s * kNanosPerSecond,
            [](UnitId unit) {
                return UnitAtTick{UnitClass::kTopic, 10'000, unit == 0 ? 10'000U : 30'000U};
            },
            since_s * kNanosPerSecond);
    };
    read(0, {1}, 1);
    read(1, {1}, 1);
    tick_since(10, 0);
    tick_since(60, 0);
    EXPECT_FALSE(cache_.is_emitted(0)) << "59 s of 50";
    EXPECT_TRUE(cache_.is_emitted(1)) << "59 s of 150";
    tick_since(170, 165);
    EXPECT_FALSE(cache_.is_emitted(0)) << "it was out before";
    EXPECT_TRUE(cache_.is_emitted(1)) << "it has 150 s from then";
    tick_since(320, 165);
    EXPECT_FALSE(cache_.is_emitted(1));
    tick_since(330, 330);
    EXPECT_FALSE(cache_.is_emitted(1)) << "nor does a later change bring it back";
    read(1, {1}, 335);
    tick_since(340, 330);
    EXPECT_TRUE(cache_.is_emitted(1));
}

TEST_F(CacheTest, MeasuresTheAgesOfWhatIsEmittedByClass) {
    for (UnitId unit = 0; unit < 5; ++unit) {
        ASSERT_TRUE(cache_.add_unit(unit, 2));
    }
    read(0, {1, 2}, 3);
    read(1, {1, 2}, 1);
    read(2, {1, 2}, 2);
    read(3, {1, 2}, 2);
    cache_.set_hidden(2, true);
    cache_.set_quarantined(3, true);
    const auto tick_at = [&](std::int64_t at_s) {
        cache_.close_tick(at_s * kNanosPerSecond, [](UnitId unit) {
            return UnitAtTick{unit == 1 ? UnitClass::kPartition : UnitClass::kBroker, 10'000,
                              unit == 1 ? 60'000U : 10'000U};
        });
    };
    tick_at(10);
    const Ages& ages = cache_.ages();
    EXPECT_EQ(ages.series(UnitClass::kBroker), 2U) << "hidden, in quarantine or never read";
    EXPECT_FLOAT_EQ(ages.seconds(UnitClass::kBroker, 1), 7);
    EXPECT_EQ(ages.series(UnitClass::kPartition), 2U);
    EXPECT_FLOAT_EQ(ages.seconds(UnitClass::kPartition, 1), 9);
    read(0, {1, 2}, 19);
    tick_at(20);
    EXPECT_FLOAT_EQ(ages.seconds(UnitClass::kBroker, 1), 1) << "of the last tick only";
    EXPECT_FLOAT_EQ(ages.seconds(UnitClass::kPartition, 1), 19);
}

TEST_F(CacheTest, SettlesEveryCachedValueOnce) {
    ASSERT_TRUE(cache_.add_unit(0, 3));
    read(0, {1, 2, 3}, 1);
    read(0, {1, 2, 4}, 2);
    EXPECT_EQ(cache_.pending(), 3U);
    tick(10);
    read(0, {1, 2, 5}, 11);
    cache_.remove_unit(0);
    EXPECT_EQ(cache_.pending(), 0U);
    EXPECT_EQ(count(Counter::kValuesCached), 9U);
    EXPECT_EQ(count(Counter::kValuesEmittedFresh) + count(Counter::kValuesSuperseded) +
                  count(Counter::kValuesUnregisteredDropped),
              9U);
}

TEST_F(CacheTest, EachOutputSeesFreshAndChangedSinceItsOwnLastTick) {
    ASSERT_TRUE(cache_.add_unit(0, 1));
    read(0, {1}, 1);
    cache_.freeze_flags(0);
    EXPECT_EQ(cache_.view(0).flags[0], kUnitHasValue | kUnitFresh | kUnitChanged);
    read(0, {1}, 2);
    cache_.freeze_flags(0);
    EXPECT_EQ(cache_.view(0).flags[0], kUnitHasValue | kUnitFresh) << "read again, same value";
    cache_.freeze_flags(1);
    EXPECT_EQ(cache_.view(1).flags[0], kUnitHasValue | kUnitFresh | kUnitChanged)
        << "the second output had not seen the first read";
    cache_.freeze_flags(0);
    EXPECT_EQ(cache_.view(0).flags[0], kUnitHasValue);
}

TEST_F(CacheTest, ReusesTheRangeOfAUnitThatLeft) {
    ASSERT_TRUE(cache_.add_unit(0, 4));
    ASSERT_TRUE(cache_.add_unit(1, 4));
    cache_.freeze_flags(0);
    const std::size_t values = cache_.view(0).values.size();
    cache_.remove_unit(0);
    ASSERT_TRUE(cache_.add_unit(0, 4));
    cache_.freeze_flags(0);
    EXPECT_EQ(cache_.view(0).values.size(), values);
    EXPECT_EQ(cache_.view(0).flags[0], 0) << "nothing of the old unit shows";
}

TEST_F(CacheTest, RefusesWhatItDoesNotKnow) {
    EXPECT_FALSE(cache_.stage(7, 0, 1.0));
    ASSERT_TRUE(cache_.add_unit(0, 1));
    EXPECT_FALSE(cache_.add_unit(0, 1)) << "in use";
    EXPECT_FALSE(cache_.add_unit(1, 0)) << "no slots";
    EXPECT_FALSE(cache_.stage(0, 1, 1.0)) << "slot out of range";
}

TEST_F(CacheTest, ANanThatStaysIsNoChange) {
    ASSERT_TRUE(cache_.add_unit(0, 1));
    read(0, {std::nan("")}, 1);
    const Applied applied = read(0, {std::nan("")}, 2);
    EXPECT_FALSE(applied.changed);
    EXPECT_EQ(applied.deviation, 0);
}

TEST_F(CacheTest, KeepsTextsByIdWithinTheirLimit) {
    cache_.set_text(1, "leader");
    cache_.set_text(static_cast<std::uint32_t>(kTextsMax) + 1, "too many");
    cache_.freeze_flags(0);
    EXPECT_EQ(cache_.view(0).texts[1], "leader");
    EXPECT_EQ(count(Counter::kTextsRefused), 1U);
}

TEST_F(CacheTest, AnOutputAmidItsTickDoesNotTakeANewUnitForTheOldOne) {
    ASSERT_TRUE(cache_.add_unit(0, 1));
    ASSERT_TRUE(cache_.stage(0, 0, 5));
    cache_.take(0, 1, 1);
    cache_.freeze_flags(0);
    ASSERT_NE(cache_.view(0).flags[0] & kUnitHasValue, 0);
    cache_.remove_unit(0);
    ASSERT_TRUE(cache_.add_unit(0, 1));
    EXPECT_EQ(cache_.view(0).flags[0] & kUnitHasValue, 0) << "it was never read";
}

}  // namespace
}  // namespace remora
