#include "model/deviation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace remora {
namespace {

TEST(DeviationTest, IsScaleFree) {
    for (const double unit : {1e-6, 1.0, 1e9}) {
        SeriesScale scale;
        start_scale(scale, 0);
        float last = 0;
        for (int i = 1; i <= 200; ++i) {
            last = take_deviation(scale, unit * (i - 1), unit * i, 10);
        }
        // A steady ramp is a third of its own memory wide after a long time.
        EXPECT_NEAR(last, 10.0F / kScaleMemorySeconds, 0.02F) << unit;
    }
}

TEST(DeviationTest, IsZeroOnlyWithoutAChangeAndBoundedOtherwise) {
    SeriesScale scale;
    start_scale(scale, 5);
    EXPECT_EQ(take_deviation(scale, 5, 5, 10), 0);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(take_deviation(scale, 5, 5, 10), 0);
    }
    const float jump = take_deviation(scale, 5, 6, 10);
    EXPECT_GT(jump, 5);
    EXPECT_LE(jump, kDeviationMax);
    const double nan = std::nan("");
    EXPECT_EQ(take_deviation(scale, 6, nan, 10), kDeviationMax);
    EXPECT_EQ(take_deviation(scale, nan, nan, 10), 0);
    EXPECT_LE(take_deviation(scale, nan, 1e308, 10), kDeviationMax);
    EXPECT_LE(take_deviation(scale, 1e308, -1e308, 10), kDeviationMax);
}

}  // namespace
}  // namespace remora
