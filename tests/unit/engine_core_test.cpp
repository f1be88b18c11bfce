// The core stepped by hand, under a clock that a test moves.
#include "engine/core.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/room_options.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"

namespace remora {
namespace {

class CoreTest : public testing::Test {
 protected:
    CoreTest() {
        config_.sampling.base_interval_ms = 1'000;
        config_.sampling.min_interval_ms = 1'000;
        config_.outputs.clear();
        sampler_ = std::make_unique<Sampler>(sampler_options(config_), intervals_);
        Core::Options options;
        options.start_ns = clock_.monotonic_ns();
        options.config = config_;
        core_ = std::make_unique<Core>(options, channels_, intervals_, *sampler_, ceiling_,
                                       outputs_, clock_, counters_, log_);
    }

    void send(std::unique_ptr<ControlItem> item) {
        ASSERT_TRUE(channels_.control.try_push(item.get()));
        item.release();
        push(Message::control());
    }
    void push(const Message& message) { ASSERT_TRUE(channels_.samples.try_push(message)); }

    void register_unit(UnitId unit, const std::string& name, const UnitPolicy& policy = {}) {
        intervals_.reserve(unit);
        auto item = std::make_unique<ControlItem>();
        item->registration.unit = unit;
        item->registration.family = unit;
        item->registration.family_name = name;
        item->registration.name = OwnedObjectName(ObjectName::parse(name).value());
        item->registration.policy = policy;
        item->registration.series.resize(1);
        send(std::move(item));
    }
    void send_swept(std::uint64_t generation) {
        auto item = std::make_unique<ControlItem>();
        item->kind = ControlItem::Kind::kSwept;
        item->generation = generation;
        send(std::move(item));
    }
    void read(UnitId unit, double value) {
        push(Message::of_value(unit, 0, value));
        push(Message::unit_end(unit, 0, 1));
        core_->do_work();
    }
    std::uint64_t count(Counter counter) const { return counters_.get(counter); }

    Config config_;
    FakeClock clock_;
    CounterTable counters_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    Channels channels_;
    IntervalTable intervals_;
    Ceiling ceiling_{100};
    OutputSet outputs_{channels_.reload, clock_};
    std::unique_ptr<Sampler> sampler_;
    std::unique_ptr<Core> core_;
};

TEST_F(CoreTest, AReadIsCachedAndTheIdOfAUnitThatLeftComesBack) {
    register_unit(0, "d:type=A");
    read(0, 7);
    EXPECT_EQ(count(Counter::kValuesCached), 1U);
    EXPECT_TRUE(sampler_->has(0));
    push(Message::unregistered(0));
    read(0, 8);
    EXPECT_EQ(count(Counter::kValuesOrphanDropped), 1U) << "nobody has it any more";
    EXPECT_FALSE(sampler_->has(0));
    UnitId freed = kNoUnit;
    ASSERT_TRUE(channels_.freed.try_pop(freed));
    EXPECT_EQ(freed, 0U);
}

TEST_F(CoreTest, AValueThatIsHeldBackStaysForFiveBoundsAndIsThenCountedAsExpired) {
    UnitPolicy policy;
    policy.unit_class = UnitClass::kBroker;
    register_unit(0, "d:type=A", policy);
    const std::int64_t read_ns = clock_.monotonic_ns();
    push(Message::batch(read_ns));
    read(0, 7);
    const auto held = static_cast<std::uint8_t>(wire::ReadStatus::kHeld);
    for (std::uint64_t tick = 1; tick <= 7; ++tick) {
        clock_.advance_ms(1'000);
        push(Message::unit_end(0, held, 0));
        channels_.read_until_ns = clock_.monotonic_ns();
        channels_.complete_until_ns = clock_.monotonic_ns();
        core_->do_work();
        ASSERT_EQ(count(Counter::kTicks), tick);
        EXPECT_EQ(count(Counter::kValuesExpired), tick > 5 ? 1U : 0U) << "tick " << tick;
        EXPECT_EQ(count(Counter::kUnitsQuarantined), 0U);
    }
    EXPECT_EQ(count(Counter::kCacheMisses) + count(Counter::kCacheHits), 5U) << "ticks that had it";
    push(Message::batch(clock_.monotonic_ns()));
    read(0, 8);
    clock_.advance_ms(1'000);
    channels_.read_until_ns = clock_.monotonic_ns();
    channels_.complete_until_ns = clock_.monotonic_ns();
    core_->do_work();
    EXPECT_EQ(count(Counter::kValuesExpired), 0U) << "read again";
}

TEST_F(CoreTest, ATickIsMadeWhenWhatIsDueForItHasBeenRead) {
    clock_.advance_ms(1'000);
    core_->do_work();
    EXPECT_EQ(count(Counter::kTicks), 0U);
    channels_.read_until_ns = clock_.monotonic_ns();
    core_->do_work();
    EXPECT_EQ(channels_.answered_until_ns.load(), clock_.monotonic_ns()) << "nothing more is woken";
    EXPECT_EQ(count(Counter::kTicks), 0U) << "what was woken may still be read";
    channels_.complete_until_ns = clock_.monotonic_ns();
    const std::int64_t idle_ns = core_->do_work();
    EXPECT_EQ(count(Counter::kTicks), 1U);
    EXPECT_EQ(idle_ns, kNanosPerSecond) << "until the next one";
    EXPECT_EQ(count(Counter::kTicksUnfinished), 0U);
}

TEST_F(CoreTest, AChangedCountOfTheBrokerWakesThePartitionsThatTellOfTrouble) {
    UnitPolicy teller;
    teller.visibility.signals_trouble = true;
    register_unit(0, "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions");
    register_unit(1, "kafka.cluster:type=Partition,name=UnderReplicated,topic=t,partition=0",
                  teller);
    UnitId woken = kNoUnit;
    read(0, 0);
    while (channels_.wakes.try_pop(woken)) {
    }
    read(0, 0);
    EXPECT_FALSE(channels_.wakes.try_pop(woken)) << "it has not changed";
    read(0, 1);
    ASSERT_TRUE(channels_.wakes.try_pop(woken));
    EXPECT_EQ(woken, 1U);
    EXPECT_FALSE(channels_.wakes.try_pop(woken));
}

TEST_F(CoreTest, AReloadWaitsForTheSweepOfItsOwnGeneration) {
    Reload reload;
    reload.generation = 2;
    reload.config = config_;
    reload.config.sampling.base_interval_ms = 5'000;
    channels_.reload.begin(reload);
    core_->do_work();
    EXPECT_EQ(count(Counter::kTickIntervalMillis), 5'000U) << "holds at once";
    ASSERT_EQ(channels_.reload.at(ReloadStage::kForCollector), &reload);
    channels_.reload.advance(ReloadStage::kForCollector);
    send_swept(1);
    core_->do_work();
    EXPECT_EQ(channels_.reload.at(ReloadStage::kFilling), &reload) << "an older one";
    send_swept(2);
    core_->do_work();
    EXPECT_EQ(channels_.reload.at(ReloadStage::kSwapped), &reload);
}

TEST_F(CoreTest, ATickAfterAMinuteHasAProfileOfTheUnitsThatThereAre) {
    register_unit(0, "d:type=A");
    register_unit(1, "d:type=B");
    read(0, 7);
    push(Message::unregistered(1));
    core_->do_work();
    clock_.advance_ms(60'000);
    channels_.read_until_ns = channels_.complete_until_ns = clock_.monotonic_ns();
    core_->do_work();
    const std::unique_ptr<AgentProfile> profile(channels_.profile.exchange(nullptr));
    ASSERT_NE(profile, nullptr);
    ASSERT_EQ(profile->families.size(), 1U);
    EXPECT_EQ(profile->families[0].name, "d:type=A");
    EXPECT_EQ(profile->families[0].series, 1U);
    EXPECT_EQ(profile->tick_interval_s, 1);
}

TEST_F(CoreTest, TheEndMakesALastTick) {
    register_unit(0, "d:type=A");
    read(0, 7);
    core_->on_stop();
    EXPECT_EQ(count(Counter::kTicks), 1U);
    EXPECT_EQ(count(Counter::kValuesUnaccounted), 0U);
}

}  // namespace
}  // namespace remora
