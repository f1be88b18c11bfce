#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "visibility/visibility.h"

namespace remora {
namespace {

constexpr FamilyId kSize = 3;

class VisibilityTest : public testing::Test {
 protected:
    static std::string name_of(const std::string& topic, std::uint32_t partition,
                               const std::string& what = "Size") {
        return "kafka.log:type=Log,name=" + what + ",topic=" + topic +
               ",partition=" + std::to_string(partition);
    }
    UnitId add(const std::string& name, const VisibilityPolicy& policy,
               UnitId aggregate = kNoUnit) {
        const UnitId unit = next_++;
        EXPECT_TRUE(cache_.add_unit(unit, 1));
        visibility_.add_unit(unit, kSize, ObjectName::parse(name).value(), policy, aggregate);
        return unit;
    }
    void update(UnitId unit, const std::string& name, const VisibilityPolicy& policy) {
        visibility_.update_unit(unit, kSize, ObjectName::parse(name).value(), policy);
    }
    UnitId add_whole(Aggregate how) {
        const UnitId unit = next_++;
        EXPECT_TRUE(cache_.add_unit(unit, 1));
        visibility_.add_aggregate(unit);
        visibility_.set_aggregate(unit, how, false);
        return unit;
    }
    void remove(UnitId unit) {
        visibility_.remove_unit(unit);
        cache_.remove_unit(unit);
    }
    void read(UnitId unit, double value, std::int64_t at_s) {
        ASSERT_TRUE(cache_.stage(unit, 0, value));
        cache_.take(unit, at_s * kNanosPerSecond, at_s * 1000);
    }
    void tick(std::int64_t at_s) {
        visibility_.tick(at_s * kNanosPerSecond);
        decide();
        cache_.close_tick(at_s * kNanosPerSecond, [](UnitId) {
            return UnitAtTick{UnitClass::kPartition, 10'000, 60'000};
        });
    }
    void decide() {
        for (const Visibility::Change& change : visibility_.decide()) {
            is_read_[change.unit] = change.is_read;
        }
    }
    bool is_shown(UnitId unit) {
        cache_.freeze_flags(0);
        return (cache_.view(0).flags[unit] & kUnitHidden) == 0;
    }
    std::set<std::uint32_t> shown(const std::map<std::uint32_t, UnitId>& partitions) {
        std::set<std::uint32_t> found;
        for (const auto& [number, unit] : partitions) {
            EXPECT_EQ(is_shown(unit), visibility_.is_read(unit));
            if (is_shown(unit)) {
                found.insert(number);
            }
        }
        return found;
    }

    CounterTable counters_;
    Cache cache_{counters_};
    Visibility visibility_{cache_, counters_};
    UnitId next_ = 0;
    std::map<UnitId, bool> is_read_;
};

constexpr VisibilityPolicy kSampled{true, false, Aggregate::kNone, 0, false};
constexpr VisibilityPolicy kTells{true, true, Aggregate::kNone, 0, false};

TEST_F(VisibilityTest, TheSampleIsTheSmallestRanksWhateverTheOrderTheyComeIn) {
    visibility_.set_partition_sample(3);
    std::map<std::uint32_t, UnitId> up;
    std::map<std::uint32_t, UnitId> down;
    std::vector<std::uint32_t> by_rank;
    for (std::uint32_t i = 0; i < 20; ++i) {
        up[i] = add(name_of("orders", i), kSampled);
        by_rank.push_back(i);
    }
    decide();
    std::sort(by_rank.begin(), by_rank.end(), [](std::uint32_t a, std::uint32_t b) {
        return partition_rank("orders", a) < partition_rank("orders", b);
    });
    const std::set<std::uint32_t> expected(by_rank.begin(), by_rank.begin() + 3);
    EXPECT_EQ(shown(up), expected);
    for (const auto& [number, unit] : up) {
        remove(unit);
    }
    for (std::uint32_t i = 20; i-- > 0;) {
        down[i] = add(name_of("orders", i), kSampled);
        decide();
    }
    EXPECT_EQ(shown(down), expected);
    EXPECT_EQ(visibility_.hidden_series()[kSize], 17U);
    EXPECT_EQ(counters_.get(Counter::kSeriesHidden), 17U);

    remove(down[by_rank[0]]);
    down.erase(by_rank[0]);
    decide();
    EXPECT_EQ(shown(down), (std::set<std::uint32_t>{by_rank[1], by_rank[2], by_rank[3]}));
    visibility_.set_partition_sample(1);
    decide();
    EXPECT_EQ(shown(down), std::set<std::uint32_t>{by_rank[1]});
}

// Of n partitions k are n / k apart: a sample has no gap of much more.
TEST_F(VisibilityTest, TheSampleIsSpreadEvenly) {
    for (const char* topic : {"orders", "payments", "a", "__consumer_offsets"}) {
        for (const std::uint32_t sample : {2U, 4U, 8U}) {
            constexpr std::uint32_t kPartitions = 48;
            std::vector<std::uint32_t> all(kPartitions);
            for (std::uint32_t i = 0; i < kPartitions; ++i) {
                all[i] = i;
            }
            std::sort(all.begin(), all.end(), [&](std::uint32_t a, std::uint32_t b) {
                return partition_rank(topic, a) < partition_rank(topic, b);
            });
            std::vector<std::uint32_t> chosen(all.begin(), all.begin() + sample);
            std::sort(chosen.begin(), chosen.end());
            std::uint32_t gap = kPartitions - chosen.back() + chosen.front();
            for (std::size_t i = 1; i < chosen.size(); ++i) {
                gap = std::max(gap, chosen[i] - chosen[i - 1]);
            }
            EXPECT_LE(gap, 3 * kPartitions / sample) << topic << " " << sample;
        }
    }
}

TEST_F(VisibilityTest, APartitionInTroubleIsShownWholeUntilAMinuteAfter) {
    visibility_.set_partition_sample(1);
    std::map<std::uint32_t, UnitId> sizes;
    std::map<std::uint32_t, UnitId> tellers;
    for (std::uint32_t i = 0; i < 4; ++i) {
        sizes[i] = add(name_of("orders", i), kSampled);
        tellers[i] = add(name_of("orders", i, "UnderReplicated"), kTells);
    }
    tick(10);
    const std::set<std::uint32_t> calm = shown(sizes);
    ASSERT_EQ(calm.size(), 1U);
    std::uint32_t ill = calm.count(0) > 0 ? 1 : 0;
    for (const auto& [number, unit] : tellers) {
        EXPECT_EQ(is_shown(unit), calm.count(number) > 0) << "what tells is shown with the rest";
        EXPECT_TRUE(visibility_.is_read(unit)) << "and always read";
        read(unit, number == ill ? 1 : 0, 15);
    }
    tick(20);
    EXPECT_EQ(shown(sizes).count(ill), 1U);
    EXPECT_EQ(shown(sizes).size(), 2U);
    EXPECT_TRUE(is_shown(tellers[ill]));
    EXPECT_TRUE(is_read_[sizes[ill]]);
    read(sizes[ill], 99, 25);
    read(tellers[ill], 0, 25);
    tick(60);
    EXPECT_EQ(shown(sizes).size(), 2U);
    tick(90);
    EXPECT_EQ(shown(sizes), calm);
    EXPECT_EQ(cache_.values(sizes[ill]), nullptr) << "its old value must not come back later";
}

TEST_F(VisibilityTest, WhatIsHiddenCountsNeitherAsHitNorAsMissAndIsAccountedFor) {
    VisibilityPolicy top;
    top.top = 1;
    const UnitId small = add("kafka.server:type=Lag,clientId=a", top);
    const UnitId large = add("kafka.server:type=Lag,clientId=b", top);
    read(small, 1, 5);
    read(large, 10, 5);
    tick(10);
    EXPECT_FALSE(is_shown(small));
    EXPECT_TRUE(is_shown(large));
    EXPECT_EQ(counters_.get(Counter::kValuesEmittedFresh), 1U);
    EXPECT_EQ(counters_.get(Counter::kValuesHidden), 1U);
    tick(20);
    EXPECT_EQ(counters_.get(Counter::kCacheHits), 1U);
}

TEST_F(VisibilityTest, TheTopIsByValueAndChangesWhenAnotherIsAFifthLarger) {
    VisibilityPolicy top;
    top.top = 2;
    std::map<int, UnitId> units;
    for (int i = 0; i < 5; ++i) {
        units[i] = add("kafka.server:type=Lag,clientId=c" + std::to_string(i), top);
        EXPECT_FALSE(is_shown(units[i])) << "not ranked yet";
        read(units[i], 10 * i, 5);
    }
    tick(10);
    EXPECT_TRUE(is_shown(units[4]));
    EXPECT_TRUE(is_shown(units[3]));
    read(units[2], 35, 15);  // more than 30, not by a fifth
    tick(20);
    EXPECT_FALSE(is_shown(units[2]));
    read(units[2], 37, 25);
    tick(30);
    EXPECT_TRUE(is_shown(units[2]));
    EXPECT_FALSE(is_shown(units[3]));
    remove(units[4]);
    tick(40);
    EXPECT_TRUE(is_shown(units[3])) << "the room is used again";
}

TEST_F(VisibilityTest, CountersRankByGrowth) {
    VisibilityPolicy top;
    top.top = 1;
    top.grows = true;
    const UnitId old_and_calm = add("kafka.server:type=T,topic=a", top);
    const UnitId young_and_busy = add("kafka.server:type=T,topic=b", top);
    for (int i = 0; i < 4; ++i) {
        read(old_and_calm, 1e9 + i, 10 * i + 5);
        read(young_and_busy, 100 * i, 10 * i + 5);
        tick(10 * i + 10);
    }
    EXPECT_TRUE(is_shown(young_and_busy));
    EXPECT_FALSE(is_shown(old_and_calm));
}

TEST_F(VisibilityTest, AnAggregateStandsForItsPartitions) {
    VisibilityPolicy summed{true, false, Aggregate::kSum, 0, false};
    for (const Aggregate how : {Aggregate::kSum, Aggregate::kMax}) {
        const UnitId whole = add_whole(how);
        std::map<int, UnitId> parts;
        for (int i = 0; i < 3; ++i) {
            parts[i] =
                add(name_of(how == Aggregate::kSum ? "s" : "m", static_cast<std::uint32_t>(i)),
                    summed, whole);
        }
        decide();
        for (const auto& [number, unit] : parts) {
            EXPECT_TRUE(visibility_.is_read(unit));
            EXPECT_FALSE(is_shown(unit));
        }
        read(parts[0], 5, 3);
        read(parts[1], 7, 4);
        tick(10);
        EXPECT_EQ(cache_.values(whole), nullptr) << "a part of the sum is no sum";
        read(parts[2], 11, 15);
        tick(20);
        ASSERT_NE(cache_.values(whole), nullptr);
        EXPECT_EQ(cache_.values(whole)[0], how == Aggregate::kSum ? 23 : 11);
        EXPECT_EQ(cache_.read_wall_ms(whole), 3000) << "as old as its oldest part";
        const std::uint64_t made = counters_.get(Counter::kValuesAggregated);
        tick(30);
        EXPECT_EQ(counters_.get(Counter::kValuesAggregated), made) << "nothing was read";
        read(parts[1], std::nan(""), 35);
        tick(40);
        EXPECT_TRUE(std::isnan(cache_.values(whole)[0])) << "a part of the sum is no sum";
        read(parts[1], std::bit_cast<double>(wire::kNoValueBits), 42);
        tick(43);
        EXPECT_TRUE(is_no_value(cache_.values(whole)[0])) << "a part that gave no value";
        read(parts[1], 8, 45);
        tick(50);
        EXPECT_EQ(cache_.values(whole)[0], how == Aggregate::kSum ? 24 : 11);
        remove(parts[2]);
        tick(60);
        EXPECT_EQ(cache_.values(whole)[0], how == Aggregate::kSum ? 13 : 8);
        remove(parts[0]);
        remove(parts[1]);
        remove(whole);
    }
    EXPECT_EQ(counters_.get(Counter::kSeriesHidden), 0U);
    EXPECT_EQ(counters_.get(Counter::kValuesCached),
              counters_.get(Counter::kValuesEmittedFresh) + counters_.get(Counter::kValuesHidden) +
                  counters_.get(Counter::kValuesSuperseded) +
                  counters_.get(Counter::kValuesUnregisteredDropped) + cache_.pending());
}

TEST_F(VisibilityTest, AnotherPolicyForAUnitThatStays) {
    visibility_.set_partition_sample(0);
    const UnitId unit = add(name_of("orders", 1), VisibilityPolicy{});
    EXPECT_TRUE(visibility_.is_read(unit));
    update(unit, name_of("orders", 1), kSampled);
    decide();
    EXPECT_FALSE(is_shown(unit));
    EXPECT_FALSE(is_read_[unit]);
    update(unit, name_of("orders", 1), VisibilityPolicy{});
    decide();
    EXPECT_TRUE(is_shown(unit));
    EXPECT_TRUE(is_read_[unit]);
}

TEST_F(VisibilityTest, OfferedAgainAUnitKeepsItsPlaceAndItsValue) {
    visibility_.set_partition_sample(2);
    VisibilityPolicy top;
    top.top = 2;
    top.grows = true;
    std::map<std::uint32_t, UnitId> sizes;
    std::map<int, UnitId> topics;
    for (std::uint32_t i = 0; i < 6; ++i) {
        sizes[i] = add(name_of("orders", i), kSampled);
        topics[static_cast<int>(i)] =
            add("kafka.server:type=Topics,topic=t" + std::to_string(i), top);
    }
    decide();
    const auto chosen = shown(sizes);
    for (std::int64_t at_s = 10; at_s <= 100; at_s += 10) {
        for (const auto& [number, unit] : topics) {
            read(unit, static_cast<double>(number) * static_cast<double>(at_s), at_s - 5);
        }
        tick(at_s);
    }
    for (const std::uint32_t number : chosen) {
        read(sizes[number], 7, 105);
    }
    is_read_.clear();
    for (const auto& [number, unit] : sizes) {
        update(unit, name_of("orders", number), kSampled);
    }
    for (const auto& [number, unit] : topics) {
        update(unit, "kafka.server:type=Topics,topic=t", top);
    }
    tick(110);
    EXPECT_TRUE(is_read_.empty()) << "nothing begins or ends";
    EXPECT_EQ(shown(sizes), chosen);
    for (const std::uint32_t number : chosen) {
        EXPECT_NE(cache_.values(sizes[number]), nullptr);
    }
    EXPECT_TRUE(is_shown(topics[5]));
    EXPECT_TRUE(is_shown(topics[4]));
}

TEST_F(VisibilityTest, ASampleThatBeginsOrEndsForgetsNothingThatStaysShown) {
    std::map<std::uint32_t, UnitId> sizes;
    for (std::uint32_t i = 0; i < 6; ++i) {
        sizes[i] = add(name_of("orders", i), VisibilityPolicy{});
        read(sizes[i], 7, 5);
    }
    tick(10);
    EXPECT_EQ(shown(sizes).size(), 6U);
    visibility_.set_partition_sample(2);
    for (const auto& [number, unit] : sizes) {
        update(unit, name_of("orders", number), kSampled);
        decide();
    }
    const auto chosen = shown(sizes);
    ASSERT_EQ(chosen.size(), 2U);
    for (const auto& [number, unit] : sizes) {
        EXPECT_EQ(cache_.values(unit) != nullptr, chosen.count(number) > 0) << number;
    }
    for (const auto& [number, unit] : sizes) {
        update(unit, name_of("orders", number), VisibilityPolicy{});
        decide();
    }
    visibility_.set_partition_sample(0);
    decide();
    EXPECT_EQ(shown(sizes).size(), 6U);
    for (const std::uint32_t number : chosen) {
        EXPECT_NE(cache_.values(sizes[number]), nullptr) << "it was shown all the time";
    }
}

TEST_F(VisibilityTest, ASumOfAPartIsNotShownAsTheWhole) {
    VisibilityPolicy summed = kSampled;
    summed.aggregate = Aggregate::kSum;
    const UnitId sum = add_whole(Aggregate::kSum);
    const UnitId a = add(name_of("orders", 0), summed, sum);
    const UnitId b = add(name_of("orders", 1), summed, sum);
    read(a, 1, 5);
    read(b, 2, 5);
    tick(10);
    ASSERT_NE(cache_.values(sum), nullptr);
    EXPECT_EQ(*cache_.values(sum), 3);
    visibility_.set_aggregate(sum, Aggregate::kSum, true);
    read(a, 5, 15);
    tick(20);
    EXPECT_TRUE(cache_.is_quarantined(sum));
    visibility_.set_aggregate(sum, Aggregate::kSum, false);
    tick(30);
    EXPECT_FALSE(cache_.is_quarantined(sum));
    EXPECT_EQ(*cache_.values(sum), 7);
}

TEST_F(VisibilityTest, ASumOfWhichAPartIsNotKnownIsLeftOutAndCounted) {
    VisibilityPolicy summed = kSampled;
    summed.aggregate = Aggregate::kSum;
    const UnitId sum = add_whole(Aggregate::kSum);
    const UnitId a = add(name_of("orders", 0), summed, sum);
    const UnitId b = add(name_of("orders", 1), summed, sum);
    const auto is_out = [&](std::int64_t at_s) {
        tick(at_s);
        return !cache_.is_emitted(sum);
    };
    read(a, 1, 5);
    read(b, 2, 5);
    EXPECT_FALSE(is_out(10));
    EXPECT_EQ(counters_.get(Counter::kAggregatesUnknown), 0U);
    cache_.set_quarantined(b, true);
    read(a, 5, 15);
    EXPECT_TRUE(is_out(20)) << "the part that can be read";
    EXPECT_EQ(counters_.get(Counter::kAggregatesUnknown), 1U);
    cache_.set_quarantined(b, false);
    read(b, 3, 25);
    EXPECT_FALSE(is_out(30));
    EXPECT_EQ(*cache_.values(sum), 8);
    EXPECT_EQ(counters_.get(Counter::kAggregatesUnknown), 0U);
    const UnitId c = add(name_of("orders", 2), summed, sum);
    EXPECT_TRUE(is_out(40)) << "one that came has not been read";
    read(c, 4, 45);
    EXPECT_FALSE(is_out(50));
    EXPECT_EQ(*cache_.values(sum), 12);
    // b is read no more, whatever the reason is: five times its bound after its last read.
    for (std::int64_t at_s = 60; at_s <= 330; at_s += 10) {
        read(a, 1, at_s);
        read(c, 1, at_s);
        EXPECT_EQ(is_out(at_s), at_s > 325) << at_s;
    }
}

TEST_F(VisibilityTest, CountersNotSeenToGrowRankByWhatTheyShow) {
    VisibilityPolicy top;
    top.top = 1;
    top.grows = true;
    const UnitId small = add("kafka.server:type=Topics,topic=a", top);
    const UnitId large = add("kafka.server:type=Topics,topic=b", top);
    read(small, 1'000, 5);
    read(large, 9'000, 5);
    tick(10);
    EXPECT_FALSE(is_shown(small));
    EXPECT_TRUE(is_shown(large));
}

}  // namespace
}  // namespace remora
