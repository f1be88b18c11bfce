#include "sample/law.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sample/bounds.h"
#include "support/dice.h"

namespace remora {
namespace {

constexpr std::int64_t kTickNs = 10 * kNanosPerSecond;
constexpr float kDecay = 0.1F;

TEST(LawTest, AWilderReadIsBelievedAtOnce) {
    EXPECT_FLOAT_EQ(learn_volatility(0, 2, kTickNs, kDecay), 0.2F);
    EXPECT_FLOAT_EQ(learn_volatility(0.1F, 5, kTickNs, kDecay), 0.5F);
    EXPECT_FLOAT_EQ(learn_volatility(0.1F, 1, kTickNs, kDecay), 0.1F);
}

TEST(LawTest, OfACalmerReadOnlyAShareIsBelieved) {
    float volatility = 1.0F;
    for (int read = 1; read <= 20; ++read) {
        volatility = learn_volatility(volatility, 0, kTickNs, kDecay);
        EXPECT_NEAR(volatility, std::pow(0.9, read), 1e-5);
    }
    EXPECT_FLOAT_EQ(learn_volatility(1.0F, 5, kTickNs, kDecay), 0.95F);
    EXPECT_FLOAT_EQ(learn_volatility(1.0F, 5, kTickNs, 1.0F), 0.5F) << "no memory at all";
}

TEST(LawTest, VolatilityIsScalesASecond) {
    for (const std::int64_t ticks : {1, 2, 6}) {
        EXPECT_NEAR(learn_volatility(0, 0.6F * static_cast<float>(ticks), ticks * kTickNs, kDecay),
                    0.06, 1e-6);
    }
}

// Error w v T and reads lambda c / T, tried at many T.
TEST(LawTest, TheIntervalIsWhereErrorAndReadsTogetherAreLeast) {
    Dice dice(1);
    for (int i = 0; i < 100; ++i) {
        const double cost = dice.power(2, 7);
        const double worth = dice.power(-4, 1);
        const auto total = [&](double seconds) {
            return worth * seconds + kLambdaOfPrice * cost / seconds;
        };
        const double best = std::sqrt(
            static_cast<double>(law_square(static_cast<float>(kLambdaOfPrice),
                                           static_cast<float>(cost), static_cast<float>(worth))));
        for (double factor = 0.1; factor < 10; factor *= 1.07) {
            EXPECT_LE(total(best), total(best * factor) * 1.00001);
        }
    }
}

TEST(LawTest, AUnitThatDoesNotMoveRestsAsLongAsItMay) {
    AgeBounds bounds({}, 0);
    const AgeBounds::Kind kind = bounds.kind(bounds.kind_of({}), AgeBounds::Expense::kNone);
    for (const float cost : {1.0F, 400.0F, 1e7F}) {
        const float square = law_square(static_cast<float>(kLambdaOfPrice), cost, 0);
        EXPECT_TRUE(std::isfinite(square));
        EXPECT_EQ(bounds.on_grid(square, kind), kind.max_ms);
    }
    EXPECT_EQ(bounds.on_grid(law_square(std::numeric_limits<float>::infinity(), 1, 1), kind),
              kind.max_ms);
}

// What law.h says of the price: a log end offset at 0.4 us, by how much of its scale it grows.
TEST(LawTest, ThePriceReadsALogEndOffsetThatGrowsAtEveryTick) {
    AgeBounds bounds({}, 0);
    const AgeBounds::Kind kind = bounds.kind(bounds.kind_of({}), AgeBounds::Expense::kNone);
    const auto interval_ms = [&](float volatility) {
        return bounds.on_grid(law_square(static_cast<float>(kLambdaOfPrice), 400, volatility),
                              kind);
    };
    EXPECT_EQ(interval_ms(1.0F), 10'000U);
    EXPECT_EQ(interval_ms(0.001F), 10'000U);
    EXPECT_GT(interval_ms(0.0001F), 10'000U);
    EXPECT_EQ(interval_ms(0.000'001F), 60'000U);
}

}  // namespace
}  // namespace remora
