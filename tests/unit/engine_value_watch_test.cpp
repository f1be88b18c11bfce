// What is told to people who look, stepped by hand.
#include "engine/value_watch.h"

#include <gtest/gtest.h>

#include <bit>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/find_value.h"
#include "support/kept_log.h"

namespace remora {
namespace {

constexpr std::int64_t kEveryMs = 10'000;

class ValueWatchTest : public testing::Test {
 protected:
    ~ValueWatchTest() override { delete handed_.load(); }

    void add(UnitId unit, const std::string& name, const std::vector<std::string>& attributes) {
        Registration made;
        made.unit = unit;
        made.name = OwnedObjectName(ObjectName::parse(name).value());
        for (const std::string& attribute : attributes) {
            Series series;
            series.attribute = attribute;
            series.name = "renamed_by_a_rule";
            made.series.push_back(series);
        }
        cache_.add_unit(unit, static_cast<std::uint16_t>(attributes.size()));
        watch_.add(made);
    }
    void add_topic(UnitId unit, const std::string& value, const std::string& topic) {
        add(unit, "kafka.server:type=BrokerTopicMetrics,name=" + value + ",topic=" + topic,
            {"Count"});
    }
    void remove(UnitId unit) {
        watch_.remove(unit);
        cache_.remove_unit(unit);
    }
    void read(UnitId unit, const std::vector<double>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            cache_.stage(unit, static_cast<std::uint16_t>(i), values[i]);
        }
        cache_.take(unit, clock_.monotonic_ns(), clock_.wall_ms());
    }
    // What the next tick hands over.
    LastValues tick(std::int64_t after_ms = kEveryMs) {
        clock_.advance_ms(after_ms);
        cache_.close_tick(clock_.monotonic_ns(), [](UnitId) {
            return UnitAtTick{UnitClass::kBroker, 10'000, 60'000};
        });
        watch_.tick(clock_.monotonic_ns(), clock_.wall_ms(), {});
        const std::unique_ptr<LastValues> made(handed_.exchange(nullptr));
        return made == nullptr ? LastValues() : *made;
    }

    FakeClock clock_;
    CounterTable counters_;
    Cache cache_{counters_};
    AccuracyAudit accuracy_;
    std::atomic<LastValues*> handed_{nullptr};
    int told_ = 0;
    ValueWatch watch_{{cache_, accuracy_, counters_}, kEveryMs, handed_, [this] { ++told_; }};
};

TEST_F(ValueWatchTest, AValueIsFoundByItsBeanWhateverItsSeriesAreCalled) {
    add(0, "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", {"Count"});
    add(1, "kafka.server:type=BrokerTopicMetrics,name=Unknown", {"Count"});
    add(2, "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce",
        {"Count", "50thPercentile", "99thPercentile"});
    read(0, {100});
    read(1, {1});
    read(2, {7, 1, 12.5});
    const LastValues values = tick();
    ASSERT_EQ(values.values.size(), 3U);
    EXPECT_EQ(*find_value(values, "bytes_in"), (Reading{100, kEveryMs, 0, 0}));
    EXPECT_EQ(find_value(values, "request_count/Produce")->value, 7);
    EXPECT_EQ(find_value(values, "request_p99/Produce")->value, 12.5);
    EXPECT_EQ(values.tick_wall_ms, clock_.wall_ms());
    EXPECT_EQ(values.tick_interval_ms, kEveryMs);
    EXPECT_EQ(told_, 1);
}

TEST_F(ValueWatchTest, ARateIsBetweenTheLastTwoReadsAndStaysUntilTheNext) {
    add(0, "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", {"Count"});
    read(0, {100});
    tick();
    read(0, {400});
    EXPECT_EQ(rate(*find_value(tick(), "bytes_in")), 30.0);
    const Reading again = *find_value(tick(), "bytes_in");
    EXPECT_EQ(rate(again), 30.0) << "it was not read for this tick";
    EXPECT_EQ(again.age_ms, 2 * kEveryMs);
}

TEST_F(ValueWatchTest, WhatABrokerHasSeveralOfIsAddedUp) {
    const std::string gc = "java.lang:type=GarbageCollector,name=";
    add(0, gc + "G1 Young Generation", {"CollectionCount", "CollectionTime"});
    read(0, {3, 30});
    tick();
    add(1, gc + "G1 Old Generation", {"CollectionCount", "CollectionTime"});
    EXPECT_EQ(find_value(tick(), "gc_ms"), nullptr) << "a part of the sum is not known";
    read(0, {4, 40});
    read(1, {1, 500});
    const LastValues values = tick();
    EXPECT_EQ(find_value(values, "gc_ms")->value, 540);
    EXPECT_EQ(rate(*find_value(values, "gc_ms")), std::nullopt) << "a sum of more is no growth";
    remove(1);
    EXPECT_EQ(find_value(tick(), "gc_count")->value, 4);
    remove(0);
    EXPECT_TRUE(tick().values.empty());
}

TEST_F(ValueWatchTest, ABeanWithOtherKeysIsAnotherOne) {
    add(0, "kafka.network:type=RequestChannel,name=RequestQueueSize,processor=1", {"Value"});
    add(1, "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation=Fetch",
        {"Value"});
    read(0, {1});
    read(1, {2});
    const LastValues values = tick();
    ASSERT_EQ(values.values.size(), 1U);
    EXPECT_EQ(values.values[0].name, "purgatory/Fetch");
}

TEST_F(ValueWatchTest, KindsWithoutEndAreBounded) {
    for (UnitId unit = 0; unit < 2 * ValueWatch::kEntriesMax; ++unit) {
        add(unit,
            "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=R" + std::to_string(unit),
            {"Count"});
        read(unit, {1});
    }
    EXPECT_EQ(tick().values.size(), ValueWatch::kEntriesMax);
}

TEST_F(ValueWatchTest, WhatHasOneNameIsToldHoweverManyKindsThereAre) {
    for (UnitId unit = 0; unit < ValueWatch::kEntriesMax; ++unit) {
        add(unit,
            "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=R" + std::to_string(unit),
            {"Count"});
    }
    const UnitId alert = ValueWatch::kEntriesMax;
    add(alert, "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", {"Value"});
    read(alert, {3});
    EXPECT_EQ(find_value(tick(), "under_replicated")->value, 3);
}

TEST_F(ValueWatchTest, WhatAReadGaveNoValueForIsNotTold) {
    const double none = std::bit_cast<double>(wire::kNoValueBits);
    add(0, "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", {"Value"});
    add_topic(1, "BytesInPerSec", "a");
    read(0, {none});
    read(1, {none});
    const LastValues values = tick();
    EXPECT_TRUE(values.values.empty());
    EXPECT_TRUE(values.topics.empty());
}

TEST_F(ValueWatchTest, TicksThatComeTooOftenAreNotTold) {
    tick(1'000);
    EXPECT_EQ(told_, 1);
    for (int i = 0; i < 9; ++i) {
        tick(1'000);
    }
    EXPECT_EQ(told_, 1);
    tick(950);  // a tick is never exactly on time
    EXPECT_EQ(told_, 2);
}

TEST_F(ValueWatchTest, TheTopicsThatMoveMostAreTold) {
    constexpr std::size_t kTopics = TopicWatch::kToldMax + 50;
    for (UnitId unit = 0; unit < kTopics; ++unit) {
        add_topic(unit, "BytesInPerSec", "t" + std::to_string(unit));
        read(unit, {1000});
    }
    tick();
    for (UnitId unit = 0; unit < kTopics; ++unit) {
        read(unit, {1000 + 10.0 * unit});
    }
    const LastValues values = tick();
    EXPECT_EQ(values.topics_total, kTopics);
    EXPECT_FALSE(values.has_more_topics);
    ASSERT_EQ(values.topics.size(), TopicWatch::kToldMax);
    EXPECT_EQ(values.topics[0].topic, "t" + std::to_string(kTopics - 1));
    EXPECT_EQ(rate(values.topics[0].bytes_in), static_cast<double>(kTopics - 1));
    EXPECT_EQ(rate(values.topics[0].bytes_out), std::nullopt) << "it is not collected";
}

TEST_F(ValueWatchTest, OfMoreTopicsThanAreFollowedItIsToldThatThereAreMore) {
    for (UnitId unit = 0; unit < TopicWatch::kFollowedMax; ++unit) {
        add_topic(unit, "BytesInPerSec", "t" + std::to_string(unit));
        read(unit, {1});
    }
    EXPECT_FALSE(tick().has_more_topics);
    add_topic(TopicWatch::kFollowedMax, "BytesInPerSec", "one_more");
    const LastValues values = tick();
    EXPECT_EQ(values.topics_total, TopicWatch::kFollowedMax);
    EXPECT_TRUE(values.has_more_topics);
}

TEST_F(ValueWatchTest, ATopicThatIsGoneLeavesTheOthersTheirs) {
    UnitId unit = 0;
    for (const std::string topic : {"a", "b", "c"}) {
        for (const std::string value : {"BytesInPerSec", "BytesOutPerSec", "MessagesInPerSec"}) {
            add_topic(unit, value, topic);
            read(unit, {static_cast<double>(unit)});
            ++unit;
        }
    }
    tick();
    for (UnitId gone = 0; gone < 3; ++gone) {
        remove(gone);
    }
    read(6, {106});
    const LastValues values = tick();
    ASSERT_EQ(values.topics.size(), 2U);
    EXPECT_EQ(values.topics[0].topic, "c");
    EXPECT_EQ(values.topics[0].messages_in.value, 8);
    EXPECT_EQ(values.topics[1].topic, "b");
    remove(7);
    remove(6);
    remove(8);
    EXPECT_EQ(tick().topics.size(), 1U);
}

TEST_F(ValueWatchTest, OfTwoBeansThatSayTheSameOfATopicTheFirstCounts) {
    add_topic(0, "BytesInPerSec", "a");
    add_topic(1, "BytesInPerSec", "a,x=1");
    add_topic(2, "BytesInPerSec", "b");
    read(0, {1});
    read(1, {2});
    read(2, {3});
    EXPECT_EQ(tick().topics.size(), 2U);
    remove(1);
    EXPECT_EQ(tick().topics.size(), 2U);
    remove(0);
    const LastValues values = tick();
    ASSERT_EQ(values.topics.size(), 1U);
    EXPECT_EQ(values.topics[0].topic, "b");
}

TEST_F(ValueWatchTest, WhatTheOutputsDoNotGetIsNotTold) {
    add(0, "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", {"Count"});
    EXPECT_TRUE(tick().values.empty()) << "never read";
    read(0, {1});
    EXPECT_EQ(tick().values.size(), 1U);
    cache_.set_quarantined(0, true);
    EXPECT_TRUE(tick().values.empty());
    cache_.set_quarantined(0, false);
    EXPECT_TRUE(tick(400'000).values.empty()) << "older than five bounds";
}

TEST_F(ValueWatchTest, AnEventIsToldWithItsAge) {
    EXPECT_EQ(find_event(tick(), Counter::kReadsBlocked)->age_ms, -1);
    counters_.add(Counter::kReadsBlocked, 3);
    EXPECT_EQ(*find_event(tick(), Counter::kReadsBlocked),
              (EventCount{"reads_blocked_total", 3, 0}));
    EXPECT_EQ(find_event(tick(), Counter::kReadsBlocked)->age_ms, kEveryMs);
}

TEST_F(ValueWatchTest, AClassIsToldWithItsAgesAndItsError) {
    add(0, "a:type=B", {"X"});
    read(0, {1});
    accuracy_.add(UnitClass::kBroker, 0.5);
    const LastValues values = tick();
    ASSERT_EQ(values.classes.size(), 1U);
    EXPECT_EQ(values.classes[0].name, "broker");
    EXPECT_EQ(values.classes[0].series, 1U);
    EXPECT_EQ(values.classes[0].age_max_s, 10);
    EXPECT_EQ(values.classes[0].samples, accuracy_.estimate(UnitClass::kBroker).samples);
}

}  // namespace
}  // namespace remora
