// Its own operator new counts what the steady state allocates.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "sample/sampler.h"

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

TEST(SamplerAllocationTest, TenThousandCyclesAllocateNothing) {
    for (const SamplingPolicy policy : {SamplingPolicy::kAdaptive, SamplingPolicy::kVariance}) {
        IntervalTable intervals;
        SamplerOptions options;
        options.sampling.policy = policy;
        Sampler sampler(options, intervals);
        for (UnitId unit = 0; unit < 100; ++unit) {
            UnitTraits traits;
            traits.family = unit % 7;
            traits.unit_class = static_cast<UnitClass>(unit % kUnitClasses);
            ASSERT_TRUE(intervals.reserve(unit));
            ASSERT_TRUE(sampler.add_unit(unit, traits));
        }
        const double full = sampler.solve(1e18, 1e18).full_ns_per_s;
        std::vector<UnitId> woken(100);
        std::uint32_t steps = 0;
        allocations = 0;
        for (int cycle = 0; cycle < 10'000; ++cycle) {
            for (UnitId unit = 0; unit < 100; ++unit) {
                const bool fails = (unit + static_cast<UnitId>(cycle)) % 500 == 0;
                sampler.observe(unit, unit % 3 == 0 ? 0.5F : 0.0F, 10'000'000'000,
                                fails ? wire::ReadStatus::kThrew : wire::ReadStatus::kOk, cycle);
            }
            // Some reads get expensive, and cheap again.
            sampler.on_cost(static_cast<FamilyId>(cycle % 7), 3,
                            cycle % 1000 < 500 ? 1000.0 + cycle : 1e7);
            sampler.collect_wakes(woken);
            // From everything at base down to shedding.
            const double budget = full * (cycle % 100) * 0.01;
            steps |= 1U << sampler.solve(budget, budget).step;
        }
        EXPECT_EQ(allocations.load(), 0U);
        EXPECT_EQ(steps >> 6, policy == SamplingPolicy::kAdaptive ? 1U : 0U) << "also shedding";
    }
}

}  // namespace
}  // namespace remora
