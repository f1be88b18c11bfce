#include "sample/change_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::int64_t kTickNs = 10 * kNanosPerSecond;
constexpr double kPlenty = 1e18;

std::string count_of(const std::string& topic) {
    return "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=" + topic;
}
std::string log_of(const std::string& name, const std::string& topic, int partition) {
    return "kafka.log:type=Log,name=" + name + ",topic=" + topic +
           ",partition=" + std::to_string(partition);
}

// Units that are known to be quiet, by the order in which they were added.
class ChangeHintsTest : public ::testing::Test {
 protected:
    UnitId add(const std::string& name, UnitClass unit_class = UnitClass::kPartition) {
        const UnitId unit = units_++;
        EXPECT_TRUE(intervals_.reserve(unit));
        UnitTraits traits;
        traits.unit_class = unit_class;
        EXPECT_TRUE(sampler_.add_unit(unit, traits));
        hints_.add(unit, name);
        sampler_.on_cost(0, 1, 400);
        read(unit, 0, 0);
        read(unit, 0);
        return unit;
    }
    void read(UnitId unit, float deviation, std::int64_t elapsed_ns = kTickNs) {
        sampler_.observe(unit, deviation, elapsed_ns, wire::ReadStatus::kOk, 0);
    }
    // Since the last tick.
    std::vector<UnitId> woken() {
        std::vector<UnitId> out(100);
        out.resize(sampler_.collect_wakes(out));
        return out;
    }
    void tick() { sampler_.solve(kPlenty, kPlenty); }

    IntervalTable intervals_;
    Sampler sampler_{{}, intervals_};
    ChangeHints hints_{sampler_};
    UnitId units_ = 0;
};

TEST_F(ChangeHintsTest, WhatIsInsideQuotesIsNoKeyProperty) {
    const UnitId end = add(log_of("LogEndOffset", "t", 0));
    const UnitId other =
        add(R"(kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,client="a,topic=t,b")",
            UnitClass::kTopic);
    tick();
    hints_.on_changed(other);
    EXPECT_TRUE(woken().empty()) << "unit " << end;
}

TEST_F(ChangeHintsTest, TheCountOfATopicsMessagesTellsOfTheLogsOfItsPartitions) {
    const UnitId end = add(log_of("LogEndOffset", "t", 0));
    const UnitId count = add(count_of("t"), UnitClass::kTopic);
    const UnitId size = add(log_of("Size", "t", 1));
    const UnitId start = add(log_of("LogStartOffset", "t", 0));
    const UnitId other = add(log_of("Size", "u", 0));
    const UnitId all = add("kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec");
    tick();
    ASSERT_EQ(intervals_.get(end), 60'000U);
    EXPECT_THAT(woken(), testing::IsEmpty());
    for (const UnitId unit : {end, size, start, other, all}) {
        hints_.on_changed(unit);
    }
    EXPECT_THAT(woken(), testing::IsEmpty()) << "these tell nothing of others";
    hints_.on_changed(count);
    EXPECT_THAT(woken(), testing::ElementsAre(end, size));
    EXPECT_THAT(woken(), testing::IsEmpty()) << "each once before a tick";
    hints_.on_changed(count);
    tick();
    EXPECT_THAT(woken(), testing::IsEmpty()) << "a hint is for one tick";
}

TEST_F(ChangeHintsTest, AHintBringsAReadForwardAndNeverPutsOneOff) {
    const UnitId size = add(log_of("Size", "t", 0));
    const UnitId count = add(count_of("t"), UnitClass::kTopic);
    read(size, 5);
    tick();
    ASSERT_EQ(intervals_.get(size), 10'000U);
    hints_.on_changed(count);
    EXPECT_THAT(woken(), testing::IsEmpty()) << "it is read for every tick";
    for (int i = 0; i < 200; ++i) {
        read(size, 0);
        tick();  // and its teller is silent
    }
    EXPECT_EQ(intervals_.get(size), 60'000U) << "its bound, not more";
}

TEST_F(ChangeHintsTest, HintsAfterWhichNothingIsFoundAreNotBelievedAnyMoreAndOthersAre) {
    const UnitId size = add(log_of("Size", "t", 0));
    const UnitId count = add(count_of("t"), UnitClass::kTopic);
    const auto is_woken_after = [&](float deviation) {
        hints_.on_changed(count);
        const bool is_woken = !woken().empty();
        read(size, deviation, 6 * kTickNs);
        tick();
        return is_woken;
    };
    tick();
    ASSERT_TRUE(is_woken_after(0));
    for (int i = 0; i < 8'000; ++i) {
        is_woken_after(0);
    }
    EXPECT_FALSE(is_woken_after(0));
    is_woken_after(3);  // found at its bound
    for (int i = 0; i < 300 && intervals_.get(size) < 60'000; ++i) {
        read(size, 0);
        tick();
    }
    EXPECT_TRUE(is_woken_after(0));
}

TEST_F(ChangeHintsTest, UnitsAndTopicsComeAndGoInAnyOrder) {
    for (int round = 0; round < 3; ++round) {
        const UnitId size = add(log_of("Size", "t", round));
        const UnitId count = add(count_of("t"), UnitClass::kTopic);
        const UnitId end = add(log_of("LogEndOffset", "t", round));
        tick();
        hints_.on_changed(count);
        EXPECT_THAT(woken(), testing::ElementsAre(size, end));
        tick();
        hints_.remove(size);
        sampler_.remove_unit(size);
        hints_.on_changed(count);
        EXPECT_THAT(woken(), testing::ElementsAre(end));
        tick();
        hints_.remove(count);
        hints_.on_changed(count);
        EXPECT_THAT(woken(), testing::IsEmpty());
        hints_.remove(end);
        hints_.remove(end);
        sampler_.remove_unit(end);
        const UnitId other = add(log_of("Size", "u", round));
        tick();
        hints_.on_changed(count);
        hints_.on_changed(other);
        EXPECT_THAT(woken(), testing::IsEmpty());
        hints_.remove(other);
    }
    hints_.remove(99);
    hints_.on_changed(99);
}

TEST_F(ChangeHintsTest, NamesThatAreAlmostThoseTellNothing) {
    for (const char* name :
         {"kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=t",
          "kafka.server:type=BrokerTopicMetrics,xname=MessagesInPerSec,topic=t",
          "kafka.serverx:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=t",
          "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=", "topic=t", ""}) {
        const UnitId teller = add(name);
        add(log_of("Size", "t", 0));
        tick();
        hints_.on_changed(teller);
        EXPECT_THAT(woken(), testing::IsEmpty()) << name;
    }
}

}  // namespace
}  // namespace remora
