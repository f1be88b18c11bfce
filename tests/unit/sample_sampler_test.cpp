#include "sample/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "sample/law.h"
#include "support/dice.h"

namespace remora {
namespace {

using wire::ReadStatus;

constexpr std::int64_t kTickNs = 10 * kNanosPerSecond;
constexpr double kPlenty = 1e18;
constexpr std::array<UnitClass, kUnitClasses> kAllClasses = {UnitClass::kAlert, UnitClass::kBroker,
                                                             UnitClass::kTopic, UnitClass::kClient,
                                                             UnitClass::kPartition};

class SamplerTest : public ::testing::Test {
 protected:
    void make(const SamplerOptions& options = {}) {
        sampler = std::make_unique<Sampler>(options, intervals);
        traits_of.clear();
    }

    // The next unit, with a family of its own unless `traits` names one that is beyond.
    UnitId add(UnitTraits traits) {
        const auto unit = static_cast<UnitId>(traits_of.size());
        EXPECT_TRUE(intervals.reserve(unit));
        EXPECT_TRUE(sampler->add_unit(unit, traits));
        traits_of.push_back(traits);
        return unit;
    }
    UnitId add(UnitClass unit_class, FamilyId family, double cost_ns) {
        UnitTraits traits;
        traits.unit_class = unit_class;
        traits.family = family;
        const UnitId unit = add(traits);
        cost(family, cost_ns);
        return unit;
    }

    // Enough groups that nothing before them counts.
    void cost(FamilyId family, double cost_ns) {
        for (int group = 0; group < 5; ++group) {
            sampler->on_cost(family, 1, cost_ns);
        }
    }

    void read(UnitId unit, float deviation, std::int64_t elapsed_ns = kTickNs) {
        sampler->observe(unit, deviation, elapsed_ns, ReadStatus::kOk, 0);
    }
    // A first read and one of `deviation` a tick later: as volatile as that.
    void teach(UnitId unit, float deviation) {
        read(unit, 0, 0);
        read(unit, deviation);
    }

    // Nanoseconds a second of reads as the table has them.
    double spent() const {
        double sum = 0;
        for (UnitId unit = 0; unit < traits_of.size(); ++unit) {
            if (intervals.get(unit) != kIntervalNever) {
                const UnitTraits& traits = traits_of[unit];
                sum += (static_cast<double>(sampler->costs().typical_ns(traits.family)) +
                        sampler->options().overhead_ns * traits.values) *
                       1000.0 / intervals.get(unit);
            }
        }
        return sum;
    }

    SolveResult solve_until_stable(double budget, double ceiling, int solves = 6) {
        SolveResult result;
        for (int i = 0; i < solves; ++i) {
            result = sampler->solve(budget, ceiling);
        }
        return result;
    }

    // Partition units of random volatility and cost, one family each.
    void make_random(std::uint32_t n, unsigned seed, const SamplerOptions& options = {}) {
        make(options);
        Dice dice(seed);
        for (std::uint32_t i = 0; i < n; ++i) {
            UnitTraits traits;
            traits.family = i;
            traits.importance = static_cast<float>(1 + dice.below(3));
            const UnitId unit = add(traits);
            cost(i, dice.power(1.7, 6));
            teach(unit, dice.one_in(4) ? 0.0F : static_cast<float>(dice.power(-4, 1)));
        }
    }

    IntervalTable intervals;
    std::unique_ptr<Sampler> sampler;
    std::vector<UnitTraits> traits_of;  // by unit
};

// --- classes

TEST_F(SamplerTest, AUnitOfTheBrokerThatWasQuietForAThousandTicksIsReadAtTheNextOne) {
    make();
    const UnitId queue = add(UnitClass::kBroker, 0, 20'000);
    for (std::uint32_t i = 0; i < 200; ++i) {
        teach(add(UnitClass::kPartition, 1, 5'000), 0.1F);
    }
    double size = 0;
    double emitted = -1;
    std::int64_t last_read = 0;
    for (std::int64_t tick = 1; tick <= 1'001; ++tick) {
        size = tick == 1'001 ? 500 : 0;
        if ((tick - last_read) * 10'000 >= std::int64_t{intervals.get(queue)}) {
            read(queue, size == emitted || emitted < 0 ? 0.0F : 5.0F, (tick - last_read) * kTickNs);
            emitted = size;
            last_read = tick;
        }
        ASSERT_EQ(emitted, size) << "tick " << tick;
        ASSERT_EQ(intervals.get(queue), 10'000U) << "tick " << tick;
        sampler->solve(3'000, 10'000);  // a ceiling that binds
    }
    EXPECT_EQ(emitted, 500);
}

TEST_F(SamplerTest, AlertsAndTheBrokerAreReadForEveryTickWhateverTheyCostAndWhateverIsAllowed) {
    make();
    for (std::uint32_t i = 0; i < 100; ++i) {
        const UnitClass unit_class = i % 2 == 0 ? UnitClass::kAlert : UnitClass::kBroker;
        const UnitId unit = add(unit_class, i, i % 2 == 0 ? 1e8 : 400'000);
        teach(unit, 0);
    }
    for (const double budget : {0.0, 1.0, 1e6, kPlenty}) {
        const SolveResult result = solve_until_stable(budget, budget);
        EXPECT_EQ(result.units_at_base, 100U);
        EXPECT_EQ(result.units_shed, 0U);
        for (UnitId unit = 0; unit < 100; ++unit) {
            EXPECT_EQ(intervals.get(unit), 10'000U);
        }
    }
}

TEST_F(SamplerTest, AnExpensiveUnitOfTheBrokerIsReadWithinItsOwnBound) {
    make();
    const UnitId cheap = add(UnitClass::kBroker, 0, 20'000);
    const UnitId expensive = add(UnitClass::kBroker, 1, 7e6);
    const UnitId alert = add(UnitClass::kAlert, 2, 7e6);
    for (const UnitId unit : {cheap, expensive, alert}) {
        teach(unit, 0);
    }
    solve_until_stable(kPlenty, kPlenty, 2);
    EXPECT_EQ(intervals.get(cheap), 10'000U);
    EXPECT_EQ(intervals.get(expensive), 30'000U);
    EXPECT_EQ(sampler->bound_ms(expensive), 30'000U);
    EXPECT_EQ(intervals.get(alert), 10'000U);
    cost(1, 4e6);
    sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(expensive), 30'000U) << "not yet a third less";
    cost(1, 3e6);
    sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(expensive), 10'000U);
}

TEST_F(SamplerTest, TopicsAndClientsAreReadForEveryTickWhileTheyCostAtMostHalfTheCeiling) {
    make();
    for (std::uint32_t i = 0; i < 100; ++i) {
        teach(add(i % 2 == 0 ? UnitClass::kTopic : UnitClass::kClient, 0, 940), 0.000'001F);
    }
    // A microsecond each with what a value costs beside its read: 10 us a second at base.
    constexpr double kAtBase = 10'000;
    const auto is_at_base = [&] {
        for (UnitId unit = 0; unit < 100; ++unit) {
            if (intervals.get(unit) != 10'000) {
                EXPECT_LE(intervals.get(unit), 30'000U);
                return false;
            }
        }
        return true;
    };
    const auto solve_below = [&](double ceiling) {
        return solve_until_stable(0.92 * ceiling, ceiling);
    };
    solve_below(2.01 * kAtBase);
    EXPECT_TRUE(is_at_base()) << "however quiet they are";
    solve_below(1.99 * kAtBase);
    EXPECT_FALSE(is_at_base());
    EXPECT_EQ(intervals.get(0), 30'000U);
    EXPECT_EQ(sampler->step(), 0U);
    solve_below(2.1 * kAtBase);
    EXPECT_FALSE(is_at_base()) << "again only with some room";
    solve_below(2.3 * kAtBase);
    EXPECT_TRUE(is_at_base());
}

TEST_F(SamplerTest, ATopicThatMovesIsReadMoreOftenThanItsBoundAsks) {
    make();
    const UnitId quiet = add(UnitClass::kTopic, 0, 940);
    const UnitId busy = add(UnitClass::kTopic, 0, 940);
    teach(quiet, 0);
    teach(busy, 5);
    solve_until_stable(180, 190);  // both at base cost 200
    EXPECT_EQ(intervals.get(quiet), 30'000U);
    EXPECT_EQ(intervals.get(busy), 10'000U);
}

TEST_F(SamplerTest, WhatTopicsTakeIsNotTakenFromAlertsAndTheBroker) {
    make();
    teach(add(UnitClass::kBroker, 0, 9'440), 0);  // 950 a second with what its value costs
    for (std::uint32_t i = 0; i < 4; ++i) {
        teach(add(UnitClass::kTopic, 1, 940), 0);  // 400 a second in all
    }
    const SolveResult result = solve_until_stable(1'200, 1'300);
    EXPECT_EQ(intervals.get(0), 10'000U);
    EXPECT_EQ(intervals.get(1), 30'000U) << "less than half the ceiling, but more than is left";
    EXPECT_NEAR(result.each_tick_ns / 10, 950, 1);
    EXPECT_EQ(result.step, 0U);
}

// --- the law

TEST_F(SamplerTest, LambdaIsTheFixedPriceWhileTheCeilingDoesNotBind) {
    for (unsigned seed = 1; seed <= 5; ++seed) {
        make_random(500, seed);
        const SolveResult alone = sampler->solve(kPlenty, kPlenty);
        EXPECT_EQ(alone.lambda, kLambdaOfPrice);
        std::vector<std::uint32_t> chosen;
        for (UnitId unit = 0; unit < 500; ++unit) {
            chosen.push_back(intervals.get(unit));
        }
        EXPECT_THAT(chosen, testing::Contains(10'000U));
        EXPECT_THAT(chosen, testing::Contains(60'000U)) << "a quiet broker costs little";
        EXPECT_LT(alone.predicted_ns_per_s, alone.full_ns_per_s);
        // What is left of the ceiling, and what others do, changes nothing.
        for (const double room : {1.05, 2.0, 100.0, 1e6}) {
            const SolveResult result = sampler->solve(room * alone.predicted_ns_per_s, kPlenty);
            EXPECT_EQ(result.lambda, kLambdaOfPrice) << room;
            for (UnitId unit = 0; unit < 500; ++unit) {
                EXPECT_EQ(intervals.get(unit), chosen[unit]);
            }
        }
        for (std::uint32_t i = 0; i < 500; ++i) {
            teach(add(UnitClass::kBroker, 1'000 + i, 300'000), 5);
        }
        EXPECT_EQ(sampler->solve(kPlenty, kPlenty).lambda, kLambdaOfPrice) << "under load";
        for (UnitId unit = 0; unit < 500; ++unit) {
            EXPECT_EQ(intervals.get(unit), chosen[unit]);
        }
    }
}

TEST_F(SamplerTest, WhenTheCeilingBindsReadsFitIntoTheBudgetAndUseIt) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        make_random(2'000, seed);
        const double wanted = sampler->solve(kPlenty, kPlenty).predicted_ns_per_s;
        for (const double share : {0.95, 0.7, 0.5, 0.3, 0.45, 0.6, 0.97}) {
            const double budget = share * wanted;
            const SolveResult result = solve_until_stable(budget, 10 * budget, 12);
            EXPECT_LE(result.predicted_ns_per_s, 1.02 * budget) << share << ", seed " << seed;
            EXPECT_GE(result.predicted_ns_per_s, 0.8 * budget) << share << ", seed " << seed;
            EXPECT_GE(result.lambda, kLambdaOfPrice);
            EXPECT_NEAR(result.predicted_ns_per_s, spent(), 1e-3 * spent());
        }
    }
}

TEST_F(SamplerTest, ABindingCeilingHoldsInAFewSolves) {
    make_random(2'000, 4);
    const double wanted = sampler->solve(kPlenty, kPlenty).predicted_ns_per_s;
    for (const double share : {0.9, 0.5, 0.8}) {
        EXPECT_LE(solve_until_stable(share * wanted, wanted, 3).predicted_ns_per_s,
                  1.02 * share * wanted)
            << share;
    }
}

// On the grid of base intervals all of them move at once: the budget is not used up then, but it is
// kept.
TEST_F(SamplerTest, UnitsThatAreAllAlikeFitIntoTheBudgetToo) {
    for (double share = 0.18; share < 1; share += 0.02) {
        make();
        for (std::uint32_t i = 0; i < 200; ++i) {
            teach(add(UnitClass::kPartition, 0, 5'000), 3);
        }
        const double budget = share * sampler->solve(kPlenty, kPlenty).full_ns_per_s;
        for (int solve = 0; solve < 20; ++solve) {
            const SolveResult result = sampler->solve(budget, budget);
            EXPECT_EQ(result.step, 0U);
            if (solve >= 3) {
                EXPECT_LE(result.predicted_ns_per_s, 1.02 * budget) << share << ", " << solve;
            }
        }
        EXPECT_LE(intervals.get(0), 60'000U);
    }
}

// However long and however tightly the ceiling bound, also when it let everything rest.
TEST_F(SamplerTest, WhenTheCeilingNoLongerBindsThePriceIsTheFixedOneAgain) {
    for (const double share : {0.8, 0.5, 0.1, 0.001, 0.0}) {
        make_random(500, 7);
        const double wanted = sampler->solve(kPlenty, kPlenty).predicted_ns_per_s;
        solve_until_stable(share * wanted, share * wanted, 50);
        const SolveResult after = solve_until_stable(kPlenty, kPlenty, 30);
        EXPECT_EQ(after.lambda, kLambdaOfPrice) << share;
        EXPECT_EQ(after.step, 0U) << share;
        EXPECT_NEAR(after.predicted_ns_per_s, wanted, 1e-6 * wanted) << share;
    }
}

TEST_F(SamplerTest, NewUnitsThatDoNotFitAtBaseRaiseThePriceOnlyUntilTheyAreKnown) {
    make();
    std::vector<UnitId> fresh;
    for (std::uint32_t i = 0; i < 100; ++i) {
        teach(add(UnitClass::kPartition, 0, 940), 2);
    }
    ASSERT_EQ(sampler->solve(kPlenty, kPlenty).lambda, kLambdaOfPrice);
    ASSERT_EQ(intervals.get(0), 10'000U);
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        fresh.push_back(add(UnitClass::kPartition, 0, 940));
    }
    // All at base cost 110 us a second, at their bound 18.
    solve_until_stable(50'000, 50'000);
    EXPECT_EQ(sampler->step(), 0U);
    for (const UnitId unit : fresh) {
        teach(unit, 0);
    }
    for (const double budget : {50'000.0, kPlenty}) {
        EXPECT_EQ(solve_until_stable(budget, budget, 20).lambda, kLambdaOfPrice) << budget;
        EXPECT_EQ(intervals.get(0), 10'000U) << budget;
        EXPECT_EQ(intervals.get(fresh[0]), 60'000U) << budget;
    }
}

TEST_F(SamplerTest, UnitsOfRulesThatDoNotFitRaiseThePriceOnlyWhileTheyDoNot) {
    make();
    for (std::uint32_t i = 0; i < 100; ++i) {
        UnitTraits traits;
        traits.max_interval_ms = 60'000;  // never widened
        teach(add(traits), 2);
    }
    teach(add(UnitClass::kBroker, 1, 100'000), 0);
    solve_until_stable(5'000, 5'000);  // the broker's unit alone takes more
    solve_until_stable(kPlenty, kPlenty, 30);
    EXPECT_EQ(sampler->lambda(), kLambdaOfPrice);
    EXPECT_EQ(intervals.get(0), 10'000U);
}

TEST_F(SamplerTest, IsMonotoneInCostVolatilityAndImportance) {
    make();
    for (UnitId unit = 0; unit < 60; ++unit) {
        UnitTraits traits;
        traits.family = unit;
        traits.importance = unit < 40 ? 1.0F : static_cast<float>(std::pow(1.4, unit - 40));
        add(traits);
        cost(unit, unit < 20 ? 100.0 * std::pow(1.7, unit) : 5'000.0);
        teach(unit, unit < 20   ? 0.03F
                    : unit < 40 ? static_cast<float>(0.001 * std::pow(1.5, unit - 20))
                                : 0.003F);
    }
    const double full = sampler->solve(kPlenty, kPlenty).full_ns_per_s;
    for (const double share : {1.0, 0.6, 0.3, 0.2}) {
        solve_until_stable(share * full, share * full);
        for (UnitId unit = 1; unit < 20; ++unit) {
            EXPECT_GE(intervals.get(unit), intervals.get(unit - 1))
                << "costlier, so not more often";
        }
        for (UnitId unit = 21; unit < 60; ++unit) {
            if (unit != 40) {
                EXPECT_LE(intervals.get(unit), intervals.get(unit - 1))
                    << "wilder or more important, so not less often";
            }
        }
    }
    sampler->solve(kPlenty, kPlenty);
    EXPECT_LT(intervals.get(0), intervals.get(19));
    EXPECT_GT(intervals.get(20), intervals.get(39));
    EXPECT_GT(intervals.get(40), intervals.get(59));
}

TEST_F(SamplerTest, ReadsANewUnitAtBaseUntilItsVolatilityIsKnown) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 940);
    const double at_bound = 1'000.0 / 60;
    solve_until_stable(1.1 * at_bound, 1.2 * at_bound);
    EXPECT_EQ(intervals.get(unit), 10'000U);
    read(unit, 0, 0);
    EXPECT_EQ(intervals.get(unit), 10'000U) << "one read says nothing of change";
    read(unit, 0);
    EXPECT_EQ(intervals.get(unit), 60'000U);
}

TEST_F(SamplerTest, ReactsAtOnceToAChangeAndCalmsDownSlowly) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 5'000);
    teach(unit, 0);
    ASSERT_EQ(intervals.get(unit), 60'000U);
    read(unit, 5, 6 * kTickNs);
    EXPECT_EQ(intervals.get(unit), 10'000U);
    std::uint32_t before = 10'000;
    int reads = 0;
    for (; reads < 300 && intervals.get(unit) < 60'000; ++reads) {
        read(unit, 0);
        EXPECT_GE(intervals.get(unit), before);
        before = intervals.get(unit);
    }
    EXPECT_GT(reads, 20);
    EXPECT_LT(reads, 300);
}

TEST_F(SamplerTest, CostsThatAreKnownLateAreReckonedWithFromThenOn) {
    make();
    const UnitId broker = add({.family = 0, .unit_class = UnitClass::kBroker});
    teach(broker, 0);
    for (std::uint32_t i = 0; i < 500; ++i) {
        teach(add({.family = 1}), 2);
    }
    const SolveResult unknown = sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(broker), 10'000U);
    EXPECT_GT(unknown.predicted_ns_per_s, 0) << "something is assumed";
    cost(0, 6e6);
    cost(1, 200'000);
    const double budget = 5.5e6;  // 1e7 at base, half of it at twice the base
    const SolveResult known = solve_until_stable(budget, 1e7);
    EXPECT_EQ(intervals.get(broker), 30'000U) << "very expensive";
    EXPECT_LE(known.predicted_ns_per_s, 1.02 * budget);
    EXPECT_NEAR(known.predicted_ns_per_s, spent(), 1e-3 * spent());
    EXPECT_EQ(known.step, 0U);
}

TEST_F(SamplerTest, ABaseIntervalOfASecondWithTwoBeans) {
    SamplerOptions options;
    options.sampling.base_interval_ms = 1'000;
    options.sampling.min_interval_ms = 1'000;
    make(options);
    const UnitId broker = add(UnitClass::kBroker, 0, 20'000);
    const UnitId partition = add(UnitClass::kPartition, 1, 400);
    sampler->solve(0.92e7, 1e7);
    for (int tick = 0; tick < 100; ++tick) {
        read(broker, 0, tick == 0 ? 0 : kNanosPerSecond);
        if (tick % 20 == 0) {
            read(partition, 0, tick == 0 ? 0 : 20 * kNanosPerSecond);
        }
        const SolveResult result = sampler->solve(0.92e7, 1e7);
        EXPECT_EQ(result.lambda, kLambdaOfPrice);
        EXPECT_EQ(result.units, 2U);
        EXPECT_EQ(intervals.get(broker), 1'000U);
    }
    EXPECT_EQ(intervals.get(partition), 60'000U);
    EXPECT_EQ(sampler->bound_ms(UnitClass::kBroker), 1'000U);
    EXPECT_EQ(sampler->bound_ms(UnitClass::kPartition), 60'000U);
    read(partition, 10, kNanosPerSecond);
    EXPECT_EQ(intervals.get(partition), 1'000U);
}

// --- when the ceiling cannot carry the bounds

// Were a solve more than a pass or a few over the units this would take for ever.
TEST_F(SamplerTest, OneHundredAndTwentyThousandPartitionsUnderATinyCeiling) {
    make();
    constexpr std::uint32_t kPartitions = 120'000;
    for (std::uint32_t i = 0; i < 600; ++i) {
        teach(add(UnitClass::kBroker, i % 50, 8'000), 0);
    }
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        teach(add(UnitClass::kTopic, 50, 440), i % 3 == 0 ? 1.0F : 0.0F);
    }
    for (std::uint32_t i = 0; i < kPartitions; ++i) {
        teach(add({.family = 51 + i % 20}), i % 5 == 0 ? 0.5F : 0.0F);
    }
    for (FamilyId family = 51; family < 71; ++family) {
        cost(family, 940);
    }
    // Microseconds a second: the broker 480, topics 50 at base and 4 at step 4, partitions 2,000 at
    // their bound. What the broker takes beyond the ceiling is a matter of the pace of ticks.
    std::uint32_t before = 0;
    for (const double ceiling_us : {2'900.0, 1'800.0, 1'060.0, 700.0, 540.0, 300.0, 5.0}) {
        const double budget = 920 * ceiling_us;
        const SolveResult result = solve_until_stable(budget, 1'000 * ceiling_us);
        EXPECT_GE(result.step, before);
        before = result.step;
        EXPECT_LE(result.predicted_ns_per_s,
                  std::max(1.02 * budget, result.each_tick_ns / 10 + budget / 2));
        for (UnitId unit = 0; unit < 600; ++unit) {
            ASSERT_EQ(intervals.get(unit), 10'000U);
        }
        const Widening widening = Shedding::widening(result.step);
        for (UnitId unit = 600; unit < 1'600; ++unit) {
            ASSERT_EQ(intervals.get(unit) == kIntervalNever, widening.topic == 0);
        }
        EXPECT_EQ(result.units_shed, (widening.partition == 0 ? kPartitions : 0) +
                                         (widening.topic == 0 ? 1'000U : 0U));
    }
    EXPECT_EQ(before, Shedding::kSteps - 1);
    const SolveResult after = solve_until_stable(1e8, 1e8, 20);
    EXPECT_EQ(after.step, 0U);
    EXPECT_EQ(after.units_shed, 0U);
    EXPECT_EQ(intervals.get(1'601), 60'000U);
}

TEST_F(SamplerTest, BoundsWidenStepByStepAndTopicsOnlyAfterPartitions) {
    make();
    for (std::uint32_t i = 0; i < 100; ++i) {
        teach(add(UnitClass::kTopic, 0, 940), 0);      // 3,333 at the bound
        teach(add(UnitClass::kPartition, 0, 940), 0);  // 1,667 at the bound
    }
    const std::array<std::uint32_t, Shedding::kSteps> topic_ms = {
        30'000, 30'000, 30'000, 60'000, 120'000, 120'000, kIntervalNever};
    const std::array<std::uint32_t, Shedding::kSteps> partition_ms = {
        60'000, 120'000, 240'000, 240'000, 240'000, kIntervalNever, kIntervalNever};
    const std::array<double, Shedding::kSteps> budgets = {5'100, 4'300, 3'900, 2'200,
                                                          1'300, 900,   100};
    for (std::uint32_t step = 0; step < Shedding::kSteps; ++step) {
        const SolveResult result = solve_until_stable(budgets[step], budgets[step]);
        EXPECT_EQ(result.step, step);
        EXPECT_EQ(sampler->step(), step);
        EXPECT_EQ(intervals.get(0), topic_ms[step]) << step;
        EXPECT_EQ(intervals.get(1), partition_ms[step]) << step;
        EXPECT_EQ(sampler->is_shed(1), step >= 5);
        EXPECT_EQ(sampler->bound_ms(UnitId{1}), 60'000U) << "what it should be";
        EXPECT_LE(result.predicted_ns_per_s, 1.02 * budgets[step]);
    }
}

TEST_F(SamplerTest, WhatIsGivenUpComesBackThroughBaseAndItsReads) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 940);
    teach(unit, 0);
    solve_until_stable(0, 0);
    ASSERT_TRUE(sampler->is_shed(unit));
    read(unit, 5, 60 * kNanosPerSecond);  // one that was under way
    EXPECT_EQ(intervals.get(unit), kIntervalNever) << "it does not bring itself back";
    solve_until_stable(kPlenty, kPlenty, 30);
    EXPECT_FALSE(sampler->is_shed(unit));
    EXPECT_LE(intervals.get(unit), 60'000U);
}

// --- rules and configurations

TEST_F(SamplerTest, ObeysTheIntervalsOfRules) {
    make();
    UnitTraits fixed;
    fixed.family = 0;
    fixed.min_interval_ms = fixed.base_interval_ms = fixed.max_interval_ms = 120'000;
    const UnitId slow = add(fixed);
    fixed.unit_class = UnitClass::kBroker;
    const UnitId slow_broker = add(fixed);
    UnitTraits capped;
    capped.max_interval_ms = 40'000;
    const UnitId short_bound = add(capped);
    cost(0, 940);
    teach(slow, 9);
    teach(slow_broker, 9);
    teach(short_bound, 0);
    for (const double budget : {kPlenty, 1.0}) {
        solve_until_stable(budget, budget);
        EXPECT_EQ(intervals.get(slow), 120'000U);
        EXPECT_EQ(intervals.get(slow_broker), 120'000U);
        EXPECT_EQ(intervals.get(short_bound), 40'000U) << "neither widened nor given up";
    }
}

TEST_F(SamplerTest, OtherTraitsLeaveWhatWasLearntOfAUnit) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 940);
    teach(unit, 0);
    ASSERT_EQ(intervals.get(unit), 60'000U);
    UnitTraits traits;
    traits.unit_class = UnitClass::kBroker;
    sampler->update_unit(unit, traits);
    EXPECT_EQ(intervals.get(unit), 10'000U);
    EXPECT_EQ(sampler->class_of(unit), UnitClass::kBroker);
    traits.unit_class = UnitClass::kPartition;
    sampler->update_unit(unit, traits);
    EXPECT_EQ(intervals.get(unit), 60'000U) << "it is known to be quiet";
    sampler->update_unit(99, traits);
}

TEST_F(SamplerTest, AnotherConfigurationIsObeyedFromTheNextSolveOn) {
    make();
    const UnitId broker = add(UnitClass::kBroker, 0, 940);
    const UnitId partition = add(UnitClass::kPartition, 0, 940);
    teach(broker, 0);
    teach(partition, 0);
    SamplerOptions options;
    options.sampling.base_interval_ms = 20'000;
    options.sampling.min_interval_ms = 20'000;
    options.sampling.partition_max_interval_ms = 200'000;
    sampler->configure(options);
    sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(broker), 20'000U);
    EXPECT_EQ(intervals.get(partition), 200'000U);
    EXPECT_EQ(sampler->bound_ms(UnitClass::kBroker), 20'000U);
}

TEST_F(SamplerTest, AWidenedBoundStaysWidenedUnderAnotherConfiguration) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 940);
    teach(unit, 0);
    solve_until_stable(10, 10);  // the bound takes 17
    ASSERT_EQ(sampler->step(), 1U);
    SamplerOptions options;
    options.sampling.decay = 0.5;
    sampler->configure(options);
    sampler->solve(10, 10);
    EXPECT_EQ(sampler->step(), 1U);
    EXPECT_EQ(intervals.get(unit), 120'000U);
}

TEST_F(SamplerTest, ConfiguringAgainAndAgainSurvivesUnitsThatHaveGone) {
    make();
    UnitTraits ruled;
    ruled.max_interval_ms = 77'000;
    const UnitId stays = add(UnitClass::kPartition, 0, 940);
    const UnitId goes = add(ruled);
    for (int i = 0; i < 3; ++i) {
        sampler->configure({});
    }
    sampler->remove_unit(goes);
    for (int i = 0; i < 3; ++i) {
        sampler->configure({});
    }
    teach(stays, 0);
    EXPECT_EQ(intervals.get(stays), 60'000U);
    sampler->remove_unit(stays);
    for (int i = 0; i < 3; ++i) {
        sampler->configure({});
    }
    EXPECT_EQ(sampler->solve(kPlenty, kPlenty).units, 0U);
    ASSERT_TRUE(sampler->add_unit(goes, {}));
    EXPECT_EQ(intervals.get(goes), 10'000U);
}

TEST_F(SamplerTest, FixedPolicyReadsEverythingAtBaseAndRulesAtTheirs) {
    SamplerOptions options;
    options.sampling.policy = SamplingPolicy::kFixed;
    make(options);
    for (const UnitClass unit_class : kAllClasses) {
        teach(add(unit_class, 0, 940), 0);
    }
    UnitTraits ruled;
    ruled.min_interval_ms = ruled.base_interval_ms = ruled.max_interval_ms = 50'000;
    teach(add(ruled), 10);
    const SolveResult result = solve_until_stable(1, 1);
    EXPECT_EQ(result.units_shed, 0U) << "whatever it costs";
    for (UnitId unit = 0; unit < kUnitClasses; ++unit) {
        EXPECT_EQ(intervals.get(unit), 10'000U);
    }
    EXPECT_EQ(intervals.get(kUnitClasses), 50'000U);
}

TEST_F(SamplerTest, VariancePolicyIsLinearBetweenItsThresholdsWithinTheBounds) {
    SamplerOptions options;
    options.sampling.policy = SamplingPolicy::kVariance;
    options.sampling.variance_low = 0.01;
    options.sampling.variance_high = 1.0;
    make(options);
    for (UnitId unit = 0; unit < 4; ++unit) {
        add(unit < 3 ? UnitClass::kPartition : UnitClass::kBroker, 0, 940);
        read(unit, 0, 0);
        for (int i = 0; i < 8; ++i) {
            const float d = unit == 1 ? 0.7F : unit == 2 ? 2.0F : 0.0F;
            read(unit, i % 2 == 0 ? 0 : 2 * d);
        }
    }
    EXPECT_EQ(intervals.get(0), 60'000U);
    EXPECT_NEAR(intervals.get(1), 10'000 + 0.515 * 50'000, 10'000);
    EXPECT_EQ(intervals.get(2), 10'000U);
    EXPECT_EQ(intervals.get(3), 10'000U) << "the broker, however quiet";
    solve_until_stable(1, 1);
    EXPECT_EQ(intervals.get(0), 60'000U) << "nothing is widened under this policy";
}

TEST_F(SamplerTest, AnotherPolicyKnowsNothingOfUnitsAndOldHistoryIsForgotten) {
    SamplerOptions variance;
    variance.sampling.policy = SamplingPolicy::kVariance;
    make(variance);
    const UnitId unit = add(UnitClass::kPartition, 0, 940);
    for (int i = 0; i < 20; ++i) {
        read(unit, i % 2 == 0 ? 0.0F : 5.0F, i == 0 ? 0 : kTickNs);
    }
    ASSERT_EQ(intervals.get(unit), 10'000U);
    sampler->remove_unit(unit);
    ASSERT_TRUE(sampler->add_unit(unit, {}));
    teach(unit, 0);
    EXPECT_EQ(intervals.get(unit), 60'000U) << "nothing of who had the id before";
    sampler->configure({});
    sampler->configure(variance);
    sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(unit), 10'000U) << "a history begins anew";
}

TEST_F(SamplerTest, AnotherPolicyUndoesWhatTheCeilingTook) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 940);
    teach(unit, 0);
    solve_until_stable(1, 1);
    ASSERT_TRUE(sampler->is_shed(unit));
    SamplerOptions fixed;
    fixed.sampling.policy = SamplingPolicy::kFixed;
    sampler->configure(fixed);
    sampler->solve(1, 1);
    EXPECT_EQ(intervals.get(unit), 10'000U);
    sampler->configure({});
    EXPECT_EQ(sampler->solve(kPlenty, kPlenty).lambda, kLambdaOfPrice);
    EXPECT_EQ(intervals.get(unit), 60'000U);
}

TEST_F(SamplerTest, WhileATraceIsRecordedEverythingIsReadAtItsInterval) {
    make();
    for (const UnitClass unit_class : kAllClasses) {
        teach(add(unit_class, 0, 940), 0);
    }
    solve_until_stable(1, 1);
    sampler->record_every(1'000);
    sampler->solve(1, 1);
    add(UnitClass::kTopic, 0, 940);
    for (UnitId unit = 0; unit < traits_of.size(); ++unit) {
        EXPECT_EQ(intervals.get(unit), 1'000U);
        read(unit, 0);
        EXPECT_EQ(intervals.get(unit), 1'000U);
    }
    sampler->record_every(0);
    solve_until_stable(kPlenty, kPlenty, 20);
    EXPECT_EQ(intervals.get(0), 10'000U);
    EXPECT_EQ(intervals.get(4), 60'000U);
}

// --- surprises

TEST_F(SamplerTest, WakesTheFamilyOfSurprisedUnitsThatRest) {
    make();
    for (UnitId unit = 0; unit < 400; ++unit) {
        teach(add(UnitClass::kPartition, unit < 300 ? 0 : 1, 100), unit < 300 ? 0.0F : 0.000'01F);
    }
    sampler->solve(kPlenty, kPlenty);
    ASSERT_EQ(intervals.get(17), 60'000U);
    std::vector<UnitId> woken(1'000);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U);
    for (UnitId unit = 0; unit < 10; ++unit) {
        read(unit, 2, 6 * kTickNs);
    }
    EXPECT_EQ(sampler->collect_wakes(woken), 290U) << "but for those that were read just now";
    EXPECT_EQ(woken[0], 10U);
    EXPECT_EQ(woken[289], 299U);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U) << "each once before a tick";
    sampler->solve(kPlenty, kPlenty);
    EXPECT_GT(sampler->collect_wakes(woken), 200U) << "what surprised just now may again";
    for (int tick = 0; tick < 20; ++tick) {
        for (UnitId unit = 20; unit < 70; ++unit) {
            read(unit, 0, 6 * kTickNs);
        }
        sampler->solve(kPlenty, kPlenty);
    }
    EXPECT_EQ(sampler->collect_wakes(woken), 0U) << "reads that find nothing end it";
}

// What the audit asks: would the file have been right without its read?
TEST_F(SamplerTest, WhatOthersWouldHaveWokenIsKnownAfterItsReadToo) {
    make();
    for (UnitId unit = 0; unit < 20; ++unit) {
        teach(add(UnitClass::kPartition, unit < 10 ? 0 : 1, 100), 0);
    }
    sampler->solve(kPlenty, kPlenty);
    for (UnitId unit = 0; unit < 3; ++unit) {
        read(unit, 5, 6 * kTickNs);
    }
    EXPECT_TRUE(sampler->would_wake(9, 60'000));
    read(9, 5, 3 * kTickNs);
    EXPECT_TRUE(sampler->would_wake(9, 60'000));
    EXPECT_FALSE(sampler->would_wake(9, 10'000)) << "it is read for every tick anyway";
    EXPECT_FALSE(sampler->would_wake(19, 60'000)) << "of another family";
}

// Or every error that the audit finds would be none.
TEST_F(SamplerTest, NoUnitWouldHaveBeenWokenByItsOwnRead) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 100);
    teach(unit, 0);
    sampler->solve(kPlenty, kPlenty);
    ASSERT_EQ(intervals.get(unit), 60'000U);
    ASSERT_FALSE(sampler->would_wake(unit, 60'000));
    sampler->observe(unit, 5, 3 * kTickNs, ReadStatus::kOk, 0, true);
    EXPECT_FALSE(sampler->would_wake(unit, 60'000)) << "nothing else told of it";
}

TEST_F(SamplerTest, WhatNeedsNoWakingIsNotWoken) {
    make();
    const UnitId surprised = add(UnitClass::kPartition, 0, 100);
    const UnitId at_base = add(UnitClass::kBroker, 0, 100);
    const UnitId unknown = add(UnitClass::kPartition, 0, 100);
    const UnitId fails = add(UnitClass::kPartition, 0, 100);
    const UnitId gone = add(UnitClass::kPartition, 0, 100);
    const UnitId rests = add(UnitClass::kPartition, 0, 100);
    for (const UnitId unit : {surprised, at_base, fails, gone, rests}) {
        teach(unit, 0);
    }
    sampler->remove_unit(gone);
    sampler->solve(kPlenty, kPlenty);
    sampler->observe(fails, 0, 0, ReadStatus::kThrew, 0);
    EXPECT_EQ(intervals.get(unknown), 10'000U);
    read(surprised, 5, 6 * kTickNs);
    std::vector<UnitId> woken(10);
    woken.resize(sampler->collect_wakes(woken));
    EXPECT_THAT(woken, testing::ElementsAre(rests));
}

TEST_F(SamplerTest, AUnitThatIsReadAtEveryTickSurprisesNobody) {
    make();
    const UnitId busy = add(UnitClass::kBroker, 0, 100);
    const UnitId rests = add(UnitClass::kPartition, 0, 100);
    teach(busy, 0);
    teach(rests, 0);
    sampler->solve(kPlenty, kPlenty);
    read(busy, 5);
    std::vector<UnitId> woken(10);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U);
}

TEST_F(SamplerTest, WakesThatDoNotFitWaitForTheirInterval) {
    make();
    for (UnitId unit = 0; unit < 100; ++unit) {
        teach(add(UnitClass::kPartition, 0, 100), 0);
    }
    sampler->solve(kPlenty, kPlenty);
    read(0, 9, 6 * kTickNs);
    std::vector<UnitId> woken(10);
    EXPECT_EQ(sampler->collect_wakes(woken), 10U);
    EXPECT_EQ(woken.back(), 10U);
}

TEST_F(SamplerTest, OtherPoliciesAndTracesWakeNobody) {
    for (const SamplingPolicy policy : {SamplingPolicy::kFixed, SamplingPolicy::kVariance}) {
        SamplerOptions options;
        options.sampling.policy = policy;
        make(options);
        for (UnitId unit = 0; unit < 10; ++unit) {
            teach(add(UnitClass::kPartition, 0, 100), 0);
        }
        read(0, 9, 6 * kTickNs);
        std::vector<UnitId> woken(10);
        EXPECT_EQ(sampler->collect_wakes(woken), 0U);
    }
    make();
    for (UnitId unit = 0; unit < 10; ++unit) {
        teach(add(UnitClass::kPartition, 0, 100), 0);
    }
    sampler->record_every(1'000);
    read(0, 9, 6 * kTickNs);
    std::vector<UnitId> woken(10);
    EXPECT_EQ(sampler->collect_wakes(woken), 0U);
}

// --- failures

TEST_F(SamplerTest, BacksOffFromAFailingUnitAndComesBack) {
    make();
    const UnitId unit = add(UnitClass::kBroker, 0, 1'000);
    sampler->solve(kPlenty, kPlenty);
    sampler->observe(unit, 0, 0, ReadStatus::kThrew, kNanosPerSecond);
    EXPECT_EQ(intervals.get(unit), 10'000U);
    sampler->observe(unit, 0, 0, ReadStatus::kThrew, kNanosPerSecond);
    EXPECT_EQ(intervals.get(unit), 20'000U);
    EXPECT_FALSE(sampler->health().is_quarantined(unit));
    sampler->observe(unit, 0, 0, ReadStatus::kThrew, 7 * kNanosPerSecond);
    EXPECT_EQ(intervals.get(unit), 40'000U);
    EXPECT_TRUE(sampler->health().is_quarantined(unit));
    sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(unit), 40'000U) << "solving leaves a back-off alone";
    Quarantined found[2];
    ASSERT_EQ(sampler->health().list(found), 1U);
    EXPECT_EQ(found[0].reason, ReadStatus::kThrew);
    EXPECT_EQ(found[0].since_ns, 7 * kNanosPerSecond);
    sampler->observe(unit, 0, 0, ReadStatus::kOk, 9 * kNanosPerSecond);
    EXPECT_FALSE(sampler->health().is_quarantined(unit));
    EXPECT_EQ(intervals.get(unit), 10'000U);
}

TEST_F(SamplerTest, TakesABlockedReadSeriouslyAndAGoneUnitLightly) {
    make();
    const UnitId blocks = add(UnitClass::kBroker, 0, 1'000);
    const UnitId goes = add(UnitClass::kPartition, 0, 1'000);
    sampler->observe(blocks, 0, 0, ReadStatus::kBlocked, 0);
    EXPECT_TRUE(sampler->health().is_quarantined(blocks)) << "at once";
    EXPECT_EQ(intervals.get(blocks), 10'000U);
    EXPECT_TRUE(intervals.is_back_off(blocks));
    sampler->observe(blocks, 0, 0, ReadStatus::kBlocked, 0);
    EXPECT_EQ(intervals.get(blocks), 20'000U) << "each costs a thread";
    sampler->solve(kPlenty, kPlenty);
    EXPECT_EQ(intervals.get(blocks), 20'000U);
    for (int i = 0; i < 20; ++i) {
        sampler->observe(blocks, 0, 0, ReadStatus::kBlocked, 0);
    }
    EXPECT_EQ(intervals.get(blocks), 900'000U);
    for (int i = 0; i < 10; ++i) {
        sampler->observe(goes, 0, 0, ReadStatus::kGone, 0);
    }
    EXPECT_FALSE(sampler->health().is_quarantined(goes));
    EXPECT_EQ(intervals.get(goes), 10'000U);
}

// Nothing was tried: the shim answers for a thread that hangs.
TEST_F(SamplerTest, WhatIsHeldBackIsAskedForAtEveryTickAndIsNotInQuarantine) {
    make();
    const UnitId blocked = add(UnitClass::kPartition, 0, 1'000);
    const UnitId alike = add(UnitClass::kPartition, 0, 1'000);
    teach(alike, 0);
    solve_until_stable(kPlenty, kPlenty);
    ASSERT_EQ(intervals.get(alike), 60'000U);
    sampler->observe(blocked, 0, 0, ReadStatus::kBlocked, 0);
    for (int tick = 0; tick < 100; ++tick) {
        for (const UnitId unit : {blocked, alike}) {
            sampler->observe(unit, 0, 0, ReadStatus::kHeld, 0);
            sampler->solve(kPlenty, kPlenty);
            EXPECT_EQ(sampler->health().is_quarantined(unit), unit == blocked);
            EXPECT_EQ(intervals.get(unit), 10'000U) << "tick " << tick;
        }
    }
    Quarantined found[3];
    ASSERT_EQ(sampler->health().list(found), 1U);
    EXPECT_EQ(found[0].unit, blocked);
    EXPECT_EQ(found[0].reason, ReadStatus::kBlocked) << "worth more than not tried";
    EXPECT_EQ(sampler->health().quarantined(), 1U);
    read(alike, 0);
    EXPECT_FALSE(sampler->health().is_failing(alike));
    sampler->observe(alike, 0, 0, ReadStatus::kHeld, 0);
    sampler->observe(alike, 0, 0, ReadStatus::kBlocked, kNanosPerSecond);
    EXPECT_TRUE(sampler->health().is_quarantined(alike)) << "it was tried, and hangs itself";
    EXPECT_EQ(sampler->health().quarantined(), 2U);
    sampler->remove_unit(alike);
    EXPECT_EQ(sampler->health().quarantined(), 1U);
    sampler->observe(blocked, 0, 0, ReadStatus::kBlocked, 0);
    EXPECT_EQ(intervals.get(blocked), 20'000U) << "the second one that blocked";
}

TEST_F(SamplerTest, AnAlertIsTriedAtEveryTickWhateverItsReadsDo) {
    make();
    const UnitId alert = add(UnitClass::kAlert, 0, 1'000);
    for (const ReadStatus status : {ReadStatus::kBlocked, ReadStatus::kThrew, ReadStatus::kHeld,
                                    ReadStatus::kNotNumber, ReadStatus::kBlocked}) {
        for (int i = 0; i < 5; ++i) {
            sampler->observe(alert, 0, 0, status, 0);
            sampler->solve(kPlenty, kPlenty);
            EXPECT_EQ(intervals.get(alert), 10'000U);
        }
    }
    EXPECT_TRUE(sampler->health().is_quarantined(alert));
}

TEST_F(SamplerTest, AUnitThatGoesTakesItsQuarantineAlong) {
    make();
    const UnitId unit = add(UnitClass::kBroker, 0, 1'000);
    sampler->observe(unit, 0, 0, ReadStatus::kBlocked, 0);
    sampler->remove_unit(unit);
    EXPECT_EQ(sampler->health().quarantined(), 0U);
    EXPECT_FALSE(sampler->has(unit));
    ASSERT_TRUE(sampler->add_unit(unit, {}));
    EXPECT_EQ(intervals.get(unit), 10'000U);
    EXPECT_EQ(sampler->health().quarantines_total(), 1U);
}

TEST_F(SamplerTest, SurvivesHostileNumbersAndIds) {
    make();
    const UnitId unit = add(UnitClass::kPartition, 0, 1'000);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    read(unit, 0, 0);
    for (const float deviation : {nan, infinite, -1.0F, 0.0F}) {
        read(unit, deviation);
    }
    sampler->on_cost(0, 1, std::nan(""));
    sampler->on_cost(0, 0, 5);
    sampler->on_cost(0, 1, -5);
    sampler->on_cost(99, 1, 5);
    read(99, 0, 0);
    sampler->remove_unit(99);
    EXPECT_FALSE(sampler->has(99));
    EXPECT_FALSE(sampler->is_shed(unit));
    for (const double budget : {1'000.0, 0.0, -5.0}) {
        EXPECT_TRUE(std::isfinite(sampler->solve(budget, budget).predicted_ns_per_s));
        const std::uint32_t ms = intervals.get(unit);
        EXPECT_TRUE(ms == kIntervalNever || (ms >= 10'000 && ms <= 240'000)) << ms;
    }
    EXPECT_FALSE(sampler->add_unit(kUnitsMax, {}));
    UnitTraits traits;
    traits.family = kFamiliesMax;
    EXPECT_FALSE(sampler->add_unit(1, traits));
}

TEST_F(SamplerTest, IsDeterministic) {
    std::vector<std::uint32_t> first;
    for (int i = 0; i < 2; ++i) {
        make_random(500, 77);
        const double wanted = sampler->solve(kPlenty, kPlenty).predicted_ns_per_s;
        solve_until_stable(0.4 * wanted, wanted);
        std::vector<std::uint32_t> chosen;
        for (UnitId unit = 0; unit < traits_of.size(); ++unit) {
            chosen.push_back(intervals.get(unit));
        }
        if (i == 0) {
            first = chosen;
        } else {
            EXPECT_EQ(first, chosen);
        }
    }
}

}  // namespace
}  // namespace remora
