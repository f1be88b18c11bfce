// When ticks are due, and what a late one makes up for.
#include "engine/tick_grid.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::int64_t kStartNs = 7 * kNanosPerSecond;

class TickGridTest : public testing::Test {
 protected:
    TickGridTest() { grid_.set_interval(1'000, 1, kStartNs); }

    static std::int64_t at_ms(std::int64_t ms) { return kStartNs + ms * kNanosPerMilli; }

    CounterTable counters_;
    TickGrid grid_{kStartNs, counters_};
};

TEST_F(TickGridTest, ATickComesWhenItsReadsHaveBeenMade) {
    EXPECT_EQ(grid_.next_ns(), at_ms(1'000));
    EXPECT_FALSE(grid_.is_due(at_ms(999), at_ms(5'000)));
    EXPECT_FALSE(grid_.is_due(at_ms(1'000), at_ms(999)));
    EXPECT_TRUE(grid_.is_due(at_ms(1'010), at_ms(1'000)));
    EXPECT_FALSE(grid_.is_unfinished());
    grid_.advance(at_ms(1'010));
    EXPECT_EQ(grid_.next_ns(), at_ms(2'000));
}

TEST_F(TickGridTest, AReadThatHangsHoldsATickUpForHalfAnInterval) {
    EXPECT_FALSE(grid_.is_due(at_ms(1'200), 0)) << "noticed now";
    EXPECT_FALSE(grid_.is_due(at_ms(1'699), 0));
    EXPECT_TRUE(grid_.is_due(at_ms(1'700), 0));
    EXPECT_TRUE(grid_.is_unfinished());
    EXPECT_EQ(counters_.get(Counter::kTicksUnfinished), 1U);
}

TEST_F(TickGridTest, NoTickWaitsLongerThanTwoSeconds) {
    grid_.set_interval(60'000, 1, kStartNs);
    EXPECT_FALSE(grid_.is_due(at_ms(60'000), 0));
    EXPECT_FALSE(grid_.is_due(at_ms(61'999), 0));
    EXPECT_TRUE(grid_.is_due(at_ms(62'000), 0));
}

TEST_F(TickGridTest, OneTickMakesUpForThoseThatAPauseTook) {
    grid_.advance(at_ms(5'400));
    EXPECT_EQ(grid_.base_interval(), 5U);
    EXPECT_EQ(grid_.next_ns(), at_ms(6'000));
    grid_.advance(at_ms(5'500));
    EXPECT_EQ(grid_.next_ns(), at_ms(6'000)) << "and never goes back";
}

// A process that was stopped between the reads of a tick and the tick itself.
TEST_F(TickGridTest, ATickThatAPauseHeldUpWaitsForReadsOfNow) {
    EXPECT_FALSE(grid_.is_due(at_ms(5'400), at_ms(1'000))) << "that is what was read before";
    EXPECT_EQ(grid_.next_ns(), at_ms(5'000));
    EXPECT_TRUE(grid_.is_due(at_ms(5'450), at_ms(5'000)));
    EXPECT_FALSE(grid_.is_unfinished());
    grid_.advance(at_ms(5'450));
    EXPECT_EQ(grid_.base_interval(), 5U);
    EXPECT_EQ(grid_.next_ns(), at_ms(6'000));
}

TEST_F(TickGridTest, ATickThatAPauseHeldUpDoesNotWaitForEver) {
    EXPECT_FALSE(grid_.is_due(at_ms(5'400), at_ms(1'000)));
    EXPECT_FALSE(grid_.is_due(at_ms(5'899), at_ms(1'000)));
    EXPECT_TRUE(grid_.is_due(at_ms(7'300), at_ms(1'000))) << "and is not put off again";
    EXPECT_TRUE(grid_.is_unfinished());
    EXPECT_EQ(counters_.get(Counter::kTicksUnfinished), 1U);
}

TEST_F(TickGridTest, BaseIntervalsKeepTheirNumbersWhenTicksComeLessOften) {
    grid_.set_interval(1'000, 3, at_ms(4'500));
    EXPECT_EQ(grid_.interval_ns(), 3 * kNanosPerSecond);
    EXPECT_EQ(grid_.emitted_interval(), 4U) << "what was emitted is not emitted again";
    EXPECT_EQ(grid_.next_ns(), at_ms(6'000));
    grid_.advance(at_ms(6'000));
    EXPECT_EQ(grid_.base_interval(), 6U);
    EXPECT_EQ(counters_.get(Counter::kTickIntervalMillis), 3'000U);
}

}  // namespace
}  // namespace remora
