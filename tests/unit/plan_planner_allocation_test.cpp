// Its own operator new counts what the steady state allocates.
#include <gtest/gtest.h>

#include <vector>

#include "plan/planner.h"
#include "support/counted_new.h"

namespace remora {
namespace {

TEST(PlannerAllocationTest, TenThousandTicksAllocateNothing) {
    IntervalTable intervals;
    PlanOptions options;
    options.audit_units = 16;
    Planner planner(options, intervals);
    for (UnitId unit = 0; unit < 100; ++unit) {
        ASSERT_TRUE(intervals.reserve(unit));
        intervals.set(unit, 10'000 * (1 + unit % 30));
        ASSERT_TRUE(planner.add(unit, unit % 7));
    }
    std::vector<std::byte> buffer(wire::kPlanBytes);
    std::int64_t now_ns = 0;
    std::uint64_t units = 0;
    allocations = 0;
    while (now_ns < 100'000 * kNanosPerSecond) {
        planner.note_answered(planner.read_until_ns());
        const PlanResult result = planner.plan(now_ns, buffer);
        planner.on_cost(result.units % 7, 1, 1000 + result.units);
        planner.wake(result.units % 100, result.units % 2 == 0 && result.units > 0);
        units += result.units;
        now_ns = result.wake_ns;
    }
    EXPECT_EQ(allocations, 0U);
    EXPECT_GT(units, 100'000U);
}

}  // namespace
}  // namespace remora
