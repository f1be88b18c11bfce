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
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace remora {
namespace {

TEST(SamplerAllocationTest, TenThousandCyclesAllocateNothing) {
    for (const SamplePolicy policy : {SamplePolicy::kBudget, SamplePolicy::kVariance}) {
        IntervalTable intervals;
        SamplerOptions options;
        options.policy = policy;
        Sampler sampler(options, intervals);
        for (UnitId unit = 0; unit < 100; ++unit) {
            UnitTraits traits;
            traits.family = unit % 7;
            ASSERT_TRUE(intervals.reserve(unit));
            ASSERT_TRUE(sampler.add_unit(unit, traits, 0));
        }
        const double full = sampler.solve(1e18).full_ns_per_s;
        std::vector<UnitId> woken(100);
        allocations = 0;
        for (int cycle = 0; cycle < 10'000; ++cycle) {
            for (UnitId unit = 0; unit < 100; ++unit) {
                const bool fails = (unit + static_cast<UnitId>(cycle)) % 500 == 0;
                sampler.observe(unit, unit % 3 == 0 ? 0.5F : 0.0F, 10'000'000'000,
                                fails ? wire::ReadStatus::kThrew : wire::ReadStatus::kOk, cycle);
            }
            sampler.on_cost(static_cast<FamilyId>(cycle % 7), 3, 1000.0 + cycle);
            sampler.collect_wakes(woken);
            // From everything at base down to shedding.
            sampler.solve(full * (cycle % 100) * 0.01);
        }
        EXPECT_EQ(allocations.load(), 0U);
    }
}

}  // namespace
}  // namespace remora
