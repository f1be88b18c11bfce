// Ceiling, sampler and shedding together, as Core has them, with an agent whose CPU is made up.
#include "sample/governor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::int64_t kBaseNs = 10 * kNanosPerSecond;

class GovernorTest : public ::testing::Test {
 protected:
    void SetUp() override { governor_.configure(0.1, kBaseNs); }

    void add(UnitClass unit_class, FamilyId family, double cost_ns, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto unit = static_cast<UnitId>(costs_.size());
            ASSERT_TRUE(intervals_.reserve(unit));
            UnitTraits traits;
            traits.unit_class = unit_class;
            traits.family = family;
            traits.max_interval_ms = rule_max_ms;
            ASSERT_TRUE(sampler_.add_unit(unit, traits));
            costs_.push_back(cost_ns);
            families_.push_back(family);
            sampler_.observe(unit, 0, 0, wire::ReadStatus::kOk, 0);
        }
    }

    double tick_s() const { return 10.0 * governor_.stride(); }

    // One tick later. The share of the ceiling that was used since the tick before.
    double tick(bool may_stretch = true) {
        double read_ns = 0;
        for (UnitId unit = 0; unit < costs_.size(); ++unit) {
            const std::uint32_t interval_ms = intervals_.get(unit);
            if (interval_ms != kIntervalNever) {
                read_ns += cold_times * costs_[unit] * tick_s() * 1e3 / interval_ms;
                sampler_.observe(unit, 0, kBaseNs, wire::ReadStatus::kOk, 0);
                sampler_.on_cost(families_[unit], 1, cold_times * costs_[unit]);
            }
        }
        CpuWindow window;
        window.elapsed_ns = static_cast<std::int64_t>(tick_s() * kNanosPerSecond);
        window.read_ns = static_cast<std::int64_t>(read_ns);
        window.cpu_ns = static_cast<std::int64_t>(read_ns + cold_times * overhead_ns);
        const double used = static_cast<double>(window.cpu_ns) / tick_s() / ceiling_.ns_per_s();
        solved = governor_.tick(window, false, may_stretch).solved;
        return used;
    }

    double overhead_ns = 0;  // of a tick
    double cold_times = 1;   // what everything costs more than it does later
    std::uint32_t rule_max_ms = 0;
    SolveResult solved;

    IntervalTable intervals_;
    Sampler sampler_{{}, intervals_};
    Ceiling ceiling_{0.1};
    Governor governor_{sampler_, ceiling_, [](std::uint32_t stride) {
                           SamplerOptions options;
                           options.sampling.base_interval_ms *= stride;
                           options.sampling.min_interval_ms = options.sampling.base_interval_ms;
                           return options;
                       }};

 private:
    std::vector<double> costs_;
    std::vector<FamilyId> families_;
};

// A low ceiling that carries the broker's beans every second or third interval, and partitions at
// their bounds beside them: no class is given up on the way there, from the first tick on.
TEST_F(GovernorTest, TicksComeLessOftenBeforeAClassIsGivenUp) {
    add(UnitClass::kAlert, 0, 10'000, 14);
    add(UnitClass::kBroker, 1, 10'000, 586);
    add(UnitClass::kTopic, 2, 500, 100);
    add(UnitClass::kPartition, 3, 500, 3'000);
    overhead_ns = 5e6;
    cold_times = 8;
    double used = 0;
    for (int i = 0; i < 60; ++i) {
        cold_times = i < 4 ? 8 : 1;
        used = tick();
        EXPECT_EQ(solved.units_shed, 0U) << "tick " << i << ", step " << solved.step;
        EXPECT_LE(solved.step, Shedding::kWidest) << i;
        for (UnitId unit = 0; unit < 600; ++unit) {
            ASSERT_EQ(intervals_.get(unit), 10'000 * governor_.stride()) << "tick " << i;
        }
        EXPECT_LE(i < 10 ? 0 : used, 1.0) << "tick " << i;
    }
    EXPECT_EQ(governor_.stride(), 2U) << "11 ms a tick, of 10 ms a base interval";
    EXPECT_LE(solved.step, 2U);
}

TEST_F(GovernorTest, TheStartIsNotHeldAgainstTheAgent) {
    add(UnitClass::kBroker, 0, 10'000, 500);
    add(UnitClass::kPartition, 1, 500, 3'000);
    overhead_ns = 2e6;
    cold_times = 50;
    for (int i = 0; i < 3; ++i) {
        tick();
        EXPECT_EQ(governor_.stride(), 1U);
        EXPECT_EQ(solved.step, 0U) << i;
    }
    cold_times = 1;
    for (int i = 0; i < 20; ++i) {
        tick();
        EXPECT_EQ(solved.units_shed, 0U) << i;
    }
    EXPECT_EQ(governor_.stride(), 1U);
    EXPECT_EQ(solved.step, 0U);
}

// Another ceiling or base interval begins anew: what was allowed before says nothing of it.
TEST_F(GovernorTest, AReloadIsNotHeldAgainstTheAgent) {
    add(UnitClass::kBroker, 0, 10'000, 500);
    add(UnitClass::kTopic, 1, 500, 100);
    add(UnitClass::kPartition, 2, 500, 3'000);
    overhead_ns = 4e6;
    for (int i = 0; i < 20; ++i) {
        tick();
    }
    for (const double percent : {0.002, 2.0, 0.04}) {
        governor_.configure(percent, kBaseNs);
        EXPECT_EQ(governor_.stride(), 1U);
        for (UnitId unit = 0; unit < 3'600; ++unit) {
            ASSERT_LE(intervals_.get(unit), 60'000U) << percent << ": nothing is widened";
        }
        tick();
        EXPECT_EQ(solved.step, 0U) << percent;
        for (int i = 0; i < 20; ++i) {
            tick();
            EXPECT_TRUE(solved.units_shed == 0 || percent < 0.01) << percent << ", tick " << i;
        }
    }
}

// Costs that rise between two ticks, as on a machine that becomes busy: ticks come less often, and
// no class is given up meanwhile.
TEST_F(GovernorTest, ARiseOfCostsGivesUpNoClass) {
    add(UnitClass::kBroker, 0, 10'000, 600);
    add(UnitClass::kTopic, 1, 500, 100);
    add(UnitClass::kPartition, 2, 500, 1'000);
    overhead_ns = 2e6;
    for (int i = 0; i < 10; ++i) {
        tick();
    }
    const std::uint32_t before = governor_.stride();
    cold_times = 4;
    for (int i = 0; i < 20; ++i) {
        tick();
        EXPECT_EQ(solved.units_shed, 0U) << i << ", step " << solved.step;
    }
    EXPECT_GT(governor_.stride(), before);
}

TEST_F(GovernorTest, TheStrideStaysWhileItMay) {
    add(UnitClass::kBroker, 0, 100'000, 500);
    for (int i = 0; i < 10; ++i) {
        tick(false);
        EXPECT_EQ(governor_.stride(), 1U);
        EXPECT_EQ(intervals_.get(0), 10'000U);
    }
    tick();
    EXPECT_EQ(governor_.stride(), 6U) << "50 ms, of 10 ms a base interval at 92 %";
    EXPECT_EQ(intervals_.get(0), 60'000U) << "at once";
}

// Bounds of rules never widen: others do not make room that is not there.
TEST_F(GovernorTest, BeansOfRulesDoNotPretendToGetCheaper) {
    add(UnitClass::kBroker, 0, 10'000, 10);
    add(UnitClass::kPartition, 1, 500, 1'000);
    rule_max_ms = 10'000;
    add(UnitClass::kPartition, 2, 5'000, 3'000);  // 1.5 ms a second, of 1
    for (int i = 0; i < 30; ++i) {
        tick();
    }
    EXPECT_GT(solved.step, Shedding::kWidest) << "nothing else can help";
    EXPECT_EQ(intervals_.get(0), 10'000 * governor_.stride());
}

// Every policy is held to the ceiling; those without a price by the pace of ticks alone.
TEST_F(GovernorTest, APolicyWithoutAPriceIsHeldByThePaceOfTicks) {
    SamplerOptions fixed;
    fixed.sampling.policy = SamplingPolicy::kFixed;
    Governor governor(sampler_, ceiling_, [&](std::uint32_t stride) {
        SamplerOptions options = fixed;
        options.sampling.base_interval_ms *= stride;
        options.sampling.min_interval_ms = options.sampling.base_interval_ms;
        return options;
    });
    governor.configure(0.1, kBaseNs);
    add(UnitClass::kPartition, 0, 500, 60'000);  // 30 ms, of 10 ms a base interval
    sampler_.on_cost(0, 1, 440);
    double used = 0;
    for (int i = 0; i < 20; ++i) {
        CpuWindow window;
        window.elapsed_ns = kBaseNs * governor.stride();
        window.cpu_ns = window.read_ns = 30'000'000;
        used = 30e6 / (10.0 * governor.stride()) / ceiling_.ns_per_s();
        governor.tick(window, false, true);
    }
    EXPECT_EQ(governor.stride(), 4U);
    EXPECT_LE(used, 1.0);
}

}  // namespace
}  // namespace remora
