// What the built-in configuration takes of beans that a broker has in use, and how much it matters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "config/parse.h"
#include "select/bean_list.h"
#include "select/selector.h"

namespace remora {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Taken {
    std::vector<std::string> paths;  // empty: the bean is not collected
    UnitClass unit_class = UnitClass::kPartition;
    Claim claim = Claim::kCommon;
};

Taken take(const std::string& line, const std::string& config = "{}") {
    const ParseOutcome outcome = parse_config(config, "test.json", {}, "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    const Result<BeanList> list = BeanList::parse(line);
    EXPECT_TRUE(list) << list.status().message();
    const Selection selection = Selector(outcome.config).select(list.value().beans().at(0));
    Taken taken;
    for (const Slot& slot : selection.slots) {
        taken.paths.emplace_back(slot.path);
    }
    taken.unit_class = selection.policy.unit_class;
    taken.claim = selection.claim;
    return taken;
}

TEST(ProfileTest, AMeterOfAShareIsReadAsItsOneMinuteRateWhateverItsBean) {
    for (const char* bean :
         {"kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
          "kafka.server:type=KafkaRequestHandlerPool,name=BrokerRequestHandlerAvgIdlePercent",
          "kafka.server:type=KafkaRequestHandlerPool,name=ControllerRequestHandlerAvgIdlePercent",
          "kafka.server:type=KafkaRequestHandlerPool,name=ControlPlaneRequestHandlerAvgIdlePercent",
          "kafka.network:type=Acceptor,name=AcceptorBlockedPercent,listener=PLAINTEXT",
          "kafka.log.remote:type=RemoteLogManager,name=RemoteLogManagerTasksAvgIdlePercent",
          "kafka.controller:type=KafkaController,name=SomethingOfKafkaFiveRatio"}) {
        const std::string meter = std::string("meter\t") + bean;
        EXPECT_THAT(take(meter).paths, ElementsAre("OneMinuteRate")) << bean;
        EXPECT_THAT(take(meter, R"({"select": {"meter": ["count"]}})").paths,
                    ElementsAre("OneMinuteRate"))
            << "a count in nanoseconds is not asked for by asking for counts: " << bean;
        EXPECT_EQ(take(meter, R"({"select": {"profile": "all"}})").paths.size(), 5U) << bean;
        const std::string by_server =
            std::string("mbean\t") + bean + "\tCount,EventType:text,MeanRate,OneMinuteRate";
        EXPECT_THAT(take(by_server).paths, ElementsAre("OneMinuteRate")) << bean;
    }
    EXPECT_THAT(take("meter\tapp:type=Pool,name=BusyPercent",
                     R"({"select": {"domains": ["app"], "include": ["app:*"]}})")
                    .paths,
                ElementsAre("OneMinuteRate"))
        << "beyond the profile too";
    EXPECT_THAT(take("meter\tkafka.server:type=BrokerTopicMetrics,name=BytesInPerSec").paths,
                ElementsAre("Count"));
    EXPECT_THAT(take("gauge\tkafka.controller:type=ControllerEventManager,name=AvgIdleRatio").paths,
                ElementsAre("Value"))
        << "a gauge is its value";
}

TEST(ProfileTest, WhatWakesSomebodyIsAnAlert) {
    for (const char* config : {"{}", R"({"select": {"profile": "minimal"}})"}) {
        for (const char* bean :
             {"kafka.server:type=ReplicaFetcherManager,name=FailedPartitionsCount,clientId=Replica",
              "kafka.server:type=ReplicaFetcherManager,name=DeadThreadCount,clientId=Replica",
              "kafka.server:type=ReplicaAlterLogDirsManager,name=FailedPartitionsCount,"
              "clientId=ReplicaAlterLogDirs",
              "kafka.server:type=ReplicaAlterLogDirsManager,name=DeadThreadCount,"
              "clientId=ReplicaAlterLogDirs",
              "kafka.log:type=LogCleaner,name=DeadThreadCount",
              "kafka.log:type=LogManager,name=LogDirectoryOffline,logDirectory=\"/d\"",
              "kafka.log:type=LogManager,name=OfflineLogDirectoryCount",
              "kafka.controller:type=KafkaController,name=FencedBrokerCount",
              "kafka.controller:type=KafkaController,name=MetadataErrorCount"}) {
            const Taken taken = take(std::string("gauge\t") + bean, config);
            EXPECT_THAT(taken.paths, ElementsAre("Value")) << bean;
            EXPECT_EQ(taken.unit_class, UnitClass::kAlert) << bean;
            EXPECT_EQ(taken.claim, Claim::kAlways) << bean;
        }
    }
    EXPECT_EQ(take("gauge\tkafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica")
                  .unit_class,
              UnitClass::kBroker);
}

TEST(ProfileTest, HistogramsOfPartitionsAndOtherRequestsAreLeftOut) {
    for (const char* bean :
         {"histogram\tkafka.server:type=SharePartitionMetrics,name=FetchLockRatio,group=g,topic=t,"
          "partition=0",
          "histogram\tkafka.network:type=RequestMetrics,name=TotalTimeMs,request=Vote",
          "histogram\tkafka.network:type=RequestMetrics,name=LocalTimeMs,request=Metadata",
          "meter\tkafka.server:type=DelayedProduceMetrics,name=ExpiresPerSec,topic=t,partition="
          "0"}) {
        EXPECT_THAT(take(bean).paths, IsEmpty()) << bean;
    }
}

}  // namespace
}  // namespace remora
