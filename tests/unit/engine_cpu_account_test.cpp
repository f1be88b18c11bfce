// What the agent used of the processors between two ticks.
#include "engine/cpu_account.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

constexpr std::int64_t kHourNs = 3'600 * kNanosPerSecond;  // of CPU: far above what a test uses

TEST(CpuAccountTest, AWindowHoldsWhatEveryThreadUsedSinceTheOneBefore) {
    std::atomic<std::int64_t> elsewhere_ns{0};
    CounterTable counters;
    CpuAccount account(1'000, elsewhere_ns, counters);
    counters.set(Counter::kCollectorCpuNanos, kHourNs);
    counters.set(Counter::kHouseCpuNanos, 2 * kHourNs);
    const CpuWindow first = account.close_window(5'000, 4 * kHourNs);
    EXPECT_EQ(first.elapsed_ns, 4'000);
    EXPECT_GE(first.cpu_ns, 7 * kHourNs);
    EXPECT_LT(first.cpu_ns, 8 * kHourNs);
    EXPECT_EQ(counters.get(Counter::kSinkCpuNanos), static_cast<std::uint64_t>(4 * kHourNs));
    EXPECT_GT(counters.get(Counter::kCoreCpuNanos), 0U);

    counters.set(Counter::kCollectorCpuNanos, 6 * kHourNs);
    const CpuWindow second = account.close_window(6'000, 5 * kHourNs);
    EXPECT_EQ(second.elapsed_ns, 1'000);
    EXPECT_GE(second.cpu_ns, 6 * kHourNs);
    EXPECT_LT(second.cpu_ns, 7 * kHourNs);
}

TEST(CpuAccountTest, ReadsAndExcusesCountForOneWindow) {
    std::atomic<std::int64_t> elsewhere_ns{300};
    CounterTable counters;
    CpuAccount account(0, elsewhere_ns, counters);
    account.add_reads(40.5);
    account.add_reads(60);
    account.excuse_since(thread_cpu_ns() - kHourNs);
    const CpuWindow first = account.close_window(1, 0);
    EXPECT_EQ(first.read_ns, 100);
    EXPECT_GE(first.excused_ns, kHourNs + 300);
    EXPECT_LT(first.excused_ns, kHourNs + kNanosPerSecond);
    EXPECT_EQ(elsewhere_ns.load(), 0) << "taken";
    const CpuWindow second = account.close_window(2, 0);
    EXPECT_EQ(second.read_ns, 0);
    EXPECT_EQ(second.excused_ns, 0);
}

}  // namespace
}  // namespace remora
