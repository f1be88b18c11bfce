// What the audit makes of reads of units that were drawn for a tick.
#include "engine/audit_draw.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace remora {
namespace {

constexpr UnitId kUnit = 3;

class AuditDrawTest : public testing::Test {
 protected:
    AuditDrawTest() {
        intervals_.reserve(kUnit);
        UnitTraits traits;
        traits.unit_class = UnitClass::kBroker;
        sampler_.add_unit(kUnit, traits);
        cache_.add_unit(kUnit, 1);
        Registration registration;
        registration.unit = kUnit;
        draw_.add(registration);
        read(100);
        emit();
    }

    Applied read(double value) {
        cache_.stage(kUnit, 0, value);
        now_ns_ += kNanosPerSecond;
        return cache_.take(kUnit, now_ns_, 0);
    }
    void emit() {
        cache_.close_tick(now_ns_, [](UnitId) {
            return UnitAtTick{UnitClass::kBroker, 10'000, 10'000};
        });
    }
    void draw(bool is_due) {
        channel_.try_push({kUnit, is_due});
        draw_.take();
    }
    // Returns whether the read was for the audit alone.
    bool end_read(double value) {
        const Applied applied = read(value);
        return draw_.end_read(kUnit, wire::ReadStatus::kOk, applied);
    }
    const AccuracyAudit::Sums& sums() const { return draw_.accuracy().total(UnitClass::kBroker); }

    CounterTable counters_;
    IntervalTable intervals_;
    Sampler sampler_{{}, intervals_};
    Cache cache_{counters_};
    SpscChannel<AuditSample> channel_{8};
    AuditDraw draw_{channel_, cache_, sampler_, intervals_};
    std::int64_t now_ns_ = kNanosPerSecond;
};

TEST_F(AuditDrawTest, AUnitThatRestsTellsHowWrongItsOldValueWas) {
    draw(false);
    ASSERT_TRUE(draw_.is_drawn(kUnit));
    EXPECT_TRUE(end_read(150));
    EXPECT_FALSE(draw_.is_drawn(kUnit));
    EXPECT_EQ(sums().samples, 0U) << "it may have been woken for this tick";
    draw_.judge();
    EXPECT_EQ(sums().samples, 1U);
    EXPECT_GT(sums().error, 0.0);
}

TEST_F(AuditDrawTest, AUnitThatIsDueAndReadInTimeHasNoError) {
    draw(true);
    EXPECT_FALSE(end_read(150));
    EXPECT_EQ(sums().samples, 1U);
    EXPECT_EQ(sums().error, 0.0);
}

TEST_F(AuditDrawTest, AUnitThatIsDueAndMissedHasTheErrorThatItsNextReadFinds) {
    draw(true);
    draw_.end_tick(now_ns_, false);
    ASSERT_TRUE(draw_.is_drawn(kUnit));
    EXPECT_FALSE(end_read(150));
    EXPECT_EQ(sums().samples, 1U);
    EXPECT_GT(sums().error, 0.0);
}

TEST_F(AuditDrawTest, ATickWithoutAnyReadsMissesWhatWasDrawnLast) {
    draw(true);
    end_read(100);
    draw_.end_tick(now_ns_, false);
    draw_.end_tick(now_ns_, true);
    EXPECT_TRUE(draw_.is_drawn(kUnit)) << "its read hangs: the next one tells";
    EXPECT_EQ(sums().samples, 1U);
}

TEST_F(AuditDrawTest, AReadThatFailsTellsNothing) {
    draw(true);
    EXPECT_FALSE(draw_.end_read(kUnit, wire::ReadStatus::kThrew, Applied()));
    EXPECT_TRUE(draw_.is_drawn(kUnit)) << "the next read judges what goes out";
    EXPECT_EQ(sums().samples, 0U);
}

TEST_F(AuditDrawTest, WhatIsNotEmittedOrHasLeftIsNotDrawn) {
    cache_.set_hidden(kUnit, true);
    draw(false);
    EXPECT_FALSE(draw_.is_drawn(kUnit));
    cache_.set_hidden(kUnit, false);
    draw(false);
    ASSERT_TRUE(draw_.is_drawn(kUnit));
    draw_.remove(kUnit);
    EXPECT_FALSE(draw_.is_drawn(kUnit));
}

}  // namespace
}  // namespace remora
