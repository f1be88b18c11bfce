// What is measured of the agent's own collection, stepped by hand.
#include "engine/profiler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_socket.h"
#include "support/fault_file_system.h"
#include "support/kept_log.h"

namespace remora {
namespace {

class ProfilerTest : public testing::Test {
 protected:
    ~ProfilerTest() override { delete profiles_.load(); }

    // A unit with so many values. What follows of its policy is in `policy`.
    void add(UnitId unit, FamilyId family, std::size_t values, const UnitPolicy& policy = {},
             BeanKind kind = BeanKind::kGauge) {
        Registration made;
        made.unit = unit;
        made.family = family;
        made.family_name = "d:type=F" + std::to_string(family) + ",topic=*";
        const std::string name =
            "d:type=F" + std::to_string(family) + ",topic=t" + std::to_string(unit);
        made.name = OwnedObjectName(ObjectName::parse(name).value());
        made.kind = kind;
        made.policy = policy;
        for (std::size_t i = 0; i < values; ++i) {
            Series series;
            series.attribute = "A" + std::to_string(i);
            made.series.push_back(series);
        }
        intervals_.reserve(unit);
        units_.add(made);
        UnitTraits traits;
        traits.family = family;
        traits.unit_class = policy.unit_class;
        sampler_.add_unit(unit, traits);
    }
    void read(UnitId unit, const std::vector<double>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            cache_.stage(unit, static_cast<std::uint16_t>(i), values[i]);
        }
        cache_.take(unit, clock_.monotonic_ns(), clock_.wall_ms());
    }
    void tick() { profiler_.tick(clock_.monotonic_ns(), clock_.wall_ms(), units_, outputs_); }
    // The profile a minute later.
    AgentProfile next() {
        clock_.advance_ms(60'000);
        tick();
        const std::unique_ptr<AgentProfile> made(profiles_.exchange(nullptr));
        EXPECT_NE(made, nullptr);
        return made == nullptr ? AgentProfile() : *made;
    }

    Config config_;
    FakeClock clock_;
    CounterTable counters_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    IntervalTable intervals_;
    SpscChannel<UnitId> freed_{64};
    std::atomic<AgentProfile*> profiles_{nullptr};
    Cache cache_{counters_};
    Sampler sampler_{SamplerOptions(), intervals_};
    AccuracyAudit accuracy_;
    Profiler profiler_{{cache_, sampler_, accuracy_, counters_}, config_, clock_.now_ns, profiles_};
    UnitDirectory units_{cache_, freed_, {&profiler_}, log_};
    std::vector<std::unique_ptr<OutputPipe>> outputs_;
};

TEST_F(ProfilerTest, UnitsAndSeriesAreCountedByFamily) {
    add(0, 0, 1);
    add(1, 1, 2);
    add(2, 1, 2);
    read(0, {1});
    read(1, {1, 2});
    const AgentProfile profile = next();
    ASSERT_EQ(profile.families.size(), 2U);
    EXPECT_EQ(profile.families[1].name, "d:type=F1,topic=*");
    EXPECT_EQ(profile.families[1].units, 2U);
    EXPECT_EQ(profile.families[1].series, 2U) << "one unit has no value yet";
    EXPECT_EQ(profile.families[1].age_s, 60);
    EXPECT_EQ(profile.units, 3U);
    EXPECT_EQ(profile.series, 3U);
    EXPECT_EQ(profile.written_wall_ms, clock_.wall_ms());
}

TEST_F(ProfilerTest, AProfileIsMadeOnceAMinuteAndNotWhenItIsOff) {
    clock_.advance_ms(59'999);
    tick();
    EXPECT_EQ(profiles_.load(), nullptr);
    clock_.advance_ms(1);
    tick();
    const AgentProfile* first = profiles_.load();
    EXPECT_NE(first, nullptr);
    tick();
    EXPECT_EQ(profiles_.load(), first);
    delete profiles_.exchange(nullptr);
    config_.optimizer.mode = OptimizerMode::kOff;
    clock_.advance_ms(60'000);
    tick();
    EXPECT_EQ(profiles_.load(), nullptr);
}

TEST_F(ProfilerTest, CostsOfReadsAreThoseOfTheLastMinute) {
    add(0, 0, 1);
    sampler_.on_cost(0, 600, 6e8);
    AgentProfile profile = next();
    EXPECT_NEAR(profile.families[0].cpu_percent, 1, 1e-9);
    EXPECT_NEAR(profile.families[0].reads_per_s, 10, 1e-9);
    EXPECT_NEAR(profile.families[0].typical_us, 1'000, 1e-3);
    EXPECT_NEAR(profile.classes[4].cpu_percent, 1, 1e-9) << "partition";
    profile = next();
    EXPECT_EQ(profile.families[0].cpu_percent, 0);
    EXPECT_EQ(profile.families[0].reads_per_s, 0);
}

TEST_F(ProfilerTest, ErrorsAreOfTheLastMinuteToo) {
    accuracy_.add(UnitClass::kTopic, 0.5);
    accuracy_.add(UnitClass::kTopic, 0.1);
    AgentProfile profile = next();
    EXPECT_NEAR(profile.classes[2].fresh_error, 0.3, 1e-9);
    EXPECT_EQ(profile.classes[2].fresh_samples, 2U);
    accuracy_.add(UnitClass::kTopic, 0.1);
    profile = next();
    EXPECT_NEAR(profile.classes[2].fresh_error, 0.1, 1e-9);
    EXPECT_EQ(profile.classes[2].fresh_samples, 1U);
    EXPECT_EQ(profile.classes[2].samples, 3U);
    profile = next();
    EXPECT_EQ(profile.classes[2].fresh_samples, 0U);
    EXPECT_EQ(profile.classes[2].fresh_error, 0);
}

TEST_F(ProfilerTest, ASeriesIsUnchangedWhenItWasFollowedForFiveMinutes) {
    add(0, 0, 2, {}, BeanKind::kHistogram);
    for (int i = 0; i < 31; ++i) {
        read(0, {7, static_cast<double>(i)});
        if (i == 29) {
            EXPECT_EQ(next().unchanged, 0U);
        }
        clock_.advance_ms(10'000);
    }
    const AgentProfile profile = next();
    EXPECT_EQ(profile.unchanged, 1U);
    ASSERT_EQ(profile.families[0].statistics.size(), 2U);
    EXPECT_EQ(profile.families[0].statistics[0].name, "A0");
    EXPECT_EQ(profile.families[0].statistics[0].unchanged, 1U);
    EXPECT_EQ(profile.families[0].statistics[1].series, 1U);
    EXPECT_EQ(profile.families[0].statistics[1].unchanged, 0U);
}

TEST_F(ProfilerTest, AFamilyHasTheClassOfItsMostImportantUnitAndIsNamedWhenOneIs) {
    UnitPolicy alert;
    alert.unit_class = UnitClass::kAlert;
    UnitPolicy named;
    named.is_named = true;
    add(0, 0, 1);
    add(1, 0, 1, alert);
    add(2, 0, 1, named);
    AgentProfile profile = next();
    EXPECT_EQ(profile.families[0].unit_class, UnitClass::kAlert);
    EXPECT_TRUE(profile.families[0].is_named);
    units_.remove(1);
    units_.remove(2);
    profile = next();
    EXPECT_EQ(profile.families[0].unit_class, UnitClass::kPartition);
    EXPECT_FALSE(profile.families[0].is_named);
    Registration kept;
    kept.unit = 0;
    kept.is_kept = true;
    kept.policy = named;
    units_.keep(kept);
    EXPECT_TRUE(next().families[0].is_named) << "under another configuration";
    units_.remove(0);
    EXPECT_TRUE(next().families.empty());
}

TEST_F(ProfilerTest, GrowthIsFollowedForAnHourAtMostAndAgainAfterAReload) {
    add(0, 0, 1);
    read(0, {1});
    EXPECT_EQ(next().families[0].series_before, 1U);
    add(1, 0, 1);
    read(1, {1});
    AgentProfile profile = next();
    EXPECT_EQ(profile.families[0].series_before, 1U);
    EXPECT_EQ(profile.families[0].series, 2U);
    EXPECT_EQ(profile.growth_s, 60);
    EXPECT_EQ(profile.known_s, 120);
    clock_.advance_ms(3'600'000);
    read(0, {1});
    read(1, {1});
    next();
    EXPECT_EQ(next().families[0].series_before, 2U);
    profiler_.restart(clock_.monotonic_ns(), 3);
    add(2, 0, 1);
    read(2, {1});
    profile = next();
    EXPECT_EQ(profile.families[0].series_before, 3U);
    EXPECT_EQ(profile.known_s, 60);
    EXPECT_EQ(profile.generation, 3U);
}

TEST_F(ProfilerTest, CpuIsThatOfTheLastMinuteWithoutWhatIsPaidOnce) {
    constexpr std::int64_t kMs = kNanosPerMilli;
    profiler_.count({10'000 * kMs, 70 * kMs, 10 * kMs, 0, 0});
    profiler_.count({10'000 * kMs, 60 * kMs, 0, 0, 0});
    EXPECT_NEAR(next().cpu_used_percent, 0.2, 1e-9) << "120 ms of a minute";
    profiler_.count({10'000 * kMs, 5 * kMs, 6 * kMs, 0, 0});
    EXPECT_EQ(next().cpu_used_percent, 0) << "excused of the window before";
}

TEST_F(ProfilerTest, FiguresOfTheAgentComeFromItsCounters) {
    counters_.set(Counter::kTickIntervalMillis, 20'000);
    counters_.set(Counter::kTickOverheadMicros, 2'500);
    counters_.set(Counter::kWideningStep, 2);
    counters_.add(Counter::kTicks, 4);
    counters_.add(Counter::kTicksUnfinished, 1);
    accuracy_.add(UnitClass::kTopic, 0.5);
    AgentProfile profile = next();
    EXPECT_EQ(profile.ceiling_percent, 1);
    EXPECT_EQ(profile.base_interval_s, 10);
    EXPECT_EQ(profile.tick_interval_s, 20);
    EXPECT_EQ(profile.tick_overhead_ms, 2.5);
    EXPECT_EQ(profile.widening_step, 2U);
    EXPECT_EQ(profile.unfinished_share, 0.25);
    EXPECT_EQ(profile.classes[2].name, "topic");
    EXPECT_EQ(profile.classes[2].error, 0.5);
    EXPECT_EQ(profile.classes[2].samples, 1U);
    EXPECT_EQ(profile.classes[4].samples, 0U);
    counters_.add(Counter::kTicks, 6);
    EXPECT_EQ(next().unfinished_share, 0);
}

TEST_F(ProfilerTest, WhatIsInQuarantineIsListed) {
    add(0, 0, 1);
    clock_.advance_ms(1'000'000);
    for (int i = 0; i < 3; ++i) {
        sampler_.observe(0, 0, 0, wire::ReadStatus::kThrew, clock_.monotonic_ns());
    }
    const AgentProfile profile = next();
    ASSERT_EQ(profile.quarantined.size(), 1U);
    EXPECT_EQ(profile.quarantined[0].name, "d:type=F0,topic=t0");
    EXPECT_EQ(profile.quarantined[0].since_s, 60);
}

TEST_F(ProfilerTest, FiguresOfAnOutputComeFromItsCountersAndItsFlags) {
    FakeSocketFactory network;
    FaultFileSystem files;
    CounterTable of_output;
    OutputConfig config;
    config.name = "n";
    config.format = OutputFormat::kNdjson;
    config.path = "/nowhere";
    outputs_.push_back(std::make_unique<OutputPipe>(
        config, std::vector<Label>{}, 10'000,
        SinkEnvironment{clock_, of_output, log_, files, network}, [](const char*) {},
        OutputPipe::Host{}));
    outputs_[0]->set_flags_place(0);
    add(0, 0, 3);
    add(1, 0, 1);
    read(0, {1, 2, 3});
    read(1, {1});
    cache_.freeze_flags(0);
    read(1, {2});
    cache_.freeze_flags(0);
    of_output.add(Counter::kSinkBytes, 6'000);
    of_output.add(Counter::kSinkPackets, 120);
    of_output.add(Counter::kSinkFrames, 6);
    of_output.add(Counter::kSinkFramesDropped, 2);
    of_output.add(Counter::kTicksSkipped, 8);
    of_output.set(Counter::kSinkTickMillis, 40);
    const AgentProfile profile = next();
    ASSERT_EQ(profile.outputs.size(), 1U);
    const OutputProfile& output = profile.outputs[0];
    EXPECT_EQ(output.name, "n");
    EXPECT_EQ(output.bytes_per_s, 100);
    EXPECT_EQ(output.packets_per_s, 2);
    EXPECT_EQ(output.dropped_share, 0.25);
    EXPECT_EQ(output.skipped_share, 0.5);
    EXPECT_EQ(output.repeated_share, 0.75);
    EXPECT_EQ(output.tick_ms, 40);
    EXPECT_EQ(output.ring_share, 0);
    EXPECT_EQ(output.receiver_drops_share, -1) << "the housekeeping thread asks for it";
    EXPECT_EQ(next().outputs[0].bytes_per_s, 0);
}

}  // namespace
}  // namespace remora
