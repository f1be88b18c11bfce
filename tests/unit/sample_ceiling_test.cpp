#include "sample/ceiling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/clock.h"
#include "support/dice.h"

namespace remora {
namespace {

constexpr std::int64_t kBaseNs = 10 * kNanosPerSecond;
constexpr double kBaseS = 10;
constexpr double kCeiling = 1e7;  // 1 % of a core, nanoseconds a second

// An agent whose reads cost `bias` times what was predicted, over an overhead that varies.
struct Agent {
    double bias = 1;
    double overhead_ns = 0;      // a tick
    double per_read = 0;         // of overhead, for each nanosecond of reads predicted
    double each_tick_ns = 0;     // of reads, predicted
    double full_ns_per_s = 1e9;  // it cannot read more than everything, here at base 10 s
    double jitter = 0;
    Dice dice{4};

    // What it did in one tick under `allowance`.
    CpuWindow run(const Allowance& allowance) {
        const double seconds = kBaseS * allowance.stride;
        CpuWindow window;
        window.elapsed_ns = kBaseNs * allowance.stride;
        window.predicted_ns_per_s =
            std::min(std::max(allowance.reads_ns_per_s, each_tick_ns / seconds),
                     full_ns_per_s / allowance.stride);
        const double read =
            window.predicted_ns_per_s * seconds * bias * dice.between(1 - jitter, 1 + jitter);
        const double overhead = (overhead_ns + per_read * window.predicted_ns_per_s * seconds) *
                                dice.between(1 - jitter, 1 + jitter);
        window.read_ns = static_cast<std::int64_t>(read);
        window.cpu_ns = static_cast<std::int64_t>(read + overhead);
        return window;
    }
};

Ceiling one_percent() {
    Ceiling ceiling(0);
    ceiling.configure(1, kBaseNs);
    return ceiling;
}

// A ceiling and an agent that have been together for a while.
struct Pair {
    Ceiling ceiling = one_percent();
    Agent agent;
    Allowance allowance{Ceiling::kNoLimit, 1};

    // `bursts_ns`: CPU beside what the agent does, tick by tick.
    CpuWindow tick(std::int64_t burst_ns = 0, std::int64_t excused_ns = 0) {
        CpuWindow window = agent.run(allowance);
        window.cpu_ns += burst_ns + excused_ns;
        window.excused_ns = excused_ns;
        allowance = ceiling.update(window, {agent.each_tick_ns, 0});
        return window;
    }
    void run(int ticks) {
        for (int i = 0; i < ticks; ++i) {
            tick();
        }
    }
    // CPU over `ticks`, as a share of the ceiling.
    double used(int ticks) {
        double cpu = 0;
        double seconds = 0;
        for (int i = 0; i < ticks; ++i) {
            const CpuWindow window = tick();
            cpu += static_cast<double>(window.cpu_ns);
            seconds += static_cast<double>(window.elapsed_ns) / kNanosPerSecond;
        }
        return cpu / seconds / kCeiling;
    }
};

TEST(CeilingTest, UsedCpuConvergesToTheCeilingWhateverReadsReallyCost) {
    for (const double bias : {0.5, 0.7, 1.0, 1.5, 2.0, 2.8}) {
        for (const double jitter : {0.0, 0.3}) {
            Pair pair;
            pair.agent.bias = bias;
            pair.agent.overhead_ns = 2e7;
            pair.agent.jitter = jitter;
            pair.run(60);
            const double used = pair.used(120);
            EXPECT_LE(used, 1.0) << bias << ' ' << jitter;
            EXPECT_GE(used, 0.85) << bias << ' ' << jitter;
            EXPECT_EQ(pair.allowance.stride, 1U);
            EXPECT_NEAR(pair.ceiling.bias(), bias, 0.15 * bias);
        }
    }
}

TEST(CeilingTest, WhatIsSaidToBeNeededIsEnoughAndLittleMore) {
    for (const double bias : {0.7, 1.5}) {
        Pair low;
        low.agent.bias = bias;
        low.agent.overhead_ns = 5e7;
        low.agent.each_tick_ns = 2e8;
        low.run(100);
        EXPECT_GT(low.allowance.stride, 1U);
        const double needed = low.ceiling.needed_percent({low.agent.each_tick_ns, 0});
        for (const double share : {1.05, 0.8}) {
            Pair other = low;  // the operator raises the ceiling while the agent runs
            other.ceiling.configure(share * needed, kBaseNs);
            other.allowance = {Ceiling::kNoLimit, 1};
            other.run(100);
            EXPECT_EQ(other.allowance.stride, share > 1 ? 1U : 2U) << bias << ' ' << share;
        }
    }
}

TEST(CeilingTest, NoMinuteIsFarAboveTheCeilingOnceItIsSettled) {
    Pair pair;
    pair.agent.bias = 1.5;
    pair.agent.overhead_ns = 3e7;
    pair.agent.jitter = 0.3;
    pair.run(30);
    for (int minute = 0; minute < 240; ++minute) {
        EXPECT_LE(pair.used(6), 1.2) << minute;
    }
}

// What a value costs beside its read is predicted with the read and measured as overhead.
TEST(CeilingTest, OverheadThatComesWithReadsConvergesToo) {
    for (const double share : {0.2, 0.5}) {
        Pair pair;
        pair.agent.bias = 1 - share;
        pair.agent.per_read = share;
        pair.agent.overhead_ns = 2e7;
        pair.agent.jitter = 0.2;
        pair.run(100);
        const double used = pair.used(200);
        EXPECT_LE(used, 1.0) << share;
        EXPECT_GE(used, 0.85) << share;
    }
}

TEST(CeilingTest, AQuietAgentIsAllowedWhatIsLeftAndNoMore) {
    Pair pair;
    pair.agent.full_ns_per_s = 1e5;
    pair.agent.overhead_ns = 1e7;
    pair.run(300);
    EXPECT_NEAR(pair.allowance.reads_ns_per_s, 0.92 * kCeiling - 1e6, 1e5) << "nothing is saved up";
    EXPECT_NEAR(pair.ceiling.overhead_ns_per_tick(), 1e7, 1e5);
    EXPECT_NEAR(pair.ceiling.used_ppm(), 1'100, 20);
    EXPECT_DOUBLE_EQ(pair.ceiling.ppm(), 10'000);
    EXPECT_DOUBLE_EQ(pair.ceiling.ns_per_s(), kCeiling);
}

TEST(CeilingTest, OverheadNeverTakesTheShareOfWhatIsReadAtEachTick) {
    for (const double overhead : {0.0, 0.5, 0.9, 1.0, 3.0, 20.0, 1000.0}) {
        Pair pair;
        pair.agent.each_tick_ns = 0.3 * kCeiling * kBaseS;
        pair.agent.overhead_ns = overhead * kCeiling * kBaseS;
        pair.agent.jitter = 0.2;
        for (int i = 0; i < 100; ++i) {
            pair.tick();
            const double tick_s = kBaseS * pair.allowance.stride;
            EXPECT_GE(pair.allowance.reads_ns_per_s * tick_s, pair.agent.each_tick_ns * 0.999)
                << overhead;
        }
    }
}

TEST(CeilingTest, TicksComeLessOftenWhenOverheadAndEachTicksReadsDoNotFit) {
    // In ceilings of one base interval: what a tick costs, and how many intervals that takes at
    // 92 %.
    const std::vector<std::pair<double, std::uint32_t>> expected = {
        {0.5, 1}, {0.9, 1}, {1.0, 2}, {1.8, 2}, {2.0, 3}, {9.0, 10}, {1000.0, 60}};
    for (const auto& [cost, stride] : expected) {
        Pair pair;
        pair.agent.each_tick_ns = 0.4 * cost * kCeiling * kBaseS;
        pair.agent.overhead_ns = 0.6 * cost * kCeiling * kBaseS;
        pair.agent.full_ns_per_s = pair.agent.each_tick_ns / kBaseS;
        pair.run(40);
        EXPECT_EQ(pair.allowance.stride, stride) << cost;
        pair.run(100);
        EXPECT_EQ(pair.allowance.stride, stride) << cost << ", and it stays";
        if (cost < 100) {
            EXPECT_LE(pair.used(20), 1.0) << cost;
        }
    }
}

TEST(CeilingTest, TicksComeMoreOftenOnlyWhenThatHadFittedWithRoomTwiceInARow) {
    Pair pair;
    pair.agent.full_ns_per_s = 1e4;
    pair.agent.overhead_ns = 1.5 * kCeiling * kBaseS;
    pair.run(20);
    ASSERT_EQ(pair.allowance.stride, 2U);
    pair.agent.overhead_ns = 0.85 * kCeiling * kBaseS;  // at 92 % it fits, at 80 % it does not
    pair.run(60);
    EXPECT_EQ(pair.allowance.stride, 2U);
    pair.agent.overhead_ns = 0.5 * kCeiling * kBaseS;
    int ticks = 0;
    double overhead_before = 0;
    while (pair.allowance.stride == 2 && ticks < 20) {
        overhead_before = pair.ceiling.overhead_ns_per_tick();
        pair.tick();
        ++ticks;
    }
    EXPECT_EQ(pair.allowance.stride, 1U);
    EXPECT_GE(ticks, 3);
    EXPECT_LE(overhead_before, 0.8 * kCeiling * kBaseS);
}

// The other classes get what they need at the least before ticks may come often: no class is given
// up as long as less frequent ticks would have made room for it.
TEST(CeilingTest, TicksComeLessOftenBeforeTheOtherClassesLoseWhatTheyNeed) {
    Ceiling ceiling = one_percent();
    const double others = 0.3 * kCeiling;
    const double tick_ns = 0.8 * kCeiling * kBaseS;
    Allowance allowance{Ceiling::kNoLimit, 1};
    for (int i = 0; i < 50; ++i) {
        const double seconds = kBaseS * allowance.stride;
        const double reads = 0.5 * tick_ns / seconds + others;
        CpuWindow window;
        window.elapsed_ns = kBaseNs * allowance.stride;
        window.predicted_ns_per_s = reads;
        window.read_ns = static_cast<std::int64_t>(reads * seconds);
        window.cpu_ns = window.read_ns + static_cast<std::int64_t>(0.5 * tick_ns);
        allowance = ceiling.update(window, {0.5 * tick_ns, others});
        const double next_s = kBaseS * allowance.stride;
        EXPECT_GE(allowance.reads_ns_per_s, 0.999 * (0.5 * tick_ns / next_s + others)) << i;
    }
    EXPECT_EQ(allowance.stride, 2U);
}

TEST(CeilingTest, TheStrideStaysWhileItHasTo) {
    Pair pair;
    pair.agent.full_ns_per_s = 1e4;
    pair.agent.overhead_ns = 3 * kCeiling * kBaseS;
    for (int i = 0; i < 10; ++i) {
        const CpuWindow window = pair.agent.run(pair.allowance);
        EXPECT_EQ(pair.ceiling.update(window, {}, false).stride, 1U);
    }
    pair.tick();
    EXPECT_EQ(pair.allowance.stride, 4U);
}

TEST(CeilingTest, NoiseDoesNotMakeTheStrideSwing) {
    for (double cost = 0.3; cost < 6; cost *= 1.1) {
        Pair pair;
        pair.agent.each_tick_ns = 0.3 * cost * kCeiling * kBaseS;
        pair.agent.full_ns_per_s = pair.agent.each_tick_ns / kBaseS;
        pair.agent.overhead_ns = 0.7 * cost * kCeiling * kBaseS;
        pair.agent.jitter = 0.1;
        pair.run(40);
        int changes = 0;
        for (int i = 0; i < 300; ++i) {
            const std::uint32_t before = pair.allowance.stride;
            pair.tick();
            changes += pair.allowance.stride != before ? 1 : 0;
        }
        EXPECT_LE(changes, 2) << cost;
    }
}

// Whatever a window used beyond the ceiling (a rotated file was compressed, say), the next ones are
// not made to pay for it.
TEST(CeilingTest, ABurstIsNoDebt) {
    for (const double burst : {0.5, 2.0, 10.0}) {  // in ceilings of one base interval
        Pair pair;
        pair.agent.overhead_ns = 0.1 * kCeiling * kBaseS;
        pair.agent.each_tick_ns = 0.1 * kCeiling * kBaseS;
        pair.agent.jitter = 0.05;
        pair.run(60);
        const double before = pair.allowance.reads_ns_per_s;
        pair.tick(static_cast<std::int64_t>(burst * kCeiling * kBaseS));
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(pair.allowance.stride, 1U) << burst << ", tick " << i;
            EXPECT_GE(pair.allowance.reads_ns_per_s, 0.8 * before) << burst << ", tick " << i;
            pair.tick();
        }
    }
}

TEST(CeilingTest, ReadsThatOnceWereSlowAreNoDebtEither) {
    Pair pair;
    pair.agent.overhead_ns = 0.1 * kCeiling * kBaseS;
    pair.run(60);
    const double before = pair.allowance.reads_ns_per_s;
    pair.agent.bias = 20;
    pair.tick();
    pair.agent.bias = 1;
    for (int i = 0; i < 20; ++i) {
        EXPECT_GE(pair.allowance.reads_ns_per_s, 0.8 * before) << i;
        EXPECT_EQ(pair.allowance.stride, 1U) << i;
        pair.tick();
    }
}

TEST(CeilingTest, TheStartIsNotHeldAgainstTheAgent) {
    Pair pair;
    pair.agent.overhead_ns = 1e7;
    const double all = 0.92 * kCeiling;
    pair.agent.full_ns_per_s = all;
    pair.tick(3'000'000'000);
    EXPECT_EQ(pair.allowance.reads_ns_per_s, Ceiling::kNoLimit);
    pair.tick(1'000'000'000);
    EXPECT_EQ(pair.allowance.reads_ns_per_s, Ceiling::kNoLimit);
    EXPECT_EQ(pair.allowance.stride, 1U);
    EXPECT_GT(pair.ceiling.used_ppm(), 10'000) << "it is shown, though";
    pair.run(5);
    EXPECT_NEAR(pair.allowance.reads_ns_per_s, all - 1e6, 1e5);
}

TEST(CeilingTest, WhatIsExcusedIsNotHeldAgainstTheAgent) {
    Pair pair;
    pair.agent.overhead_ns = 1e7;
    pair.run(60);
    const Allowance before = pair.allowance;
    for (int i = 0; i < 10; ++i) {
        pair.tick(0, 5'000'000'000);
        EXPECT_NEAR(pair.allowance.reads_ns_per_s, before.reads_ns_per_s, 1e3);
        EXPECT_EQ(pair.allowance.stride, 1U);
    }
    EXPECT_GT(pair.ceiling.used_ppm(), 100'000) << "it is shown, though";
}

TEST(CeilingTest, ExcusesBeyondWhatWasUsedMakeNoCredit) {
    Pair pair;
    pair.agent.overhead_ns = 1e7;
    pair.run(60);
    CpuWindow window = pair.agent.run(pair.allowance);
    window.excused_ns = 100 * window.cpu_ns;
    for (int i = 0; i < 50; ++i) {
        const Allowance allowance = pair.ceiling.update(window, {});
        EXPECT_GE(pair.ceiling.overhead_ns_per_tick(), 0);
        EXPECT_LE(allowance.reads_ns_per_s * pair.ceiling.bias(), 0.92 * kCeiling + 1);
    }
}

TEST(CeilingTest, AnotherCeilingOrBaseIntervalBeginsAnew) {
    Pair pair;
    pair.agent.overhead_ns = 3 * kCeiling * kBaseS;
    pair.run(60);
    ASSERT_GT(pair.allowance.stride, 3U);
    pair.ceiling.configure(1, kBaseNs);
    EXPECT_GT(pair.ceiling.stride(), 3U) << "nothing has changed";
    pair.ceiling.configure(5, kBaseNs);
    EXPECT_EQ(pair.ceiling.stride(), 1U) << "at once, not after a tick that may take minutes";
    pair.allowance.stride = 1;
    pair.run(3);
    EXPECT_EQ(pair.allowance.stride, 1U);
    EXPECT_NEAR(pair.allowance.reads_ns_per_s, 0.92 * 5e7 - 3e7, 0.05 * 5e7);
    pair.ceiling.configure(0.1, kBaseNs);
    pair.tick();
    EXPECT_EQ(pair.allowance.reads_ns_per_s, Ceiling::kNoLimit);
    pair.tick();
    EXPECT_GT(pair.allowance.stride, 30U) << "known after two ticks";
}

TEST(CeilingTest, AnEmptyWindowChangesNothing) {
    Pair pair;
    pair.agent.overhead_ns = 1e7;
    pair.agent.each_tick_ns = 1e6;
    pair.run(60);
    const Allowance before = pair.allowance;
    const Allowance after = pair.ceiling.update({}, {1e6, 0});
    EXPECT_DOUBLE_EQ(after.reads_ns_per_s, before.reads_ns_per_s);
    EXPECT_EQ(after.stride, before.stride);
}

TEST(CeilingTest, ACeilingOfNothingStillReadsWhatIsReadAtEachTick) {
    Pair pair;
    pair.ceiling.configure(-1, kBaseNs);
    pair.agent.each_tick_ns = 1e6;
    pair.agent.overhead_ns = 1e6;
    pair.run(60);
    EXPECT_EQ(pair.allowance.stride, 60U);
    EXPECT_DOUBLE_EQ(pair.allowance.reads_ns_per_s, 1e6 / (60 * kBaseS));
}

}  // namespace
}  // namespace remora
