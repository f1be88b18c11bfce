#include "sample/variance.h"

#include <gtest/gtest.h>

#include "model/deviation.h"

namespace remora {
namespace {

class VarianceHistoryTest : public ::testing::Test {
 protected:
    VarianceHistoryTest() {
        sampling_.variance_low = 0.01;
        sampling_.variance_high = 1.0;
        sampling_.partition_max_interval_ms = 300'000;
        bounds_.configure(sampling_, 0);
        kind_ = bounds_.kind(bounds_.kind_of({}), AgeBounds::Expense::kNone);
        history_.reserve(3);
    }

    // Deviations of 0 and twice `d` in turn have the variance d squared.
    void add(UnitId unit, float d, int reads = 8) {
        for (int i = 0; i < reads; ++i) {
            history_.add(unit, i % 2 == 0 ? 0 : 2 * d);
        }
    }
    std::uint32_t interval_ms(UnitId unit) const {
        return history_.interval_ms(unit, sampling_, bounds_, kind_);
    }

    SamplingConfig sampling_;
    AgeBounds bounds_{{}, 0};
    AgeBounds::Kind kind_;
    VarianceHistory history_;
};

TEST_F(VarianceHistoryTest, IsLinearBetweenItsThresholds) {
    add(0, 0);
    add(1, 0.7F);
    add(2, 2);
    EXPECT_EQ(interval_ms(0), 300'000U);
    EXPECT_EQ(interval_ms(2), 10'000U);
    // 0.49 lies at 0.515 of the way from the high threshold to the low one.
    EXPECT_NEAR(interval_ms(1), 10'000 + 0.515 * 290'000, 12'000);
    EXPECT_EQ(interval_ms(1) % 10'000, 0U);
}

TEST_F(VarianceHistoryTest, AUnitThatMovesEvenlyRests) {
    for (int i = 0; i < 8; ++i) {
        history_.add(0, 3);
    }
    EXPECT_EQ(interval_ms(0), 300'000U) << "its variance is 0";
}

TEST_F(VarianceHistoryTest, OnlyTheLatestReadsCount) {
    add(0, kDeviationMax / 2, 100);
    EXPECT_EQ(interval_ms(0), 10'000U);
    add(0, 0, static_cast<int>(VarianceHistory::kReads) - 1);
    EXPECT_LT(interval_ms(0), 300'000U);
    add(0, 0, 1);
    EXPECT_EQ(interval_ms(0), 300'000U);
}

TEST_F(VarianceHistoryTest, AUnitWithoutAHistoryIsReadAtBase) {
    EXPECT_EQ(interval_ms(3), 10'000U);
    add(3, 0);
    EXPECT_EQ(interval_ms(3), 300'000U);
    history_.forget(3);
    EXPECT_EQ(interval_ms(3), 10'000U);
}

TEST_F(VarianceHistoryTest, LetsGoOfItsMemory) {
    EXPECT_FALSE(history_.is_empty());
    history_.clear();
    EXPECT_TRUE(history_.is_empty());
}

}  // namespace
}  // namespace remora
