#include "sample/shedding.h"

#include <gtest/gtest.h>

#include "support/dice.h"

namespace remora {
namespace {

ClassCost& of(ClassCosts& costs, UnitClass unit_class) {
    return costs[static_cast<std::size_t>(unit_class)];
}

// Costs at the bounds.
ClassCosts costs_of(double alert, double broker, double topic, double client, double partition) {
    ClassCosts costs;
    of(costs, UnitClass::kAlert) = {alert, alert, 0};
    of(costs, UnitClass::kBroker) = {broker, broker, 0};
    of(costs, UnitClass::kTopic) = {3 * topic, topic, 0};
    of(costs, UnitClass::kClient) = {3 * client, client, 0};
    of(costs, UnitClass::kPartition) = {6 * partition, partition, 0};
    return costs;
}

const ClassCosts kCosts = costs_of(10, 90, 80, 20, 800);

TEST(SheddingTest, TheLeastClassIsWidenedFirstAndGivenUpFirst) {
    const std::array<Widening, Shedding::kSteps> table = {
        {{1, 1}, {2, 1}, {4, 1}, {4, 2}, {4, 4}, {0, 4}, {0, 0}}};
    const std::array<double, Shedding::kSteps> least = {1000, 600, 400, 350, 325, 125, 100};
    for (std::uint32_t step = 0; step < Shedding::kSteps; ++step) {
        EXPECT_EQ(Shedding::widening(step), table[step]) << step;
        EXPECT_DOUBLE_EQ(Shedding::least_ns_per_s(kCosts, step), least[step]) << step;
    }
}

TEST(SheddingTest, AStepIsTakenAsSoonAsTheOneBeforeDoesNotFit) {
    const std::array<std::pair<double, std::uint32_t>, 8> expected = {
        {{1000, 0}, {999, 1}, {600, 1}, {599, 2}, {360, 3}, {330, 4}, {130, 5}, {124, 6}}};
    for (const auto& [budget, step] : expected) {
        Shedding shedding;
        EXPECT_EQ(shedding.choose(kCosts, budget, 0), step) << budget;
        EXPECT_EQ(shedding.step(), step);
    }
}

TEST(SheddingTest, AStepIsTakenBackWhenItWouldHaveFittedWithRoomThreeTimesInARow) {
    Shedding shedding;
    ASSERT_EQ(shedding.choose(kCosts, 500, 0), 2U);
    const double room = 600 / 0.8 + 1;  // for step 1, not for step 0
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(shedding.choose(kCosts, 0.9 * room, 0), 2U)
            << "it fits, but without room to spare";
    }
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, 0.9 * room, 0), 2U) << "counted anew";
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 1U);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(shedding.choose(kCosts, room, 0), 1U);
    }
}

TEST(SheddingTest, GoesBackToWhatFitsAtOnce) {
    Shedding shedding;
    ASSERT_EQ(shedding.choose(kCosts, 1, 0), 6U);
    const double room = 400 / 0.8 + 1;  // for step 2
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 6U);
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 6U);
    EXPECT_EQ(shedding.choose(kCosts, room, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, 1e9, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, 1e9, 0), 2U);
    EXPECT_EQ(shedding.choose(kCosts, 1e9, 0), 0U);
}

// Alerts and the broker that cost more than there is take nothing from the others: ticks have to
// come less often.
TEST(SheddingTest, NoClassIsGivenUpForWhatAlertsAndTheBrokerCost) {
    const ClassCosts costs = costs_of(500, 500, 80, 20, 800);  // others: 900, 225 at step 4
    for (const double budget : {0.0, 900.0, 1'224.0}) {
        Shedding shedding;
        EXPECT_EQ(shedding.choose(costs, budget, 225), Shedding::kWidest) << budget;
        EXPECT_EQ(shedding.choose(costs, budget, 225), Shedding::kWidest) << budget;
    }
    Shedding shedding;
    EXPECT_EQ(shedding.choose(costs, 1'000, 224), 5U) << "the others themselves are too expensive";
    for (int i = 0; i < 3; ++i) {
        shedding.choose(costs, 3'000, 225);
    }
    EXPECT_EQ(shedding.step(), 0U);
}

// What an operator's rule says is not widened, so widening does not make it cheaper.
TEST(SheddingTest, BoundsOfRulesCountAtEveryStep) {
    ClassCosts costs = kCosts;
    of(costs, UnitClass::kPartition).ruled = 300;
    for (std::uint32_t step = 0; step < Shedding::kSteps; ++step) {
        EXPECT_DOUBLE_EQ(Shedding::least_ns_per_s(costs, step),
                         300 + Shedding::least_ns_per_s(kCosts, step));
    }
}

TEST(SheddingTest, ABudgetThatStaysDoesNotMakeItSwing) {
    Dice dice(6);
    for (double budget = 90; budget < 1100; budget *= 1.07) {
        Shedding shedding;
        std::uint32_t changes = 0;
        std::uint32_t before = shedding.choose(kCosts, budget, 0);
        for (int i = 0; i < 300; ++i) {
            const std::uint32_t step =
                shedding.choose(kCosts, budget * dice.between(0.95, 1.05), 0);
            changes += step != before ? 1 : 0;
            before = step;
        }
        EXPECT_LE(changes, 2U) << budget;
    }
}

TEST(SheddingTest, AlertsAndTheBrokerAreNeverTouched) {
    Shedding shedding;
    const ClassCosts expensive = costs_of(1e9, 1e9, 1, 1, 1);
    EXPECT_EQ(shedding.choose(expensive, 0, 0), Shedding::kSteps - 1)
        << "no further, whatever they cost";
    for (std::uint32_t step = 0; step < Shedding::kSteps; ++step) {
        EXPECT_GE(Shedding::least_ns_per_s(expensive, step), 2e9);
    }
}

TEST(SheddingTest, NothingToReadFitsIntoNothing) {
    Shedding shedding;
    EXPECT_EQ(shedding.choose({}, 0, 0), 0U);
}

}  // namespace
}  // namespace remora
