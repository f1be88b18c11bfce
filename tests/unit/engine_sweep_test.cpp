// When every bean is offered again, and what the log hears of the caps meanwhile.
#include "engine/sweep.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "engine/cap_report.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"

namespace remora {
namespace {

constexpr std::int64_t s(std::int64_t seconds) {
    return seconds * kNanosPerSecond;
}

TEST(SweepTest, TheStartEndsOnceWhenNothingCameForHalfAMinute) {
    Sweep sweep;
    EXPECT_FALSE(sweep.ends_start(s(1'000), 5)) << "the first sweep is under way";
    sweep.end();
    EXPECT_FALSE(sweep.ends_start(s(1'000), 5));
    EXPECT_FALSE(sweep.ends_start(s(1'029), 6)) << "one more has come";
    EXPECT_FALSE(sweep.ends_start(s(1'058), 6));
    EXPECT_TRUE(sweep.ends_start(s(1'059), 6));
    EXPECT_FALSE(sweep.ends_start(s(2'000), 6)) << "once";
}

TEST(SweepTest, RoomThatComesFreeAgainAndAgainWaitsTwiceAsLongEachTime) {
    Sweep sweep;
    sweep.end();
    std::int64_t now_s = 10'000;
    for (const std::int64_t wait_s : {30, 60, 120, 240, 480, 600, 600}) {
        EXPECT_FALSE(sweep.wants_refill(s(now_s), true)) << "no unit has left";
        sweep.note_freed();
        EXPECT_FALSE(sweep.wants_refill(s(now_s), false)) << "caps leave out nothing";
        EXPECT_FALSE(sweep.wants_refill(s(now_s), true));
        EXPECT_FALSE(sweep.wants_refill(s(now_s + wait_s - 1), true)) << wait_s;
        now_s += wait_s;
        EXPECT_TRUE(sweep.wants_refill(s(now_s), true)) << wait_s;
        sweep.begin(false);
        sweep.note_freed();
        EXPECT_FALSE(sweep.wants_refill(s(now_s + 9'000), true)) << "it is under way";
        sweep.end();
        sweep.begin(false);  // forgets who left
        sweep.end();
    }
    now_s += 600;
    sweep.note_freed();
    EXPECT_FALSE(sweep.wants_refill(s(now_s), true));
    EXPECT_TRUE(sweep.wants_refill(s(now_s + 30), true)) << "after ten quiet minutes";
}

TEST(CapReportTest, ACapIsLoggedAtFirstAndWhenItLeavesOutTwiceAsMuch) {
    CounterTable counters;
    FakeClock clock;
    KeptLog lines;
    Log log(lines, clock, counters);
    LimitsConfig limits;
    limits.units_max = 7;
    CapReport caps;
    for (std::uint64_t name = 0; name < 5; ++name) {
        EXPECT_TRUE(caps.note_bean(Cap::kUnits, name));
        EXPECT_FALSE(caps.note_bean(Cap::kUnits, name)) << "counted once";
        caps.report(limits, log);
    }
    EXPECT_TRUE(caps.has_beans());
    EXPECT_TRUE(lines.has("limits.units_max is 7: 1 beans are not collected"));
    EXPECT_TRUE(lines.has("limits.units_max is 7: 2 beans are not collected"));
    EXPECT_TRUE(lines.has("limits.units_max is 7: 4 beans are not collected"));
    EXPECT_EQ(lines.count("are not collected"), 3);
    caps.begin_sweep(true);
    EXPECT_FALSE(caps.has_beans());
    caps.note_values(3);
    caps.report(limits, log);
    EXPECT_TRUE(lines.has("3 values of beans are not collected"));
}

}  // namespace
}  // namespace remora
