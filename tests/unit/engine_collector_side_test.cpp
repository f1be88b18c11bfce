// What the collector thread does for the core and the housekeeping thread, call by call.
#include "engine/collector_side.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_shim.h"
#include "support/kept_log.h"

namespace remora {
namespace {

class CollectorSideTest : public testing::Test {
 protected:
    static Config config() {
        Config made;
        made.select.profile = Profile::kAll;
        return made;
    }
    UnitId add_bean(const std::string& name) {
        shim_.add_bean(wire::BeanKind::kGauge, name);
        const auto answers = shim_.answers(side_.control(shim_.take_control_bytes()));
        return static_cast<UnitId>(answers.at(0).unit);
    }
    // Units that the plan hands out.
    std::vector<UnitId> plan() {
        side_.plan(clock_.monotonic_ns());
        std::vector<UnitId> units;
        for (const FakeShim::PlannedGroup& group : shim_.plan()) {
            units.insert(units.end(), group.units.begin(), group.units.end());
        }
        return units;
    }
    std::vector<std::unique_ptr<ControlItem>> items() {
        std::vector<std::unique_ptr<ControlItem>> taken;
        for (ControlItem* item = nullptr; channels_.control.try_pop(item);) {
            taken.emplace_back(item);
        }
        return taken;
    }

    FakeClock clock_;
    CounterTable counters_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    Channels channels_;
    IntervalTable intervals_;
    FakeShim shim_;
    int wakes_ = 0;
    CollectorSide side_{config(),  clock_.now_ns, shim_.buffers(),
                        channels_, intervals_,    clock_,
                        counters_, log_,          [this] { ++wakes_; }};
};

TEST_F(CollectorSideTest, ABeanThatIsRegisteredIsInTheNextPlanAndTheCoreIsWoken) {
    const UnitId unit = add_bean("kafka.server:type=A,name=B");
    EXPECT_GT(wakes_, 0);
    EXPECT_EQ(items().at(0)->registration.name.get().text(), "kafka.server:type=A,name=B");
    EXPECT_EQ(plan(), (std::vector<UnitId>{unit}));
}

TEST_F(CollectorSideTest, WhatTheCoreWakesIsReadAtOnce) {
    const UnitId unit = add_bean("kafka.server:type=A,name=B");
    plan();
    EXPECT_TRUE(plan().empty()) << "it has been handed out";
    channels_.wakes.try_push(unit);
    EXPECT_EQ(plan(), (std::vector<UnitId>{unit}));
}

TEST_F(CollectorSideTest, AReloadThatOffersNoBeansIsHandedOnWithItsEndAnnounced) {
    shim_.add_swept();
    side_.control(shim_.take_control_bytes());
    items();
    Reload reload;
    reload.generation = 3;
    reload.config = config();
    channels_.reload.begin(reload);
    plan();
    EXPECT_EQ(channels_.reload.at(ReloadStage::kForCore), &reload) << "it is the core's turn";
    channels_.reload.advance(ReloadStage::kForCore);
    plan();
    EXPECT_EQ(channels_.reload.at(ReloadStage::kFilling), &reload);
    const auto sent = items();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0]->kind, ControlItem::Kind::kSwept);
    EXPECT_EQ(sent[0]->generation, 3U);
    EXPECT_EQ(shim_.plan_header().flags & wire::kPlanRediscover, 0);
}

TEST_F(CollectorSideTest, AFaultEndsTheShim) {
    add_bean("kafka.server:type=A,name=B");
    channels_.off = true;
    EXPECT_TRUE(plan().empty());
    EXPECT_NE(shim_.plan_header().flags & wire::kPlanStop, 0);
}

}  // namespace
}  // namespace remora
