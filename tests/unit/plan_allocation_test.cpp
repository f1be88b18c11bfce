// Its own operator new counts what the steady state allocates.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "plan/planner.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// Not inlined, or gcc pairs malloc's inlined half with the other operator and warns.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

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
    EXPECT_EQ(allocations.load(), 0U);
    EXPECT_GT(units, 100'000U);
}

}  // namespace
}  // namespace remora
