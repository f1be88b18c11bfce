#include "cache/ages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "support/dice.h"

namespace remora {
namespace {

TEST(AgesTest, QuantilesAreWithinABinAndTheMaximumIsExact) {
    Dice dice(1);
    for (const std::size_t units : {1UL, 2UL, 10UL, 1'000UL, 20'000UL}) {
        Ages ages;
        std::vector<float> sorted;
        for (std::size_t i = 0; i < units; ++i) {
            const auto age = static_cast<float>(dice.power(-2.7, 3.7));
            const std::uint32_t series = 1 + dice.below(3);
            ages.add(UnitClass::kTopic, age, series);
            sorted.insert(sorted.end(), series, age);
        }
        std::sort(sorted.begin(), sorted.end());
        EXPECT_EQ(ages.series(UnitClass::kTopic), sorted.size());
        for (const double quantile : {0.0, 0.5, 0.9, 0.99}) {
            const auto place =
                static_cast<std::size_t>(quantile * static_cast<double>(sorted.size()));
            const float truth = sorted[place];
            const float found = ages.seconds(UnitClass::kTopic, quantile);
            EXPECT_GE(found, truth) << "never younger than it is";
            EXPECT_LE(found, truth * (1 + 1.0F / 16)) << quantile << " of " << units;
        }
        EXPECT_EQ(ages.seconds(UnitClass::kTopic, 1), sorted.back());
    }
}

TEST(AgesTest, ClassesAreApartAndClearForgetsThemAll) {
    Ages ages;
    ages.add(UnitClass::kBroker, 2, 5);
    ages.add(UnitClass::kPartition, 50, 7);
    EXPECT_EQ(ages.seconds(UnitClass::kBroker, 1), 2);
    EXPECT_EQ(ages.seconds(UnitClass::kPartition, 0.5), 50);
    EXPECT_EQ(ages.series(UnitClass::kTopic), 0U);
    EXPECT_EQ(ages.seconds(UnitClass::kTopic, 0.5), 0);
    EXPECT_EQ(ages.seconds(UnitClass::kTopic, 1), 0);
    ages.clear();
    EXPECT_EQ(ages.series(UnitClass::kBroker), 0U);
    EXPECT_EQ(ages.seconds(UnitClass::kPartition, 1), 0);
}

TEST(AgesTest, AgesBeyondTheBinsAreCountedToo) {
    Ages ages;
    for (const float age : {-1.0F, 0.0F, 1e-9F, 1e9F, std::numeric_limits<float>::infinity()}) {
        ages.add(UnitClass::kClient, age, 1);
    }
    EXPECT_EQ(ages.series(UnitClass::kClient), 5U);
    EXPECT_LT(ages.seconds(UnitClass::kClient, 0), 0.002);
    EXPECT_GT(ages.seconds(UnitClass::kClient, 0.9), 200'000);
    EXPECT_EQ(ages.seconds(UnitClass::kClient, 1), std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace remora
