#include "engine/ceiling_report.h"

#include <gtest/gtest.h>

#include "base/counter_table.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"

namespace remora {
namespace {

constexpr std::int64_t kTickNs = 10 * kNanosPerSecond;

class CeilingReportTest : public ::testing::Test {
 protected:
    // One tick later.
    void tick(std::uint32_t step, std::uint32_t stride = 1, std::uint64_t expired = 0) {
        clock.now_ns += kTickNs;
        report.tick({step, step > 4 ? 50U : 0U, 90, stride, stride * kTickNs, lacking, expired},
                    clock.monotonic_ns());
    }

    double lacking = 0;  // percent
    FakeClock clock;
    CounterTable counters;
    KeptLog sink;
    Log log{sink, clock, counters};
    CeilingReport report{log};
};

TEST_F(CeilingReportTest, NothingIsLoggedWhileNothingIsTaken) {
    for (int i = 0; i < 100; ++i) {
        tick(0);
    }
    EXPECT_TRUE(sink.lines().empty());
}

TEST_F(CeilingReportTest, WhatIsTakenIsLoggedAtOnceAndItsEndToo) {
    lacking = 2.345;
    tick(2);
    ASSERT_EQ(sink.lines().size(), 1U);
    EXPECT_EQ(sink.lines().back(),
              "sampling.cpu_budget_percent is too low: bounds on age are widened, step 2 of 6; a "
              "tick comes every 10 s; about 2.3 is needed for all of it");
    for (int i = 0; i < 10; ++i) {
        tick(2);
    }
    EXPECT_EQ(sink.lines().size(), 1U);
    tick(0);
    ASSERT_EQ(sink.lines().size(), 2U);
    EXPECT_EQ(
        sink.lines().back(),
        "sampling.cpu_budget_percent suffices again: every class is read within its bounds on "
        "age; a tick comes every 10 s");
}

TEST_F(CeilingReportTest, TheLastLineIsTrueAlsoWhenChangesComeTooOften) {
    tick(6, 3);
    EXPECT_EQ(sink.lines().back(),
              "sampling.cpu_budget_percent is too low: partitions, topics and clients are not read "
              "(50 of 90 beans) and leave the output when they are five bounds old; a tick comes "
              "every 30 s");
    tick(5, 2);
    tick(0, 1);  // the end, too early for a line of its own
    EXPECT_EQ(sink.lines().size(), 1U);
    for (int i = 0; i < 10; ++i) {
        tick(0, 1);
    }
    ASSERT_EQ(sink.lines().size(), 2U);
    EXPECT_EQ(
        sink.lines().back(),
        "sampling.cpu_budget_percent suffices again: every class is read within its bounds on "
        "age; a tick comes every 10 s");
}

TEST_F(CeilingReportTest, WhatComesAndGoesBetweenTwoLinesNeedsNone) {
    tick(1);
    for (int i = 0; i < 3; ++i) {
        tick(2);
        tick(1);
    }
    for (int i = 0; i < 10; ++i) {
        tick(1);
    }
    EXPECT_EQ(sink.lines().size(), 1U);
}

TEST_F(CeilingReportTest, TicksThatComeLessOftenAreLoggedWithoutAStep) {
    tick(0, 4);
    ASSERT_EQ(sink.lines().size(), 1U);
    EXPECT_EQ(sink.lines().back(),
              "sampling.cpu_budget_percent is too low: every class is read within its bounds on "
              "age; a tick comes every 40 s");
}

TEST_F(CeilingReportTest, ValuesThatAreLeftOutForTheirAgeAreLoggedOnceAndTheirReturnToo) {
    for (int i = 0; i < 10; ++i) {
        tick(0, 1, 7);
    }
    ASSERT_EQ(sink.lines().size(), 1U);
    EXPECT_EQ(sink.lines().back(),
              "7 series were not read for five times their bound on age and are left out "
              "(remora_values_expired tells how many)");
    tick(0);
    EXPECT_EQ(sink.lines().back(), "no series is left out for its age any more");
}

}  // namespace
}  // namespace remora
