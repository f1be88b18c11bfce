// What the shim submits becomes messages of ring 1.
#include "engine/sample_decoder.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <vector>

#include "model/intervals.h"
#include "support/fake_shim.h"

namespace remora {
namespace {

constexpr std::int32_t kMalformed = negative(Code::kInvalidArgument);

class SampleDecoderTest : public testing::Test {
 protected:
    std::int32_t submit(std::int64_t cpu_ns = 1'000'000) {
        return submit_bytes(shim_.take_sample_bytes(), cpu_ns);
    }
    std::int32_t submit_bytes(std::int32_t bytes, std::int64_t cpu_ns = 1'000'000) {
        return decoder_.submit({shim_.sample_memory(), static_cast<std::size_t>(bytes)}, 55,
                               cpu_ns);
    }
    std::vector<Message> messages() {
        std::vector<Message> taken;
        for (Message message{}; channels_.samples.try_pop(message);) {
            taken.push_back(message);
        }
        return taken;
    }

    CounterTable counters_;
    Channels channels_;
    IntervalTable intervals_;
    Planner planner_{{}, intervals_};
    SampleDecoder decoder_{channels_, planner_, counters_};
    FakeShim shim_;
};

TEST_F(SampleDecoderTest, AUnitsValuesComeInOrderWithTheirTimeBeforeAndTheirEndBehind) {
    shim_.add_sample(9, {1.5, 2.5});
    EXPECT_EQ(submit(), 2);
    const std::vector<Message> got = messages();
    ASSERT_EQ(got.size(), 4U);
    EXPECT_EQ(got[0].kind, MessageKind::kBatch);
    EXPECT_EQ(got[0].read_ns(), 55);
    for (std::uint16_t slot = 0; slot < 2; ++slot) {
        EXPECT_EQ(got[1U + slot].kind, MessageKind::kValue);
        EXPECT_EQ(got[1U + slot].unit, 9U);
        EXPECT_EQ(got[1U + slot].slot, slot);
        EXPECT_EQ(got[1U + slot].value, 1.5 + slot);
    }
    EXPECT_EQ(got[3].kind, MessageKind::kUnitEnd);
    EXPECT_EQ(got[3].unit_values(), 2);
    EXPECT_EQ(counters_.get(Counter::kValuesRead), 2U);
}

TEST_F(SampleDecoderTest, AFailedReadIsAnEndWithItsReason) {
    shim_.add_sample(9, {}, wire::ReadStatus::kThrew);
    EXPECT_EQ(submit(), 0);
    const std::vector<Message> got = messages();
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[1].kind, MessageKind::kUnitEnd);
    EXPECT_EQ(got[1].status, static_cast<std::uint8_t>(wire::ReadStatus::kThrew));
    EXPECT_EQ(counters_.get(Counter::kReadsFailed), 1U);
}

TEST_F(SampleDecoderTest, AttributesWithoutAValueAreCounted) {
    shim_.add_sample(9, {std::bit_cast<double>(wire::kNoValueBits),
                         std::numeric_limits<double>::quiet_NaN(), 3});
    EXPECT_EQ(submit(), 3);
    EXPECT_EQ(counters_.get(Counter::kValuesMissing), 1U)
        << "a NaN that the broker reports is a value";
}

TEST_F(SampleDecoderTest, WhatDoesNotFitIsLeftOutByWholeUnitsAndCounted) {
    while (channels_.samples.room() > 4) {
        channels_.samples.try_push(Message{});
    }
    shim_.add_sample(1, {1, 2});     // three messages behind the one with the time
    shim_.add_sample(2, {3, 4, 5});  // no room
    EXPECT_EQ(submit(), 2);
    EXPECT_EQ(counters_.get(Counter::kRingFullDropped), 3U);
    const std::vector<Message> got = messages();
    EXPECT_EQ(got.back().kind, MessageKind::kUnitEnd);
    EXPECT_EQ(got.back().unit, 1U);
    EXPECT_EQ(counters_.get(Counter::kValuesRead), 5U);
}

TEST_F(SampleDecoderTest, TimeThatTheThreadWaitedIsNoCost) {
    shim_.add_cost(3, 10, 1'000);
    EXPECT_EQ(submit(400), 0);
    const std::vector<Message> got = messages();
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[1].kind, MessageKind::kCost);
    EXPECT_EQ(got[1].family(), 3U);
    EXPECT_EQ(got[1].group_units(), 10);
    EXPECT_NEAR(got[1].cpu_ns(), 400, 1e-9) << "of 1,000 ns by the wall clock";
}

TEST_F(SampleDecoderTest, AMalformedRecordIsRefusedAndWhatStandsBeforeItIsTaken) {
    shim_.add_sample(1, {1});
    shim_.add_sample(2, {2, 3});
    EXPECT_EQ(submit_bytes(shim_.take_sample_bytes() - 8), kMalformed);
    EXPECT_EQ(counters_.get(Counter::kSubmitsRejected), 1U);
    EXPECT_EQ(messages().back().unit, 1U);
}

}  // namespace
}  // namespace remora
