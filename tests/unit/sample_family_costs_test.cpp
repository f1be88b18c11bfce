#include "sample/family_costs.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/dice.h"

namespace remora {
namespace {

class FamilyCostsTest : public ::testing::Test {
 protected:
    FamilyCostsTest() { costs_.reserve(0); }

    void time(double one_ns, int groups = 1) {
        for (int i = 0; i < groups; ++i) {
            costs_.on_cost(0, 10, 10 * one_ns);
        }
    }
    double typical() const { return static_cast<double>(costs_.typical_ns(0)); }

    FamilyCosts costs_;
};

TEST_F(FamilyCostsTest, BeforeTheFirstGroupACostIsAssumed) {
    EXPECT_EQ(costs_.typical_ns(0), FamilyCosts::kUnknownNs);
    EXPECT_EQ(costs_.reads(0), 0U);
    time(250);
    EXPECT_FLOAT_EQ(costs_.typical_ns(0), 250);
}

TEST_F(FamilyCostsTest, ColdCodeIsForgottenAfterThreeWarmGroups) {
    for (const int cold : {1, 2, 100}) {
        costs_ = {};
        costs_.reserve(0);
        time(80'000, cold);
        ASSERT_DOUBLE_EQ(typical(), 80'000) << cold;
        time(400, 3);
        EXPECT_DOUBLE_EQ(typical(), 400) << cold;
    }
}

TEST_F(FamilyCostsTest, OneOutlierDoesNotCountNorDoTwo) {
    time(400, 10);
    time(5e6);
    EXPECT_DOUBLE_EQ(typical(), 400);
    time(5e6);
    EXPECT_DOUBLE_EQ(typical(), 400);
    time(5e6);
    EXPECT_DOUBLE_EQ(typical(), 5e6) << "three in a row are no outliers";
    time(400, 3);
    EXPECT_DOUBLE_EQ(typical(), 400);
}

TEST_F(FamilyCostsTest, TypicalCostIgnoresOutliersThatTheTailShows) {
    Dice dice(1);
    int wrong = 0;
    for (int i = 0; i < 5000; ++i) {
        time(dice.one_in(20) ? 1e6 : 450.0 + dice.below(100));
        wrong += std::abs(typical() - 500) > 60 ? 1 : 0;
    }
    // Three of five groups that are outliers of one in twenty: about one time in a thousand.
    EXPECT_LE(wrong, 25);
    EXPECT_GT(costs_.tail_ns(0), 100'000);
    EXPECT_EQ(costs_.reads(0), 50'000U);
}

TEST_F(FamilyCostsTest, ATailThatIsGoneIsForgottenTheMaximumIsNot) {
    time(1e6);
    time(400, 20'000);
    EXPECT_LT(costs_.tail_ns(0), 1'000);
    EXPECT_GE(costs_.tail_ns(0), costs_.typical_ns(0));
}

TEST_F(FamilyCostsTest, FollowsACostThatChanged) {
    time(100, 50);
    time(5000, 3);
    EXPECT_DOUBLE_EQ(typical(), 5000);
}

TEST_F(FamilyCostsTest, TakesNoNonsense) {
    time(400, 5);
    costs_.on_cost(0, 0, 5);
    costs_.on_cost(0, 1, -5);
    costs_.on_cost(0, 1, std::nan(""));
    costs_.on_cost(7, 1, 5);
    EXPECT_DOUBLE_EQ(typical(), 400);
    EXPECT_EQ(costs_.reads(0), 50U);
    time(0, 5);
    EXPECT_GT(typical(), 0) << "a clock that is too coarse makes nothing free";
}

}  // namespace
}  // namespace remora
