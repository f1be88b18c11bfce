#include "replay/fidelity.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "replay/bound.h"
#include "support/synthetic_trace.h"

namespace remora {
namespace {

FidelityResult run(const Trace& trace, SamplingPolicy policy, double budget,
                   FidelityOptions options = {}) {
    const Reference reference = make_reference(trace, options);
    return replay(trace, reference, options, {"", policy, false, budget});
}

// Those whose reading is simulated.
double partition_units(const Trace& trace) {
    return static_cast<double>(std::count_if(
        trace.units.begin(), trace.units.end(),
        [](const TraceUnit& unit) { return unit.unit_class == UnitClass::kPartition; }));
}

AccuracyMeans bound_at(const Trace& trace, const Reference& reference, double budget) {
    return least_possible(trace, reference, {}, {budget}).front();
}

TEST(FidelityTest, ReadingEverythingEveryBaseIntervalIsWithoutError) {
    const Trace trace = make_synthetic_trace({});
    const FidelityResult result = run(trace, SamplingPolicy::kFixed, 1.0);
    EXPECT_EQ(result.all.error_mean, 0);
    EXPECT_EQ(result.all.delay_s_max, 0);
    EXPECT_GT(result.all.changes, 1000U);
    EXPECT_NEAR(result.cost, 1, 1e-9);
    EXPECT_NEAR(result.hit_rate, 0, 1e-9);
    EXPECT_NEAR(result.reads_saved, 0, 1e-9);
}

// A fixed interval of five ticks shows ages of 0 to 4 ticks equally often: a change waits two ticks
// on average.
TEST(FidelityTest, AFixedIntervalDelaysAsArithmeticSays) {
    const Trace trace = make_synthetic_trace({.seconds = 1500});
    const FidelityResult result = run(trace, SamplingPolicy::kFixed, 0.2);
    EXPECT_NEAR(result.cost, 0.2, 0.01);
    EXPECT_NEAR(result.all.delay_s_mean, 20, 2);
    EXPECT_EQ(result.all.delay_s_p95, 40);
    EXPECT_EQ(result.all.delay_s_max, 40);
}

TEST(FidelityTest, UnderItsPriceTheLawSavesReadsAndLosesNextToNothing) {
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        const FidelityResult law =
            run(make_synthetic_trace({.seed = seed}), SamplingPolicy::kAdaptive, 1.0);
        EXPECT_LT(law.cost, 0.7);
        EXPECT_LT(law.all.error_mean, 0.002);
        EXPECT_LT(law.all.delay_s_mean, 1);
    }
}

TEST(FidelityTest, TheLawBeatsAFixedIntervalOfEqualCost) {
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        const Trace trace = make_synthetic_trace({.seed = seed});
        for (const double budget : {0.5, 0.33}) {
            const FidelityResult fixed = run(trace, SamplingPolicy::kFixed, budget);
            const FidelityResult law = run(trace, SamplingPolicy::kAdaptive, budget);
            // Wakes come on top; on a broker the measured CPU counts them (Ceiling::bias).
            EXPECT_LT(law.cost, 1.1 * budget);
            EXPECT_LT(law.all.error_mean * 1.5, fixed.all.error_mean);
            EXPECT_LT(law.all.delay_s_mean * 1.5, fixed.all.delay_s_mean);
        }
        // Without bounds to hold it is far better.
        FidelityOptions unbound;
        unbound.max_interval_ms = 900'000;
        const FidelityResult fixed = run(trace, SamplingPolicy::kFixed, 0.2, unbound);
        const FidelityResult law = run(trace, SamplingPolicy::kAdaptive, 0.2, unbound);
        EXPECT_LT(law.all.error_mean * 2, fixed.all.error_mean);
        EXPECT_LT(law.all.delay_s_mean * 1.7, fixed.all.delay_s_mean);
    }
}

// The bounds take most of the budget: a sixth of reading everything.
TEST(FidelityTest, WithLittleAboveTheBoundsTheLawIsNoWorseThanAFixedInterval) {
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        const Trace trace = make_synthetic_trace({.seed = seed});
        for (const double budget : {0.25, 0.2}) {
            const FidelityResult fixed = run(trace, SamplingPolicy::kFixed, budget);
            const FidelityResult law = run(trace, SamplingPolicy::kAdaptive, budget);
            EXPECT_LT(law.all.error_mean, fixed.all.error_mean) << budget << ", seed " << seed;
            EXPECT_LT(law.all.delay_s_mean, fixed.all.delay_s_mean) << budget << ", seed " << seed;
        }
    }
}

TEST(FidelityTest, AMassEventIsSeenInTheSameTickThroughWakes) {
    const Trace trace = make_synthetic_trace({});
    FidelityOptions without;
    without.wakes = false;
    const FidelityResult woken = run(trace, SamplingPolicy::kAdaptive, 0.5);
    const FidelityResult plain = run(trace, SamplingPolicy::kAdaptive, 0.5, without);
    EXPECT_LT(woken.all.error_mean * 2, plain.all.error_mean);
    EXPECT_LT(woken.all.delay_s_mean * 1.5, plain.all.delay_s_mean);
}

TEST(FidelityTest, NoChangeWaitsLongerThanTheBound) {
    const Trace trace = make_synthetic_trace({});
    for (const double budget : {1.0, 0.5, 0.2}) {
        // An interval of six ticks shows ages of nought to five.
        EXPECT_LE(run(trace, SamplingPolicy::kAdaptive, budget).all.delay_s_max, 50) << budget;
    }
}

TEST(FidelityTest, IsDeterministic) {
    const Trace trace = make_synthetic_trace({});
    const FidelityResult first = run(trace, SamplingPolicy::kAdaptive, 0.1);
    const FidelityResult second = run(trace, SamplingPolicy::kAdaptive, 0.1);
    EXPECT_EQ(first.all.error_mean, second.all.error_mean);
    EXPECT_EQ(first.all.delay_s_mean, second.all.delay_s_mean);
    EXPECT_EQ(first.cost, second.cost);
}

TEST(BoundTest, NoPolicyIsBelowIt) {
    const FidelityOptions options;
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        const Trace trace = make_synthetic_trace({.seed = seed});
        const Reference reference = make_reference(trace, options);
        for (const SamplingPolicy policy : {SamplingPolicy::kFixed, SamplingPolicy::kAdaptive}) {
            for (const double budget : {0.5, 0.2}) {
                const FidelityResult found =
                    replay(trace, reference, options, {"", policy, false, budget});
                const AccuracyMeans bound = bound_at(trace, reference, found.cost);
                EXPECT_LE(bound.error_mean, found.all.error_mean);
                EXPECT_LE(bound.delay_s_mean, found.all.delay_s_mean);
            }
        }
    }
}

TEST(BoundTest, FallsWithTheBudgetToNothing) {
    const Trace trace = make_synthetic_trace({});
    const Reference reference = make_reference(trace, {});
    const AccuracyMeans little = bound_at(trace, reference, 0.05);
    const AccuracyMeans more = bound_at(trace, reference, 0.08);
    const AccuracyMeans all = bound_at(trace, reference, 1.0);
    EXPECT_GT(little.error_mean, more.error_mean);
    EXPECT_GT(little.delay_s_mean, more.delay_s_mean);
    EXPECT_GT(more.error_mean, 0);
    EXPECT_LT(all.error_mean, 1e-9);
    EXPECT_LT(all.delay_s_mean, 1e-9);
}

// One unit that rises by the same at every tick. Two reads in the ten measured ticks leave eight
// without, in runs of 3, 3 and 2, which are off by 1 + 2 + 3, 1 + 2 + 3 and 1 + 2 steps.
TEST(BoundTest, IsExactWhereTheBestReadsCanBeSeen) {
    Trace trace;
    trace.families.push_back({"f", 1000.0});
    TraceUnit unit;
    unit.name = "a:b=c";
    unit.slots = 1;
    unit.gone = 0xFFFFFFFF;
    trace.units.push_back(unit);
    trace.slots = 1;
    for (std::uint32_t s = 0; s <= 160; s += 10) {
        const auto at = static_cast<std::uint32_t>(trace.changes.size());
        trace.changes.push_back({0, static_cast<double>(s)});
        trace.frames.push_back({s * 1000LL, at, at + 1});
    }
    const Reference reference = make_reference(trace, {});
    ASSERT_EQ(reference.ticks, 16U);
    const AccuracyMeans bound = bound_at(trace, reference, 0.2);
    const double step = 10.0 / reference.scale[0];
    EXPECT_NEAR(bound.error_mean, 15 * step / 10, 1e-6);
    // Each of their eight changes waits for the end of its run: 3 + 2 + 1 ticks and so on.
    EXPECT_NEAR(bound.delay_s_mean, 15 * 10.0 / 10, 1e-6);
}

TEST(FidelityTest, VariantsChangeWhatReadingCosts) {
    const Trace trace = make_synthetic_trace({});
    FidelityOptions equal;
    equal.equal_costs = true;
    FidelityOptions without;
    without.without_costliest_family = true;
    const double full = make_reference(trace, {}).full_ns_per_s;
    EXPECT_NEAR(make_reference(trace, equal).full_ns_per_s, 1000.0 * partition_units(trace) / 10,
                1);
    EXPECT_NEAR(make_reference(trace, without).full_ns_per_s, full - 200 * 1'800 / 10.0, 1)
        << "of the classes that are simulated";
}

}  // namespace
}  // namespace remora
