#include "sample/bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/dice.h"

namespace remora {
namespace {

using Expense = AgeBounds::Expense;

constexpr std::array<UnitClass, kUnitClasses> kAllClasses = {UnitClass::kAlert, UnitClass::kBroker,
                                                             UnitClass::kTopic, UnitClass::kClient,
                                                             UnitClass::kPartition};

UnitTraits of_class(UnitClass unit_class, std::uint32_t rule_min_ms = 0,
                    std::uint32_t rule_base_ms = 0, std::uint32_t rule_max_ms = 0) {
    UnitTraits traits;
    traits.unit_class = unit_class;
    traits.min_interval_ms = rule_min_ms;
    traits.base_interval_ms = rule_base_ms;
    traits.max_interval_ms = rule_max_ms;
    return traits;
}

// As an operator writes "interval": all three limits alike.
UnitTraits fixed_at(UnitClass unit_class, std::uint32_t interval_ms) {
    return of_class(unit_class, interval_ms, interval_ms, interval_ms);
}

AgeBounds::Kind kind_of(AgeBounds& bounds, const UnitTraits& traits,
                        Expense expense = Expense::kNone) {
    return bounds.kind(bounds.kind_of(traits), expense);
}

std::uint32_t bound_ms(AgeBounds& bounds, UnitClass unit_class) {
    return kind_of(bounds, of_class(unit_class)).bound_ms;
}

float square_of(double seconds) {
    return static_cast<float>(seconds * seconds);
}

TEST(AgeBoundsTest, EachClassHasItsBound) {
    AgeBounds bounds({}, 0);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kAlert), 10'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kBroker), 10'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kTopic), 30'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kClient), 30'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kPartition), 60'000U);
    for (const UnitClass unit_class : kAllClasses) {
        const AgeBounds::Kind kind = kind_of(bounds, of_class(unit_class));
        EXPECT_EQ(kind.min_ms, 10'000U);
        EXPECT_EQ(kind.base_ms, 10'000U);
        EXPECT_EQ(kind.max_ms, kind.bound_ms);
        EXPECT_TRUE(kind.is_read);
        EXPECT_DOUBLE_EQ(kind.base_per_s, 0.1);
        EXPECT_DOUBLE_EQ(kind.max_per_s, 1000.0 / kind.bound_ms);
    }
}

TEST(AgeBoundsTest, ABoundIsNeverShorterThanTheBaseInterval) {
    SamplingConfig sampling;
    sampling.base_interval_ms = 45'000;
    sampling.min_interval_ms = 45'000;
    AgeBounds bounds(sampling, 0);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kAlert), 45'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kBroker), 45'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kTopic), 45'000U) << "longer than its bound of 30 s";
    EXPECT_EQ(bound_ms(bounds, UnitClass::kPartition), 60'000U);
    for (const UnitClass unit_class : kAllClasses) {
        const AgeBounds::Kind kind = kind_of(bounds, of_class(unit_class));
        EXPECT_EQ(kind.max_ms, 45'000U) << "only whole base intervals are on the grid";
        EXPECT_EQ(bounds.on_grid(square_of(1e6), kind), 45'000U);
        EXPECT_EQ(bounds.on_grid(0, kind), 45'000U);
    }
}

TEST(AgeBoundsTest, OtherIntervalsReachTheKindsThatThereAre) {
    AgeBounds bounds({}, 0);
    const std::uint16_t topic = bounds.kind_of(of_class(UnitClass::kTopic));
    SamplingConfig sampling;
    sampling.base_interval_ms = 5'000;
    sampling.min_interval_ms = 5'000;
    sampling.topic_max_interval_ms = 20'000;
    bounds.configure(sampling, 0);
    EXPECT_EQ(bounds.kind(topic, Expense::kNone).base_ms, 5'000U);
    EXPECT_EQ(bounds.kind(topic, Expense::kNone).bound_ms, 20'000U);
    EXPECT_EQ(bounds.base_ms(), 5'000U);
}

TEST(AgeBoundsTest, AnIntervalOfARuleWinsOverTheBoundOfTheClass) {
    AgeBounds bounds({}, 0);
    for (const UnitClass unit_class : kAllClasses) {
        const AgeBounds::Kind slow = kind_of(bounds, fixed_at(unit_class, 300'000));
        EXPECT_EQ(slow.min_ms, 300'000U);
        EXPECT_EQ(slow.base_ms, 300'000U);
        EXPECT_EQ(slow.bound_ms, 300'000U);
        EXPECT_EQ(bounds.on_grid(0, slow), 300'000U) << "however much it moves";
        const AgeBounds::Kind longer = kind_of(bounds, of_class(unit_class, 0, 0, 120'000));
        EXPECT_EQ(longer.bound_ms, 120'000U);
        EXPECT_EQ(longer.base_ms, 10'000U);
        const AgeBounds::Kind shorter = kind_of(bounds, of_class(unit_class, 0, 0, 20'000));
        EXPECT_EQ(shorter.bound_ms, 20'000U);
    }
    const AgeBounds::Kind least = kind_of(bounds, of_class(UnitClass::kTopic, 120'000));
    EXPECT_EQ(least.base_ms, 120'000U) << "the bound of the class gives way to the rule's minimum";
    EXPECT_EQ(least.bound_ms, 120'000U);
}

TEST(AgeBoundsTest, ABroadRuleOnTheBaseDoesNotReadMoreOften) {
    SamplingConfig sampling;
    sampling.min_interval_ms = 2'000;
    AgeBounds bounds(sampling, 1'000);
    EXPECT_EQ(kind_of(bounds, of_class(UnitClass::kPartition)).min_ms, 2'000U);
    EXPECT_EQ(kind_of(bounds, of_class(UnitClass::kPartition, 0, 30'000)).min_ms, 30'000U);
    EXPECT_EQ(kind_of(bounds, of_class(UnitClass::kPartition, 5'000, 30'000)).min_ms, 5'000U);
}

TEST(AgeBoundsTest, AnExpensiveReadHasALongerBoundInClassBrokerOnly) {
    AgeBounds bounds({}, 0);
    const UnitTraits broker = of_class(UnitClass::kBroker);
    EXPECT_EQ(kind_of(bounds, broker, Expense::kHigh).bound_ms, 10'000U);
    EXPECT_EQ(kind_of(bounds, broker, Expense::kVeryHigh).bound_ms, 30'000U);
    EXPECT_EQ(kind_of(bounds, of_class(UnitClass::kAlert), Expense::kVeryHigh).bound_ms, 10'000U)
        << "whatever it costs";
    EXPECT_EQ(kind_of(bounds, of_class(UnitClass::kTopic), Expense::kVeryHigh).bound_ms, 30'000U);
    SamplingConfig quick;
    quick.base_interval_ms = 1'000;
    quick.min_interval_ms = 1'000;
    AgeBounds often(quick, 0);
    EXPECT_EQ(kind_of(often, broker, Expense::kNone).bound_ms, 1'000U);
    EXPECT_EQ(kind_of(often, broker, Expense::kHigh).bound_ms, 10'000U);
    EXPECT_EQ(kind_of(often, fixed_at(UnitClass::kBroker, 2'000), Expense::kVeryHigh).bound_ms,
              2'000U)
        << "an operator's rule";
}

TEST(AgeBoundsTest, ALevelOfExpenseIsLeftAThirdBelowWhereItBegins) {
    EXPECT_EQ(AgeBounds::expense_of(499'000, Expense::kNone), Expense::kNone);
    EXPECT_EQ(AgeBounds::expense_of(501'000, Expense::kNone), Expense::kHigh);
    EXPECT_EQ(AgeBounds::expense_of(340'000, Expense::kHigh), Expense::kHigh);
    EXPECT_EQ(AgeBounds::expense_of(330'000, Expense::kHigh), Expense::kNone);
    EXPECT_EQ(AgeBounds::expense_of(4'900'000, Expense::kHigh), Expense::kHigh);
    EXPECT_EQ(AgeBounds::expense_of(5'100'000, Expense::kNone), Expense::kVeryHigh);
    EXPECT_EQ(AgeBounds::expense_of(3'400'000, Expense::kVeryHigh), Expense::kVeryHigh);
    EXPECT_EQ(AgeBounds::expense_of(3'300'000, Expense::kVeryHigh), Expense::kHigh);
    EXPECT_EQ(AgeBounds::expense_of(340'000, Expense::kVeryHigh), Expense::kHigh);
    EXPECT_EQ(AgeBounds::expense_of(100, Expense::kVeryHigh), Expense::kNone);
}

TEST(AgeBoundsTest, WideningMultipliesTheBoundsOfTheLeastClassesOnly) {
    AgeBounds bounds({}, 0);
    for (const UnitClass unit_class : kAllClasses) {
        bounds.kind_of(of_class(unit_class));
    }
    EXPECT_FALSE(bounds.widen({1, 1})) << "as it is";
    EXPECT_TRUE(bounds.widen({4, 2}));
    EXPECT_FALSE(bounds.widen({4, 2}));
    const auto max_ms = [&](UnitClass unit_class) {
        return kind_of(bounds, of_class(unit_class)).max_ms;
    };
    EXPECT_EQ(max_ms(UnitClass::kAlert), 10'000U);
    EXPECT_EQ(max_ms(UnitClass::kBroker), 10'000U);
    EXPECT_EQ(max_ms(UnitClass::kTopic), 60'000U);
    EXPECT_EQ(max_ms(UnitClass::kClient), 60'000U);
    EXPECT_EQ(max_ms(UnitClass::kPartition), 240'000U);
    EXPECT_EQ(bound_ms(bounds, UnitClass::kPartition), 60'000U) << "what it should be stays known";
    const AgeBounds::Kind ruled = kind_of(bounds, of_class(UnitClass::kPartition, 0, 0, 90'000));
    EXPECT_EQ(ruled.max_ms, 90'000U) << "what an operator's rule says is not widened";
    EXPECT_TRUE(bounds.widen({1, 1}));
    EXPECT_EQ(max_ms(UnitClass::kPartition), 60'000U);
}

TEST(AgeBoundsTest, GivingAClassUpSparesAlertsTheBrokerAndRules) {
    AgeBounds bounds({}, 0);
    bounds.widen({0, 0});
    EXPECT_TRUE(kind_of(bounds, of_class(UnitClass::kAlert)).is_read);
    EXPECT_TRUE(kind_of(bounds, of_class(UnitClass::kBroker)).is_read);
    EXPECT_FALSE(kind_of(bounds, of_class(UnitClass::kTopic)).is_read);
    EXPECT_FALSE(kind_of(bounds, of_class(UnitClass::kClient)).is_read);
    EXPECT_FALSE(kind_of(bounds, of_class(UnitClass::kPartition)).is_read);
    EXPECT_TRUE(kind_of(bounds, of_class(UnitClass::kPartition, 0, 0, 90'000)).is_read);
}

// Of n base intervals a unit costs its error, which grows with n, and its reads, x / n: the best
// whole number by trying them all.
TEST(AgeBoundsTest, TheGridTakesTheBestWholeNumberOfBaseIntervals) {
    AgeBounds bounds({}, 0);
    const AgeBounds::Kind kind = kind_of(bounds, of_class(UnitClass::kPartition));
    Dice dice(2);
    for (int i = 0; i < 10'000; ++i) {
        const double x = dice.between(0, 45);
        std::uint32_t best = 1;
        for (std::uint32_t n = 2; n <= 6; ++n) {
            best = n + x / n < best + x / best ? n : best;
        }
        const std::uint32_t chosen = bounds.on_grid(static_cast<float>(x * 100), kind) / 10'000;
        EXPECT_NEAR(chosen + x / chosen, best + x / best, 1e-3) << x;
    }
}

TEST(AgeBoundsTest, TheGridStaysWithinTheLimitsAndIsMonotone) {
    Dice dice(3);
    for (int round = 0; round < 300; ++round) {
        SamplingConfig sampling;
        sampling.base_interval_ms = 1'000 * (1 + std::int64_t{dice.below(90)});
        const auto parts = std::int64_t{1 + dice.below(4)};
        sampling.min_interval_ms =
            dice.one_in(2) ? sampling.base_interval_ms : sampling.base_interval_ms / parts;
        sampling.topic_max_interval_ms = 1'000 * (1 + std::int64_t{dice.below(120)});
        sampling.partition_max_interval_ms = 1'000 * (1 + std::int64_t{dice.below(600)});
        AgeBounds bounds(sampling, static_cast<std::uint32_t>(sampling.min_interval_ms));
        bounds.widen({1U << dice.below(3), 1U << dice.below(3)});
        const std::uint32_t rule_ms = dice.one_in(3) ? 100 * (1 + dice.below(3'000)) : 0;
        const UnitTraits traits = of_class(kAllClasses[dice.below(kUnitClasses)], 0, 0, rule_ms);
        const AgeBounds::Kind kind =
            kind_of(bounds, traits, static_cast<Expense>(dice.below(AgeBounds::kExpenses)));
        EXPECT_LE(kind.min_ms, kind.base_ms);
        EXPECT_LE(kind.base_ms, kind.bound_ms);
        std::uint32_t before = 0;
        for (double seconds = 0; seconds < 3'000; seconds = 1.1 * seconds + 0.01) {
            const std::uint32_t ms = bounds.on_grid(square_of(seconds), kind);
            EXPECT_GE(ms, kind.min_ms);
            EXPECT_LE(ms, kind.max_ms);
            EXPECT_GE(ms, before);
            before = ms;
        }
        EXPECT_EQ(before, kind.max_ms);
        const float infinite = std::numeric_limits<float>::infinity();
        EXPECT_EQ(bounds.on_grid(infinite, kind), kind.max_ms);
    }
}

TEST(AgeBoundsTest, BetweenTwoTicksTheGridIsTheQuantum) {
    SamplingConfig sampling;
    sampling.min_interval_ms = 2'000;
    AgeBounds bounds(sampling, 2'000);
    const AgeBounds::Kind kind = kind_of(bounds, of_class(UnitClass::kPartition));
    EXPECT_EQ(bounds.on_grid(square_of(0.1), kind), 2'000U);
    EXPECT_EQ(bounds.on_grid(square_of(4.4), kind), 4'000U);
    EXPECT_EQ(bounds.on_grid(square_of(6.5), kind), 6'000U);
    EXPECT_EQ(bounds.on_grid(square_of(9), kind), 10'000U);
}

TEST(AgeBoundsTest, UnitsShareKindsAndUnusedOnesAreLetGo) {
    AgeBounds bounds({}, 0);
    const std::uint16_t topic = bounds.kind_of(of_class(UnitClass::kTopic));
    const std::uint16_t slow = bounds.kind_of(fixed_at(UnitClass::kTopic, 60'000));
    const std::uint16_t alert = bounds.kind_of(of_class(UnitClass::kAlert));
    EXPECT_EQ(bounds.kind_of(of_class(UnitClass::kTopic)), topic);
    EXPECT_EQ(bounds.kinds(), kUnitClasses + 1) << "each class without a rule has one";
    const std::uint16_t gone = bounds.kind_of(fixed_at(UnitClass::kTopic, 50'000));
    std::vector<bool> used(bounds.kinds());
    used[slow] = true;
    const std::vector<std::uint16_t> place = bounds.keep_used(used);
    ASSERT_EQ(bounds.kinds(), kUnitClasses + 1);
    EXPECT_EQ(place[gone], 0xFFFF);
    EXPECT_EQ(place[topic], topic);
    EXPECT_EQ(bounds.kind(place[slow], Expense::kNone).bound_ms, 60'000U);
    EXPECT_EQ(bounds.class_of(place[alert]), UnitClass::kAlert);
}

TEST(AgeBoundsTest, WhenThereAreTooManyKindsAUnitIsLikeAnotherOfItsClass) {
    AgeBounds bounds({}, 0);
    std::size_t before = 0;
    for (std::uint32_t ms = 100'000; bounds.kinds() > before || ms == 100'000; ++ms) {
        before = bounds.kinds();
        ASSERT_LT(ms, 200'000U);
        bounds.kind_of(fixed_at(UnitClass::kPartition, ms));
    }
    EXPECT_GE(bounds.kinds(), kRulesMax);
    EXPECT_EQ(bounds.class_of(bounds.kind_of(of_class(UnitClass::kPartition, 1, 1, 1))),
              UnitClass::kPartition);
    EXPECT_EQ(bounds.class_of(bounds.kind_of(of_class(UnitClass::kAlert))), UnitClass::kAlert)
        << "the first of its class";
}

}  // namespace
}  // namespace remora
