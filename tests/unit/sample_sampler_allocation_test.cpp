// Its own operator new counts what the steady state allocates.
#include <gtest/gtest.h>

#include <vector>

#include "sample/sampler.h"
#include "support/counted_new.h"

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
        EXPECT_EQ(allocations, 0U);
        EXPECT_EQ(steps >> 6, policy == SamplingPolicy::kAdaptive ? 1U : 0U) << "also shedding";
    }
}

}  // namespace
}  // namespace remora
