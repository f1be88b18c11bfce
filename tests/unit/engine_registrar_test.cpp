// Answers of the registrar, units and ids by hand: no threads.
#include "engine/registrar.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/channels.h"
#include "plan/planner.h"
#include "select/selector.h"
#include "support/fake_shim.h"
#include "support/kept_log.h"

namespace remora {
namespace {

class RegistrarTest : public testing::Test {
 protected:
    void make(const Config& config) {
        Registrar::Settings settings;
        settings.limits = config.limits;
        settings.base_interval_ms = 10'000;
        settings.selector = std::make_shared<const Selector>(config);
        settings_ = settings;
        registrar_ =
            std::make_unique<Registrar>(settings, channels_, planner_, intervals_, counters_, log_);
    }
    std::vector<FakeShim::Answer> handle() {
        const auto bytes = static_cast<std::size_t>(shim_.take_control_bytes());
        return shim_.answers(registrar_->handle({buffers_.control, bytes},
                                                {buffers_.answer, buffers_.answer_bytes}));
    }
    std::int32_t offer(const std::string& name, wire::ReadStatus status = wire::ReadStatus::kOk) {
        shim_.add_bean(wire::BeanKind::kGauge, name, {}, status);
        return handle().at(0).unit;
    }
    std::int32_t offer_partition(int partition) {
        return offer("kafka.log:type=Log,name=Size,topic=t,partition=" + std::to_string(partition));
    }
    void end_sweep() {
        shim_.add_swept();
        EXPECT_TRUE(handle().empty());
    }
    // What the core knows of the one aggregate that there may be.
    enum class Known : std::uint8_t { kNothing, kPart, kWhole };
    Known aggregate() {
        ControlItem* raw = nullptr;
        while (channels_.control.try_pop(raw)) {
            const std::unique_ptr<ControlItem> item(raw);
            if (item->kind == ControlItem::Kind::kUnit &&
                item->registration.made_by != Aggregate::kNone) {
                known_ = item->registration.is_incomplete ? Known::kPart : Known::kWhole;
            } else if (!item->whole.empty()) {
                known_ = Known::kWhole;
            }
        }
        return known_;
    }
    // Whether the unit that the core was last told of counts from 0.
    bool last_is_new() {
        bool is_new = false;
        ControlItem* raw = nullptr;
        while (channels_.control.try_pop(raw)) {
            const std::unique_ptr<ControlItem> item(raw);
            if (item->kind == ControlItem::Kind::kUnit) {
                is_new = item->registration.is_new;
            }
        }
        return is_new;
    }
    std::size_t unregistered() {
        Message message;
        std::size_t count = 0;
        while (channels_.samples.try_pop(message)) {
            count += message.kind == MessageKind::kUnregistered ? 1 : 0;
        }
        return count;
    }

    Channels channels_;
    IntervalTable intervals_;
    Planner planner_{{}, intervals_};
    CounterTable counters_;
    KeptLog sink_;
    SystemClock clock_;
    Log log_{sink_, clock_, counters_};
    FakeShim shim_;
    const remora_buffers buffers_ = shim_.buffers();
    Registrar::Settings settings_;
    std::unique_ptr<Registrar> registrar_;
    Known known_ = Known::kNothing;
};

Config summed() {
    Config config;
    config.select.profile = Profile::kAll;
    config.topics.aggregate = Aggregate::kSum;
    return config;
}

TEST_F(RegistrarTest, AnAdmissionThatFailsLeavesNothingBehind) {
    Config config = summed();
    config.limits.units_max = 1;
    make(config);
    // Room for a partition, but none for what would be made of it.
    for (int i = 0; i < 5; ++i) {
        EXPECT_LT(offer_partition(i), 0);
    }
    end_sweep();
    EXPECT_EQ(unregistered(), 0U) << "the core never heard of it";
    EXPECT_EQ(aggregate(), Known::kNothing);
    EXPECT_EQ(counters_.get(Counter::kUnitsRegistered), 0U);
    EXPECT_EQ(counters_.get(Counter::kUnitsUnregistered), 0U);
    EXPECT_EQ(planner_.units(), 0U);
    EXPECT_FALSE(registrar_->wants_refill(kNanosPerSecond));
    EXPECT_TRUE(registrar_->wants_refill(1'000 * kNanosPerSecond)) << "once, after the start";
    EXPECT_FALSE(registrar_->wants_refill(10'000 * kNanosPerSecond)) << "nothing has left";
    EXPECT_EQ(offer("kafka.server:type=ReplicaManager,name=PartitionCount"), 0) << "the first id";
}

// Which series there are must not depend on the order in which a node that starts makes its beans.
TEST_F(RegistrarTest, CapsAreFilledAnewInTheOrderOfASweepOnceTheNodeHasStarted) {
    Config config;
    config.select.profile = Profile::kAll;
    config.limits.series_per_family_max = 1;
    make(config);
    end_sweep();
    const std::int32_t luck = offer_partition(3);
    EXPECT_GE(luck, 0);
    EXPECT_LT(offer_partition(1), 0) << "there is room for one";
    const std::int64_t now_ns = clock_.monotonic_ns();
    EXPECT_FALSE(registrar_->wants_refill(now_ns));
    EXPECT_FALSE(registrar_->wants_refill(now_ns + 29 * kNanosPerSecond)) << "more may come";
    ASSERT_TRUE(registrar_->wants_refill(now_ns + 31 * kNanosPerSecond));
    registrar_->begin_refill();
    EXPECT_GE(offer_partition(1), 0);
    EXPECT_LT(offer_partition(3), 0);
    end_sweep();
    EXPECT_FALSE(registrar_->wants_refill(now_ns + 3'600 * kNanosPerSecond)) << "once";
}

TEST_F(RegistrarTest, WhatIsBornInASweepOfTheSameConfigurationCountsFromZero) {
    Config config;
    config.select.profile = Profile::kAll;
    config.limits.series_per_family_max = 3;
    make(config);
    EXPECT_GE(offer_partition(0), 0);
    EXPECT_GE(offer_partition(1), 0);
    EXPECT_FALSE(last_is_new()) << "it was there before the agent";
    end_sweep();
    EXPECT_GE(offer_partition(2), 0);
    EXPECT_TRUE(last_is_new());
    EXPECT_LT(offer_partition(3), 0);
    shim_.add_unregister(0);
    handle();
    registrar_->begin_refill();
    EXPECT_GE(offer_partition(3), 0);
    EXPECT_FALSE(last_is_new()) << "a cap had left it out";
    const std::string born = "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=born";
    EXPECT_GE(offer(born), 0);
    EXPECT_TRUE(last_is_new()) << "registered while everything is offered once more";
    end_sweep();
    registrar_->begin_sweep(settings_);
    EXPECT_GE(offer("kafka.log:type=LogManager,name=OfflineLogDirectoryCount"), 0);
    EXPECT_FALSE(last_is_new()) << "it may not have been selected before";
}

TEST_F(RegistrarTest, OnlyTheEndOfASweepKnowsThatASumIsWhole) {
    make(summed());
    EXPECT_GE(offer_partition(0), 0);
    EXPECT_EQ(aggregate(), Known::kPart) << "others may come";
    EXPECT_GE(offer_partition(1), 0);
    EXPECT_EQ(aggregate(), Known::kPart);
    end_sweep();
    EXPECT_EQ(aggregate(), Known::kWhole);
    EXPECT_GE(offer_partition(2), 0);
    EXPECT_EQ(aggregate(), Known::kWhole);
    settings_.limits.units_max = 3;
    registrar_->begin_sweep(settings_);
    EXPECT_GE(offer_partition(0), 0);
    EXPECT_GE(offer_partition(1), 0);
    EXPECT_EQ(aggregate(), Known::kWhole) << "all are still there";
    EXPECT_LT(offer_partition(2), 0);
    EXPECT_EQ(aggregate(), Known::kPart);
    end_sweep();
    EXPECT_EQ(aggregate(), Known::kPart);
    registrar_->begin_refill();
    EXPECT_GE(offer_partition(0), 0);
    EXPECT_EQ(aggregate(), Known::kPart) << "one has no place until the sweep says otherwise";
    EXPECT_GE(offer_partition(1), 0);
    EXPECT_LT(offer_partition(2), 0);
    end_sweep();
    EXPECT_EQ(aggregate(), Known::kPart);
    settings_.limits.units_max = 10;
    registrar_->begin_sweep(settings_);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(aggregate(), Known::kPart);
        EXPECT_GE(offer_partition(i), 0);
    }
    end_sweep();
    EXPECT_EQ(aggregate(), Known::kWhole);
}

TEST_F(RegistrarTest, ASumThatLosesItsPartsToASweepIsNotShown) {
    Config config = summed();
    make(config);
    EXPECT_GE(offer_partition(0), 0);
    EXPECT_GE(offer_partition(1), 0);
    end_sweep();
    EXPECT_EQ(aggregate(), Known::kWhole);
    config.topics.aggregate = Aggregate::kNone;
    settings_.selector = std::make_shared<const Selector>(config);
    registrar_->begin_sweep(settings_);
    EXPECT_GE(offer_partition(0), 0);
    EXPECT_EQ(aggregate(), Known::kPart) << "the rest of them";
}

// The answer is negative, so that the shim forgets the unit: the core must too.
TEST_F(RegistrarTest, AUnitThatCannotBeDescribedInASweepIsReleased) {
    Config config;
    config.select.profile = Profile::kAll;
    make(config);
    const std::string name = "kafka.server:type=ReplicaManager,name=PartitionCount";
    EXPECT_EQ(offer(name), 0);
    end_sweep();
    registrar_->begin_refill();
    EXPECT_LT(offer(name, wire::ReadStatus::kBlocked), 0);
    EXPECT_EQ(unregistered(), 1U);
    end_sweep();
    EXPECT_EQ(offer(name), 1) << "anew; the core has not given the id back";
    EXPECT_EQ(counters_.get(Counter::kUnits), 1U);
}

TEST_F(RegistrarTest, AListHasWhatBeansDeclareWantedOrNot) {
    make(Config());
    end_sweep();
    ASSERT_TRUE(registrar_->begin_listing());
    const FakeShim::Attributes declared = {{wire::ValueType::kNumber, "a"},
                                           {wire::ValueType::kBoolean, "b"}};
    shim_.add_ask("kafka.server:type=Unwanted", declared);
    shim_.add_ask("java.lang:type=Runtime",
                  {{wire::ValueType::kNumber, "Uptime"}, {wire::ValueType::kText, "Name"}});
    shim_.add_bean(wire::BeanKind::kMBean, "java.lang:type=Runtime",
                   {{wire::ValueType::kNumber, "Uptime"}});
    shim_.add_bean(wire::BeanKind::kMeter, "kafka.server:type=Unwanted,name=meter");
    EXPECT_EQ(handle().size(), 4U);
    end_sweep();
    const std::unique_ptr<std::string> list(channels_.listing.exchange(nullptr));
    ASSERT_NE(list, nullptr);
    EXPECT_EQ(*list,
              "mbean\tkafka.server:type=Unwanted\ta,b:boolean\n"
              "mbean\tjava.lang:type=Runtime\tUptime,Name:text\n"
              "meter\tkafka.server:type=Unwanted,name=meter\t\n");
}

TEST_F(RegistrarTest, ALoadThatOthersShortenIsSaid) {
    const std::string name = "java.lang:type=OperatingSystem";
    const auto said = [&](const Config& config, const char* attribute) {
        make(config);
        shim_.add_bean(
            wire::BeanKind::kMBean, name,
            {{wire::ValueType::kNumber, "ProcessCpuTime"}, {wire::ValueType::kNumber, attribute}});
        EXPECT_GE(handle().at(0).unit, 0);
        return sink_.text().find(name + " " + attribute + " is the load since anybody") !=
               std::string::npos;
    };
    EXPECT_FALSE(said(Config(), "ProcessCpuLoad")) << "not in the default profile";
    Config all;
    all.select.profile = Profile::kAll;
    EXPECT_TRUE(said(all, "ProcessCpuLoad"));
    EXPECT_TRUE(said(all, "SystemCpuLoad"));
    EXPECT_FALSE(said(all, "MaxFileDescriptorCount"));
}

TEST_F(RegistrarTest, WhatNobodySelectsIsNeitherLookedIntoNorMissed) {
    Config config;
    config.select.include.emplace_back("kafka.server:type=Wanted,*");
    make(config);
    const FakeShim::Attributes attributes = {{wire::ValueType::kNumber, "count"},
                                             {wire::ValueType::kOther, "composite"},
                                             {wire::ValueType::kText, "state"},
                                             {wire::ValueType::kNumber, "expensive"}};
    shim_.add_ask("kafka.server:type=Wanted,name=a", attributes, "expensive");
    shim_.add_ask("kafka.server:type=Unwanted,name=a", attributes, "expensive");
    const auto answers = handle();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].unit, 0);
    EXPECT_EQ(answers[0].selectors, (std::vector<std::uint16_t>{0, 1}));
    EXPECT_LT(answers[1].unit, 0);
    EXPECT_TRUE(answers[1].selectors.empty());
    EXPECT_EQ(counters_.get(Counter::kUnits), 0U) << "an answer to a question is no unit";
    EXPECT_EQ(counters_.get(Counter::kBeansNotSelected), 1U);
    EXPECT_LT(offer("kafka.server:type=Unwanted,name=b", wire::ReadStatus::kThrew), 0);
    EXPECT_EQ(counters_.get(Counter::kBeansUndescribed), 0U);
    EXPECT_LT(offer("kafka.server:type=Wanted,name=b", wire::ReadStatus::kThrew), 0);
    EXPECT_EQ(counters_.get(Counter::kBeansUndescribed), 1U);
}

TEST_F(RegistrarTest, RoomThatComesFreeIsUsedAgain) {
    Config config;
    config.select.profile = Profile::kAll;
    config.limits.series_per_family_max = 2;
    make(config);
    const auto offer_all = [&] {
        for (const char* topic : {"a", "b", "c", "d"}) {
            shim_.add_bean(wire::BeanKind::kGauge,
                           std::string("kafka.server:type=Topics,name=Lag,topic=") + topic);
        }
        shim_.add_swept();
        return handle();
    };
    const auto first = offer_all();
    ASSERT_EQ(first.size(), 4U);
    EXPECT_GE(first[0].unit, 0);
    EXPECT_GE(first[1].unit, 0);
    EXPECT_LT(first[2].unit, 0);
    EXPECT_LT(first[3].unit, 0);
    EXPECT_FALSE(registrar_->wants_refill(1));
    shim_.add_unregister(static_cast<std::uint32_t>(first[0].unit));
    EXPECT_TRUE(handle().empty());
    EXPECT_FALSE(registrar_->wants_refill(kNanosPerSecond)) << "at once would be too often";
    ASSERT_TRUE(registrar_->wants_refill(100 * kNanosPerSecond));
    registrar_->begin_refill();
    EXPECT_FALSE(registrar_->wants_refill(200 * kNanosPerSecond)) << "one is under way";
    shim_.add_bean(wire::BeanKind::kGauge, "kafka.server:type=Topics,name=Lag,topic=d");
    const auto d = handle();
    EXPECT_GE(d.at(0).unit, 0);
    shim_.add_bean(wire::BeanKind::kGauge, "kafka.server:type=Topics,name=Lag,topic=b");
    shim_.add_bean(wire::BeanKind::kGauge, "kafka.server:type=Topics,name=Lag,topic=c");
    shim_.add_swept();
    const auto rest = handle();
    EXPECT_EQ(rest.at(0).unit, first[1].unit) << "what was kept stays";
    EXPECT_LT(rest.at(1).unit, 0);
    EXPECT_FALSE(registrar_->wants_refill(300 * kNanosPerSecond));
    EXPECT_EQ(counters_.get(Counter::kSeries), 2U);
}

// A registrar by hand, over a shim and channels of its own.
TEST_F(RegistrarTest, ACapThatLeavesOutIsToldOnceAndAgainWhenItIsTwiceAsMuch) {
    Config config;
    config.select.profile = Profile::kAll;
    config.limits.series_per_family_max = 2;
    make(config);
    int topics = 0;
    const auto offer_many = [&](const std::string& name, int count) {
        for (int i = 0; i < count; ++i) {
            shim_.add_bean(wire::BeanKind::kGauge,
                           name + ",topic=t" + std::to_string(topics++) + ",partition=0");
        }
    };
    const auto taken = [&] {
        int count = 0;
        for (const auto& answer : handle()) {
            count += answer.unit >= 0 ? 1 : 0;
        }
        return count;
    };
    const auto told = [&](int beans) {
        return sink_.text().find("limits.series_per_family_max is 2: " + std::to_string(beans) +
                                 " beans are not collected") != std::string::npos;
    };
    const std::string size = "kafka.log:type=Log,name=Size";
    offer_many(size, 5);
    EXPECT_EQ(taken(), 2);
    EXPECT_EQ(sink_.text(), "") << "not amid a sweep";
    shim_.add_swept();
    handle();
    EXPECT_TRUE(told(3)) << sink_.text();
    offer_many(size, 2);
    EXPECT_EQ(taken(), 0);
    EXPECT_FALSE(told(5)) << sink_.text();
    offer_many(size, 1);
    EXPECT_EQ(taken(), 0);
    EXPECT_TRUE(told(6)) << sink_.text();
    offer_many("kafka.cluster:type=Partition,name=UnderReplicated", 10);
    EXPECT_EQ(taken(), 10) << "what watches for trouble is not cut to a part";
    EXPECT_EQ(counters_.get(Counter::kUnitsRefused), 6U);
}

TEST_F(RegistrarTest, WhatNoRecordHasRoomForIsCountedAndSaidOnce) {
    Config config;
    config.select.profile = Profile::kAll;
    config.select.exclude = {"kafka.server:type=Unwanted,*"};
    make(config);
    const FakeShim::Attributes values = {{wire::ValueType::kNumber, "a"}};
    const std::string bean = "kafka.server:type=Many";
    const auto offer_again = [&] {
        shim_.leave_out(44);
        shim_.add_ask(bean, values);
        shim_.leave_out(2);
        shim_.add_bean(wire::BeanKind::kMBean, bean, values);
        shim_.leave_out(9);
        shim_.add_ask("kafka.server:type=Unwanted,name=x", values);
        shim_.add_bean(wire::BeanKind::kMBean, "kafka.server:type=Long,name=" + bean, {},
                       wire::ReadStatus::kTooLarge);
        const auto answers = handle();
        EXPECT_GE(answers.at(1).unit, 0) << "what there is room for is collected";
        EXPECT_LT(answers.at(3).unit, 0);
        end_sweep();
    };
    offer_again();
    EXPECT_EQ(counters_.get(Counter::kSeriesRefused), 46U) << "not of what nobody wants";
    EXPECT_EQ(counters_.get(Counter::kUnitsRefused), 1U);
    EXPECT_EQ(counters_.get(Counter::kBeansUndescribed), 0U);
    EXPECT_TRUE(
        sink_.has("46 values are not collected, such as of kafka.server:type=Many; at most "
                  "are 256 values, with names of 512 bytes"))
        << sink_.text();
    EXPECT_TRUE(
        sink_.has("a bean has a name of more than 4096 bytes: 1 beans are not collected, "
                  "such as kafka.server:type=Long,name=" +
                  bean + "..."))
        << sink_.text();
    const std::size_t lines = sink_.lines().size();
    Registrar::Settings again = settings_;
    registrar_->begin_sweep(again);
    offer_again();
    EXPECT_EQ(sink_.lines().size(), lines) << "it is as before";
    EXPECT_FALSE(registrar_->wants_refill(3'600 * kNanosPerSecond)) << "no room can come";
}

}  // namespace
}  // namespace remora
