#include "sample/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "sample/siblings.h"

namespace remora {
namespace {

using wire::ReadStatus;

constexpr std::int64_t kTickNs = 10 * kNanosPerSecond;

class SamplerTest : public ::testing::Test {
 protected:
    // Limits that the expectations below name, whatever the defaults are.
    static SamplerOptions limits() {
        SamplerOptions options;
        options.interval_ms_max = 300'000;
        return options;
    }

    void make(SamplerOptions options = limits()) {
        sampler = std::make_unique<Sampler>(options, intervals);
        base_ms = options.interval_ms_base;
    }

    void add(UnitId unit, UnitTraits traits) {
        ASSERT_TRUE(intervals.reserve(unit));
        ASSERT_TRUE(sampler->add_unit(unit, traits, 0));
        ++units;
    }

    // Three reads of `deviation` each, a tick apart.
    void teach(UnitId unit, float deviation) {
        sampler->observe(unit, 0, 0, ReadStatus::kOk, 0);
        for (int i = 0; i < 3; ++i) {
            sampler->observe(unit, deviation, kTickNs, ReadStatus::kOk, 0);
        }
    }

    double spent() const {
        double sum = 0;
        for (UnitId unit = 0; unit < units; ++unit) {
            if (intervals.get(unit) != kIntervalNever) {
                sum += (cost[unit] + 60.0) * 1000.0 / intervals.get(unit);
            }
        }
        return sum;
    }

    // Units of random volatility and cost, one family each.
    void make_random(std::uint32_t n, unsigned seed, SamplerOptions options = limits()) {
        make(options);
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> log_cost(2, 14);
        std::uniform_real_distribution<double> log_deviation(-9, 2);
        for (UnitId unit = 0; unit < n; ++unit) {
            UnitTraits traits;
            traits.family = unit;
            traits.importance = static_cast<float>(1 + random() % 3);
            add(unit, traits);
            cost.push_back(std::exp(log_cost(random)));
            sampler->on_cost(unit, 1, cost.back());
            const double deviation = std::exp(log_deviation(random));
            teach(unit, random() % 4 == 0 ? 0.0F : static_cast<float>(deviation));
        }
    }

    IntervalTable intervals;
    std::unique_ptr<Sampler> sampler;
    std::uint32_t base_ms = 0;
    UnitId units = 0;
    std::vector<double> cost;
};

TEST_F(SamplerTest, StaysWithinLimitsAndBudgetWhateverTheUnits) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        units = 0;
        cost.clear();
        make_random(400, seed);
        const SolveResult loose = sampler->solve(1e18);
        for (const double share : {0.9, 0.5, 0.2, 0.1, 0.05}) {
            const double budget = share * loose.full_ns_per_s;
            const SolveResult result = sampler->solve(budget);
            EXPECT_FALSE(result.is_over_budget);
            EXPECT_LE(result.predicted_ns_per_s, budget * 1.0000001);
            EXPECT_NEAR(result.predicted_ns_per_s, spent(), 1e-3 * spent());
            for (UnitId unit = 0; unit < units; ++unit) {
                const std::uint32_t ms = intervals.get(unit);
                EXPECT_TRUE(ms == kIntervalNever || (ms >= 10'000 && ms <= 300'000)) << ms;
                EXPECT_EQ(ms == kIntervalNever, sampler->is_shed(unit));
                EXPECT_TRUE(ms == kIntervalNever || ms % 10'000 == 0) << ms;
            }
        }
    }
}

TEST_F(SamplerTest, SpendsTheBudgetItIsGiven) {
    make_random(2000, 3);
    const double budget = 0.3 * sampler->solve(1e18).full_ns_per_s;
    const SolveResult result = sampler->solve(budget);
    EXPECT_EQ(result.units_shed, 0U);
    EXPECT_GT(result.predicted_ns_per_s, 0.9 * budget);
}

TEST_F(SamplerTest, IsMonotoneInCostAndVolatility) {
    SamplerOptions options;
    options.family_share = 0;
    make(options);
    for (UnitId unit = 0; unit < 40; ++unit) {
        UnitTraits traits;
        traits.family = unit;
        add(unit, traits);
        cost.push_back(unit < 20 ? 100.0 * std::pow(1.7, unit) : 5000.0);
        sampler->on_cost(unit, 1, cost.back());
        teach(unit, unit < 20 ? 0.3F : static_cast<float>(0.001 * std::pow(1.5, unit - 20)));
    }
    const double full = sampler->solve(1e18).full_ns_per_s;
    for (const double share : {0.6, 0.3, 0.15}) {
        sampler->solve(share * full);
        for (UnitId unit = 1; unit < 20; ++unit) {
            EXPECT_GE(intervals.get(unit), intervals.get(unit - 1)) << "dearer, so not more often";
        }
        for (UnitId unit = 21; unit < 40; ++unit) {
            EXPECT_LE(intervals.get(unit), intervals.get(unit - 1)) << "wilder, so not less often";
        }
    }
}

TEST_F(SamplerTest, ReadsImportantUnitsMoreOften) {
    make();
    UnitTraits traits;
    add(0, traits);
    traits.importance = 16;
    add(1, traits);
    cost = {1000, 1000};
    sampler->on_cost(0, 1, 1000);
    teach(0, 0.2F);
    teach(1, 0.2F);
    sampler->solve(0.15 * sampler->solve(1e18).full_ns_per_s * 2);
    EXPECT_LT(intervals.get(1), intervals.get(0));
}

TEST_F(SamplerTest, AChangeCountsForMoreThanItsSizeAndAJumpForMoreStill) {
    SamplerOptions options;
    options.change_worth = 0.25;
    options.jump_worth = 2;
    make(options);
    const std::vector<std::pair<float, double>> worth_of = {
        {0.0F, 0.0}, {0.5F, 0.5 + 0.25 + 2 * 0.25}, {1.0F, 3.25}, {4.0F, 4 + 0.25 + 2}};
    for (const auto& [deviation, worth] : worth_of) {
        const UnitId unit = units;
        add(unit, {.family = unit});
        teach(unit, deviation);
        EXPECT_NEAR(sampler->volatility(unit), worth / 10, 1e-6) << deviation;
    }
}

TEST_F(SamplerTest, ReadsEverythingAtBaseWhenTheBudgetAllows) {
    make_random(100, 9);
    const SolveResult result = sampler->solve(1e18);
    EXPECT_EQ(result.units_at_base, 100U);
    EXPECT_NEAR(result.predicted_ns_per_s, result.full_ns_per_s, 1e-6 * result.full_ns_per_s);
}

TEST_F(SamplerTest, ReadsANewUnitAtBaseUntilItsVolatilityIsKnown) {
    make();
    add(0, {});
    sampler->on_cost(0, 1, 1000);
    sampler->solve(4);  // a read every 265 s
    EXPECT_EQ(intervals.get(0), 10'000U);
    sampler->observe(0, 0, 0, ReadStatus::kOk, 0);
    sampler->observe(0, 0, kTickNs, ReadStatus::kOk, 0);
    sampler->solve(4);
    EXPECT_EQ(intervals.get(0), 10'000U);
    sampler->observe(0, 0, kTickNs, ReadStatus::kOk, 0);
    sampler->solve(4);
    EXPECT_GE(intervals.get(0), 260'000U);
}

TEST_F(SamplerTest, ANewUnitIsLikeTheOthersOfAFamilyThatDoesNotChange) {
    make();
    constexpr UnitId kOthers = 200;
    for (UnitId unit = 0; unit < kOthers; ++unit) {
        add(unit, {.family = unit % 2});
        teach(unit, unit % 2 == 0 ? 0.0F : 1.0F);
    }
    add(kOthers, {.family = 0});
    add(kOthers + 1, {.family = 1});
    sampler->observe(kOthers, 0, 0, ReadStatus::kOk, 0);
    sampler->observe(kOthers + 1, 0, 0, ReadStatus::kOk, 0);
    sampler->solve(0.3 * sampler->solve(1e18).full_ns_per_s);
    EXPECT_EQ(intervals.get(kOthers), 300'000U);
    EXPECT_EQ(intervals.get(kOthers + 1), base_ms);
    // It has its own mind as soon as it shows one.
    sampler->observe(kOthers, 1.0F, kTickNs, ReadStatus::kOk, 0);
    EXPECT_GT(sampler->volatility(kOthers), 0);
    sampler->solve(1e18);
    EXPECT_EQ(intervals.get(kOthers), base_ms);
}

TEST_F(SamplerTest, ReactsAtOnceToAChangeAndCalmsDownSlowly) {
    make();
    UnitTraits busy;
    busy.family = 1;
    add(0, {});
    add(1, busy);
    sampler->on_cost(0, 1, 1000);
    sampler->on_cost(1, 1, 1000);
    teach(0, 0);
    teach(1, 0.5F);
    sampler->solve(60);
    ASSERT_EQ(intervals.get(0), 300'000U);
    sampler->observe(0, 5, 30 * kTickNs, ReadStatus::kOk, 0);
    const std::uint32_t after_change = intervals.get(0);
    EXPECT_LT(after_change, 300'000U);
    std::uint32_t before = after_change;
    int reads = 0;
    for (; reads < 200 && intervals.get(0) < 300'000; ++reads) {
        sampler->observe(0, 0, kTickNs, ReadStatus::kOk, 0);
        EXPECT_GE(intervals.get(0), before);
        before = intervals.get(0);
    }
    EXPECT_GT(reads, 5);
    EXPECT_EQ(intervals.get(0), 300'000U);
}

TEST_F(SamplerTest, NeverSlowsDownOrShedsAnAlert) {
    make();
    for (UnitId unit = 0; unit < 100; ++unit) {
        UnitTraits traits;
        traits.family = unit;
        traits.is_alert = unit < 5;
        traits.importance = unit < 5 ? 0.1F : 1.0F;
        add(unit, traits);
        sampler->on_cost(unit, 1, unit < 5 ? 1e6 : 1000);
        teach(unit, 0);
    }
    const SolveResult result = sampler->solve(1);
    EXPECT_TRUE(result.is_over_budget);
    EXPECT_EQ(result.units_shed, 95U);
    for (UnitId unit = 0; unit < 5; ++unit) {
        EXPECT_EQ(intervals.get(unit), 10'000U);
    }
}

TEST_F(SamplerTest, KeepsCountersAtBaseWhileTheyAreCheap) {
    make();
    for (UnitId unit = 0; unit < 200; ++unit) {
        UnitTraits traits;
        traits.family = unit < 100 ? 0 : 1;
        traits.is_counter = unit < 100;
        add(unit, traits);
        sampler->on_cost(unit < 100 ? 0 : 1, 1, unit < 100 ? 25 : 20'000);
        teach(unit, 0);
    }
    const double full = sampler->solve(1e18).full_ns_per_s;
    sampler->solve(0.1 * full);
    EXPECT_EQ(intervals.get(0), 10'000U);
    EXPECT_GT(intervals.get(150), 90'000U);
}

TEST_F(SamplerTest, ADearCounterMakesNoStepsOfTheCheapOnes) {
    make();
    for (UnitId unit = 0; unit < 201; ++unit) {
        UnitTraits traits;
        traits.family = unit == 200 ? 2 : unit < 100 ? 0 : 1;
        traits.is_counter = traits.family != 1;
        add(unit, traits);
        const double costs[] = {25, 20'000, 3'000'000};
        sampler->on_cost(traits.family, 1, costs[traits.family]);
        teach(unit, 0.5F);
    }
    const double full = sampler->solve(1e18).full_ns_per_s;
    sampler->solve(0.2 * full);
    EXPECT_EQ(intervals.get(0), 10'000U);
    EXPECT_GT(intervals.get(200), 10'000U) << "under the law, like any other";
    sampler->solve(1e18);
    EXPECT_EQ(intervals.get(200), 10'000U) << "with CPU enough";
}

TEST_F(SamplerTest, ShedsTheLeastImportantFirstAndTakesItBackWithHysteresis) {
    make();
    for (UnitId unit = 0; unit < 100; ++unit) {
        UnitTraits traits;
        traits.family = 0;
        traits.importance = unit < 50 ? 1.0F : 4.0F;
        add(unit, traits);
        sampler->on_cost(0, 1, 940);
        teach(unit, 0.1F);
    }
    const double least = sampler->solve(1e18).least_ns_per_s;
    SolveResult result = sampler->solve(0.6 * least);
    const std::uint32_t shed = result.units_shed;
    EXPECT_NEAR(shed, 40, 1);
    for (UnitId unit = 50; unit < 100; ++unit) {
        EXPECT_FALSE(sampler->is_shed(unit));
    }
    result = sampler->solve(0.62 * least);
    EXPECT_EQ(result.units_shed, shed) << "a little room changes nothing";
    result = sampler->solve(0.9 * least);
    EXPECT_LT(result.units_shed, 25U);
    result = sampler->solve(2 * least);
    EXPECT_EQ(result.units_shed, 0U);
    EXPECT_NE(intervals.get(0), kIntervalNever);
}

TEST_F(SamplerTest, ShedsByWhatItHasLearntByThen) {
    make();
    for (UnitId unit = 0; unit < 10; ++unit) {
        add(unit, {});
        sampler->on_cost(0, 1, 940);
        teach(unit, 0.1F);
    }
    const double least = sampler->solve(1e18).least_ns_per_s;
    ASSERT_EQ(sampler->solve(0.55 * least).units_shed, 5U);
    ASSERT_EQ(sampler->solve(2 * least).units_shed, 0U);
    for (UnitId unit = 0; unit < 5; ++unit) {
        sampler->observe(unit, 2, kTickNs, ReadStatus::kOk, 0);
    }
    ASSERT_EQ(sampler->solve(0.55 * least).units_shed, 5U);
    for (UnitId unit = 0; unit < 10; ++unit) {
        EXPECT_EQ(sampler->is_shed(unit), unit >= 5) << unit;
    }
}

TEST_F(SamplerTest, ShedsNoMoreThanItMustOfNewUnitsThatAnAlertVouchesFor) {
    make();
    add(0, {.is_alert = true});
    sampler->on_cost(0, 1, 940);
    teach(0, 0);
    for (UnitId unit = 1; unit <= 30; ++unit) {
        add(unit, {.family = 1});
        sampler->on_cost(1, 1, 940);
        sampler->set_sentinel(unit, 0);
    }
    const SolveResult all = sampler->solve(1e18);
    const double others = all.least_ns_per_s - all.pinned_ns_per_s;
    EXPECT_NEAR(sampler->solve(all.pinned_ns_per_s + 0.5 * others).units_shed, 15, 1);
}

TEST_F(SamplerTest, ObeysTheIntervalsOfRules) {
    make();
    UnitTraits slow;
    slow.interval_ms_base = 60'000;
    UnitTraits capped;
    capped.interval_ms_max = 40'000;
    add(0, slow);
    add(1, capped);
    sampler->on_cost(0, 1, 1000);
    teach(0, 9);
    teach(1, 0);
    sampler->solve(1e18);
    EXPECT_EQ(intervals.get(0), 60'000U);
    EXPECT_EQ(intervals.get(1), 10'000U);
    sampler->solve(60);
    EXPECT_LE(intervals.get(1), 40'000U);
}

TEST_F(SamplerTest, WakesTheFamilyOfSurprisedUnits) {
    make();
    for (UnitId unit = 0; unit < 400; ++unit) {
        UnitTraits traits;
        traits.family = unit < 300 ? 0 : 1;
        add(unit, traits);
        sampler->on_cost(traits.family, 1, 100);
        teach(unit, unit < 300 ? 0.0F : 0.3F);
    }
    sampler->solve(0.3 * sampler->solve(1e18).full_ns_per_s);
    ASSERT_GE(intervals.get(17), 100'000U);
    std::vector<UnitId> woken(1000);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U);
    for (UnitId unit = 0; unit < 10; ++unit) {
        sampler->observe(unit, 2, 30 * kTickNs, ReadStatus::kOk, 0);
    }
    EXPECT_EQ(sampler->collect_wakes(woken), 290U);
    EXPECT_EQ(woken[0], 10U);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U) << "each once before a tick";
}

class SentinelTest : public SamplerTest {
 protected:
    // Unit 1 listens to unit 0; both have just changed, and 2 is like 1 but listens to nobody.
    void SetUp() override {
        make();
        for (UnitId unit = 0; unit < 3; ++unit) {
            UnitTraits traits;
            traits.family = unit;
            traits.is_counter = unit == 0;
            add(unit, traits);
            sampler->on_cost(unit, 1, unit == 0 ? 10 : 1000);
        }
        sampler->set_sentinel(1, 0);
        for (UnitId unit = 0; unit < 3; ++unit) {
            teach(unit, 0.5F);
        }
        budget = 0.4 * sampler->solve(1e18).full_ns_per_s;
    }

    void read(UnitId unit, float deviation, bool first_changed) {
        sampler->observe(unit, deviation, kTickNs, ReadStatus::kOk, 0, first_changed);
    }

    double budget = 0;
};

TEST_F(SentinelTest, AUnitWhoseSentinelIsSilentNeedsNoRead) {
    read(0, 0.1F, false);  // its rates change, its count does not
    sampler->solve(budget);
    EXPECT_EQ(intervals.get(1), 300'000U);
    EXPECT_LT(intervals.get(2), 100'000U);
}

TEST_F(SentinelTest, AUnitIsReadInTheSameTickAsItsSentinelMoves) {
    read(0, 0, false);
    sampler->solve(budget);
    std::vector<UnitId> woken(8);
    ASSERT_EQ(sampler->collect_wakes(woken), 0U);
    read(0, 0.5F, true);
    ASSERT_EQ(sampler->collect_wakes(woken), 1U);
    EXPECT_EQ(woken[0], 1U);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U) << "each once before a tick";
}

TEST_F(SentinelTest, ThatTheLawWouldReadItSeldomDoesNotKeepAUnitFromBeingReadThen) {
    read(0, 0, false);
    ASSERT_EQ(sampler->solve(0.06 / 0.4 * budget).units_shed, 0U);
    ASSERT_GT(intervals.get(2), 10 * base_ms) << "as the law reads the like of it";
    read(0, 0.5F, true);
    std::vector<UnitId> woken(8);
    ASSERT_EQ(sampler->collect_wakes(woken), 1U);
    EXPECT_EQ(woken[0], 1U);
}

TEST_F(SentinelTest, ASentinelThatWasWrongIsNotBelievedUntilItIsRightAgain) {
    read(0, 0, false);
    sampler->solve(budget);
    read(0, 0, false);
    read(1, 0.5F, true);
    sampler->solve(budget);
    EXPECT_LT(intervals.get(1), 100'000U) << "it changed in silence";
    read(1, 0.5F, true);  // before its sentinel, in the same round
    read(0, 0.5F, true);
    sampler->solve(budget);
    read(0, 0, false);
    sampler->solve(budget);
    EXPECT_EQ(intervals.get(1), 300'000U);
}

TEST_F(SentinelTest, WithoutItsSentinelAUnitFollowsTheLaw) {
    read(0, 0, false);
    sampler->solve(budget);
    sampler->set_sentinel(1, kNoUnit);
    sampler->remove_unit(0);
    sampler->solve(budget);
    EXPECT_LT(intervals.get(1), 100'000U);
}

TEST_F(SamplerTest, SiblingsAreFoundByNameInAnyOrderAndLetGo) {
    make();
    const std::vector<std::string> names = {
        "kafka.log:type=Log,name=Size,topic=t,partition=3",
        "kafka.log:type=Log,name=LogEndOffset,topic=t,partition=3",
        "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=t",
        "kafka.log:type=Log,name=LogEndOffset,topic=u,partition=3"};
    Siblings siblings(*sampler);
    for (UnitId unit = 0; unit < names.size(); ++unit) {
        UnitTraits traits;
        traits.family = unit;
        add(unit, traits);
        siblings.add(unit, names[unit]);
        sampler->on_cost(unit, 1, 1000);
    }
    for (UnitId unit = 0; unit < names.size(); ++unit) {
        teach(unit, 0.5F);
    }
    const double budget = 0.4 * sampler->solve(1e18).full_ns_per_s;
    sampler->observe(2, 0, kTickNs, ReadStatus::kOk, 0, false);
    sampler->observe(1, 0, kTickNs, ReadStatus::kOk, 0, false);
    sampler->solve(budget);
    EXPECT_EQ(intervals.get(0), 300'000U) << "of the same log";
    EXPECT_EQ(intervals.get(1), 300'000U) << "of the same topic";
    EXPECT_LT(intervals.get(3), 100'000U) << "of another topic";
    siblings.remove(2, names[2]);
    sampler->remove_unit(2);
    sampler->solve(budget);
    EXPECT_LT(intervals.get(1), 100'000U) << "its sentinel is gone";
}

TEST_F(SamplerTest, UnderReplicatedPartitionsTellForTheReplicasOfEach) {
    make();
    const std::vector<std::string> names = {
        "kafka.cluster:type=Partition,name=InSyncReplicasCount,topic=t,partition=0",
        "kafka.cluster:type=Partition,name=UnderReplicated,topic=t,partition=0",
        "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
        "kafka.cluster:type=Partition,name=LastStableOffsetLag,topic=t,partition=0"};
    Siblings siblings(*sampler);
    for (UnitId unit = 0; unit < names.size(); ++unit) {
        UnitTraits traits;
        traits.family = unit;
        traits.is_alert = unit == 2;
        add(unit, traits);
        siblings.add(unit, names[unit]);
        sampler->on_cost(unit, 1, 1000);
    }
    for (UnitId unit = 0; unit < names.size(); ++unit) {
        teach(unit, 0.5F);
    }
    const double budget = 0.4 * sampler->solve(1e18).full_ns_per_s;
    sampler->observe(2, 0, kTickNs, ReadStatus::kOk, 0, false);
    sampler->solve(budget);
    EXPECT_EQ(intervals.get(0), 900'000U) << "three times the maximum, since an alert vouches";
    EXPECT_EQ(intervals.get(1), 900'000U);
    EXPECT_EQ(intervals.get(2), 10'000U) << "an alert, silent or not";
    EXPECT_LT(intervals.get(3), 100'000U) << "what it does not tell for";
    sampler->observe(2, 0.5F, kTickNs, ReadStatus::kOk, 0);
    std::vector<UnitId> woken(names.size());
    woken.resize(sampler->collect_wakes(woken));
    EXPECT_THAT(woken, testing::IsSupersetOf({0U, 1U}));
}

TEST_F(SamplerTest, AnAlertVouchesForThreeMaximumIntervalsButNotBeyondThatOfARule) {
    make();
    add(0, {.family = 2, .is_alert = true});
    add(1, {});
    add(2, {.interval_ms_max = 120'000});
    add(3, {});
    add(4, {.family = 1});  // takes what the others leave
    sampler->on_cost(0, 1, 1000);
    for (UnitId unit = 0; unit < units; ++unit) {
        sampler->set_sentinel(unit, unit == 1 || unit == 2 ? 0 : kNoUnit);
        teach(unit, unit == 4 ? 1.0F : 0);
    }
    sampler->solve(160);
    EXPECT_EQ(intervals.get(0), 10'000U);
    EXPECT_EQ(intervals.get(1), 900'000U);
    EXPECT_EQ(intervals.get(2), 120'000U) << "as its rule says";
    EXPECT_EQ(intervals.get(3), 300'000U) << "on its own";
    sampler->solve(1e18);
    EXPECT_EQ(intervals.get(1), 10'000U) << "with budget to spare";
    sampler->solve(160);
    sampler->observe(0, 0.5F, kTickNs, ReadStatus::kOk, 0);
    sampler->observe(0, 0, kTickNs, ReadStatus::kOk, 0);
    sampler->solve(160);
    EXPECT_EQ(intervals.get(1), 300'000U) << "the alert moved, and the unit was not read since";
}

// Units of two partitions that never changed and rest at their maximum interval.
class LeaderTest : public SamplerTest {
 protected:
    void SetUp() override {
        make();
        siblings = std::make_unique<Siblings>(*sampler);
        for (UnitId unit = 0; unit < names.size(); ++unit) {
            UnitTraits traits;
            traits.family = unit;
            add(unit, traits);
            siblings->add(unit, names[unit]);
            teach(unit, 0);
        }
        sampler->solve(30);
    }

    std::vector<UnitId> wakes() {
        std::vector<UnitId> woken(names.size() + 1);
        woken.resize(sampler->collect_wakes(woken));
        return woken;
    }

    const std::vector<std::string> names = {
        "kafka.cluster:type=Partition,name=InSyncReplicasCount,topic=t,partition=0",
        "kafka.cluster:type=Partition,name=ReplicasCount,topic=t,partition=0",
        "kafka.cluster:type=Partition,name=UnderReplicated,topic=t,partition=0",
        "kafka.cluster:type=Partition,name=ReplicasCount,topic=t,partition=1",
        "kafka.cluster:type=Partition,name=LastStableOffsetLag,topic=t,partition=0"};
    const std::string fetcher =
        "kafka.server:type=FetcherLagMetrics,name=ConsumerLag,clientId=ReplicaFetcherThread-0-2,"
        "topic=t,partition=0";
    std::unique_ptr<Siblings> siblings;
};

TEST_F(LeaderTest, AFetcherThatComesOrGoesHasTheReplicasOfItsPartitionRead) {
    EXPECT_THAT(wakes(), testing::IsEmpty());
    add(9, {});
    siblings->add(9, fetcher);
    EXPECT_THAT(wakes(), testing::ElementsAre(0U, 1U, 2U));
    EXPECT_THAT(wakes(), testing::IsEmpty()) << "once a round";
    for (const UnitId unit : {0U, 1U, 2U}) {
        sampler->observe(unit, 3, 20 * kTickNs, ReadStatus::kOk, 0);
    }
    EXPECT_THAT(wakes(), testing::IsEmpty()) << "what was expected is no surprise for partition 1";
    sampler->solve(30);
    EXPECT_EQ(sampler->volatility(1), 0) << "nor a reason to read it more often";
    siblings->remove(9, fetcher);
    EXPECT_THAT(wakes(), testing::ElementsAre(0U, 1U, 2U));
}

TEST_F(LeaderTest, WhatHasNotChangedYetIsReadOnceMore) {
    add(9, {});
    siblings->add(9, fetcher);
    for (int round = 0; round < 2; ++round) {
        EXPECT_THAT(wakes(), testing::ElementsAre(0U, 1U, 2U)) << round;
        for (const UnitId unit : {0U, 1U, 2U}) {
            sampler->observe(unit, 0, kTickNs, ReadStatus::kOk, 0, false);
        }
        sampler->solve(30);
    }
    EXPECT_THAT(wakes(), testing::IsEmpty());
}

TEST_F(LeaderTest, AUnitThatIsGoneIsNotReadForItsLeader) {
    siblings->remove(1, names[1]);
    sampler->remove_unit(1);
    add(9, {});
    siblings->add(9, fetcher);
    EXPECT_THAT(wakes(), testing::ElementsAre(0U, 2U));
}

TEST_F(SentinelTest, WithBudgetToSpareIdleUnitsAreReadToo) {
    read(0, 0, false);
    sampler->solve(1e18);
    EXPECT_EQ(intervals.get(1), 10'000U);
}

TEST_F(SentinelTest, AnIdleUnitThatSpareBudgetReadsMoreOftenIsReadAtOnceToo) {
    read(0, 0, false);
    double share = 0.4;
    for (; share < 1 && (intervals.get(1) <= base_ms || intervals.get(1) >= 300'000);
         share += 0.01) {
        sampler->solve(share / 0.4 * budget);
    }
    ASSERT_LT(share, 1) << "there is a budget that puts it between base and maximum";
    read(0, 0.5F, true);
    std::vector<UnitId> woken(8);
    ASSERT_EQ(sampler->collect_wakes(woken), 1U);
    EXPECT_EQ(woken[0], 1U);
}

TEST_F(SamplerTest, BacksOffFromAFailingUnitAndComesBack) {
    make();
    add(0, {});
    sampler->on_cost(0, 1, 1000);
    sampler->solve(1e18);
    sampler->observe(0, 0, 0, ReadStatus::kThrew, kNanosPerSecond);
    EXPECT_EQ(intervals.get(0), 10'000U);
    sampler->observe(0, 0, 0, ReadStatus::kThrew, kNanosPerSecond);
    EXPECT_EQ(intervals.get(0), 20'000U);
    EXPECT_FALSE(sampler->health().is_quarantined(0));
    sampler->observe(0, 0, 0, ReadStatus::kThrew, 7 * kNanosPerSecond);
    EXPECT_EQ(intervals.get(0), 40'000U);
    EXPECT_TRUE(sampler->health().is_quarantined(0));
    sampler->solve(1e18);
    EXPECT_EQ(intervals.get(0), 40'000U) << "solving leaves a back-off alone";
    Quarantined found[2];
    ASSERT_EQ(sampler->health().list(found), 1U);
    EXPECT_EQ(found[0].reason, ReadStatus::kThrew);
    EXPECT_EQ(found[0].since_ns, 7 * kNanosPerSecond);
    sampler->observe(0, 0, 0, ReadStatus::kOk, 9 * kNanosPerSecond);
    EXPECT_FALSE(sampler->health().is_quarantined(0));
    EXPECT_EQ(intervals.get(0), 10'000U);
}

TEST_F(SamplerTest, TakesABlockedReadSeriouslyAndAGoneUnitLightly) {
    make();
    add(0, {});
    add(1, {});
    sampler->observe(0, 0, 0, ReadStatus::kBlocked, 0);
    EXPECT_TRUE(sampler->health().is_quarantined(0));
    EXPECT_EQ(intervals.get(0), 900'000U);
    for (int i = 0; i < 10; ++i) {
        sampler->observe(1, 0, 0, ReadStatus::kGone, 0);
    }
    EXPECT_FALSE(sampler->health().is_quarantined(1));
    EXPECT_EQ(intervals.get(1), 10'000U);
}

TEST_F(SamplerTest, FixedPolicyReadsAtItsIntervalButAlertsAtBase) {
    SamplerOptions options;
    options.policy = SamplePolicy::kFixed;
    options.interval_ms_fixed = 50'000;
    make(options);
    UnitTraits alert;
    alert.is_alert = true;
    add(0, {});
    add(1, alert);
    teach(0, 10);
    teach(1, 0);
    sampler->solve(1);
    EXPECT_EQ(intervals.get(0), 50'000U);
    EXPECT_EQ(intervals.get(1), 10'000U);
}

TEST_F(SamplerTest, VariancePolicyIsLinearBetweenItsThresholds) {
    SamplerOptions options = limits();
    options.policy = SamplePolicy::kVariance;
    options.variance_low = 0.01;
    options.variance_high = 1.0;
    make(options);
    for (UnitId unit = 0; unit < 3; ++unit) {
        add(unit, {});
        sampler->observe(unit, 0, 0, ReadStatus::kOk, 0);
        for (int i = 0; i < 8; ++i) {
            // Deviations of 0 and 2 d in turn have the variance d squared.
            const float d = unit == 0 ? 0.0F : unit == 1 ? 0.7F : 2.0F;
            sampler->observe(unit, i % 2 == 0 ? 0 : 2 * d, kTickNs, ReadStatus::kOk, 0);
        }
    }
    EXPECT_EQ(intervals.get(0), 300'000U);
    EXPECT_EQ(intervals.get(2), 10'000U);
    // 0.49 lies at 0.515 of the way from the high threshold to the low one.
    EXPECT_NEAR(intervals.get(1), 10'000 + 0.515 * 290'000, 12'000);
}

TEST_F(SamplerTest, VariancePolicyKnowsNothingOfAUnitThatHadTheIdBefore) {
    SamplerOptions options = limits();
    options.policy = SamplePolicy::kVariance;
    make(options);
    add(0, {});
    for (int i = 0; i < 20; ++i) {
        sampler->observe(0, i % 2 == 0 ? 0.0F : 5.0F, kTickNs, ReadStatus::kOk, 0);
    }
    ASSERT_EQ(intervals.get(0), 10'000U);
    sampler->remove_unit(0);
    add(0, {});
    teach(0, 0);
    EXPECT_EQ(intervals.get(0), 300'000U);
}

TEST_F(SamplerTest, NothingIsStirredWhileNothingWakes) {
    SamplerOptions options = limits();
    options.policy = SamplePolicy::kFixed;
    make(options);
    add(0, {});
    teach(0, 0);
    sampler->stir(0);
    sampler->configure(limits());
    std::vector<UnitId> woken(8);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U);
    sampler->stir(0);
    sampler->configure(options);
    sampler->configure(limits());
    EXPECT_EQ(sampler->collect_wakes(woken), 0U) << "forgotten with the policy";
    sampler->record_every(1000);
    sampler->stir(0);
    sampler->record_every(0);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U);
    sampler->stir(0);
    EXPECT_EQ(sampler->collect_wakes(woken), 1U);
}

TEST_F(SamplerTest, SurvivesHostileNumbersAndIds) {
    make();
    add(0, {});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    sampler->observe(0, 0, 0, ReadStatus::kOk, 0);
    for (const float deviation : {nan, infinite, -1.0F, 0.0F}) {
        sampler->observe(0, deviation, kTickNs, ReadStatus::kOk, 0);
    }
    sampler->on_cost(0, 1, std::nan(""));
    sampler->on_cost(0, 0, 5);
    sampler->on_cost(0, 1, -5);
    sampler->on_cost(99, 1, 5);
    sampler->observe(99, 0, 0, ReadStatus::kOk, 0);
    sampler->remove_unit(99);
    EXPECT_TRUE(std::isfinite(sampler->solve(1000).predicted_ns_per_s));
    EXPECT_FALSE(sampler->add_unit(kUnitsMax, {}, 0));
    UnitTraits traits;
    traits.family = kFamiliesMax;
    EXPECT_FALSE(sampler->add_unit(1, traits, 0));
}

TEST_F(SamplerTest, IsDeterministic) {
    std::vector<std::uint32_t> first;
    for (int i = 0; i < 2; ++i) {
        units = 0;
        cost.clear();
        make_random(500, 77);
        sampler->solve(0.1 * sampler->solve(1e18).full_ns_per_s);
        std::vector<std::uint32_t> chosen;
        for (UnitId unit = 0; unit < units; ++unit) {
            chosen.push_back(intervals.get(unit));
        }
        if (i == 0) {
            first = chosen;
        } else {
            EXPECT_EQ(first, chosen);
        }
    }
}

TEST(FamilyCostsTest, TypicalCostIgnoresOutliersThatTheTailShows) {
    FamilyCosts costs;
    costs.reserve(0);
    std::mt19937 random(1);
    for (int i = 0; i < 5000; ++i) {
        costs.on_cost(0, 10,
                      random() % 20 == 0 ? 1e7 : 10.0 * static_cast<double>(450 + random() % 100));
    }
    EXPECT_NEAR(costs.typical_ns(0), 500, 50);
    EXPECT_GT(costs.tail_ns(0), 100'000);
    EXPECT_EQ(costs.max_ns(0), 1e6F);
    EXPECT_EQ(costs.reads(0), 50'000U);
}

TEST(FamilyCostsTest, FollowsACostThatChanged) {
    FamilyCosts costs;
    costs.reserve(0);
    for (int i = 0; i < 50; ++i) {
        costs.on_cost(0, 1, 100);
    }
    for (int i = 0; i < 100; ++i) {
        costs.on_cost(0, 1, 5000);
    }
    EXPECT_NEAR(costs.typical_ns(0), 5000, 300);
}

}  // namespace
}  // namespace remora
