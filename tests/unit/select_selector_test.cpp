// What each profile, rule and filter collects, against the beans of a real Kafka 3.5.0 broker.
#include "select/selector.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>

#include "config/parse.h"
#include "select/admission.h"
#include "select/bean_list.h"
#include "support/golden.h"

namespace remora {
namespace {

Config config_of(const std::string& text) {
    const ParseOutcome outcome = parse_config(text, "test.json", {}, "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    return outcome.config;
}

const BeanList& broker_beans() {
    static const Result<BeanList> list =
        BeanList::parse(read_source_file("native/forecast/broker_beans.txt"));
    EXPECT_TRUE(list) << list.status().message();
    return list.value();
}

// One bean from a line of a list.
class One {
 public:
    explicit One(const std::string& line) : list_(BeanList::parse(line)) {
        EXPECT_TRUE(list_) << list_.status().message();
    }
    const Bean& bean() const { return list_.value().beans().at(0); }

 private:
    Result<BeanList> list_;
};

std::set<std::string> paths_of(const std::vector<Slot>& slots) {
    std::set<std::string> paths;
    for (const Slot& slot : slots) {
        paths.insert(std::string(slot.path));
    }
    return paths;
}

Selection select(const std::string& config, const std::string& line) {
    const One one(line);
    Selection selection = Selector(config_of(config)).select(one.bean());
    selection.slots.clear();  // views of a list that ends here
    return selection;
}

std::set<std::string> attributes(const std::string& config, const std::string& line) {
    const One one(line);
    std::set<std::string> paths;
    for (const Slot& slot : Selector(config_of(config)).select(one.bean()).slots) {
        paths.insert(std::string(slot.path));
    }
    return paths;
}

NotWanted reason(const std::string& config, const std::string& line) {
    return select(config, line).reason;
}

// Names of all collected beans of the real broker.
std::set<std::string> collected(const std::string& config) {
    const Selector selector(config_of(config));
    std::set<std::string> names;
    for (const Bean& bean : broker_beans().beans()) {
        if (selector.select(bean).wanted) {
            names.insert(std::string(bean.name.text()));
        }
    }
    return names;
}

const std::string kAll = R"({"select": {"profile": "all"}})";
const std::string kMeter = "meter\tkafka.server:type=BrokerTopicMetrics,name=BytesInPerSec";
const std::string kTopicMeter = kMeter + ",topic=orders";
const std::string kHistogram =
    "histogram\tkafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce";
const std::string kSize = "gauge\tkafka.log:type=Log,name=Size,topic=orders,partition=";

TEST(SelectorTest, ProfileAllMissesNoNumberOfKafkaOrTheJvm) {
    const Selector selector(config_of(kAll));
    std::size_t beans = 0;
    for (const Bean& bean : broker_beans().beans()) {
        const std::string_view domain = bean.name.domain();
        if (domain.substr(0, 6) != "kafka." && domain != "java.lang" && domain != "java.nio") {
            continue;
        }
        std::set<std::string_view> expected;
        if (bean.kind == BeanKind::kMBean) {
            for (const BeanAttribute& attribute : bean.attributes) {
                if (attribute.type == ValueType::kNumber || attribute.type == ValueType::kBoolean ||
                    attribute.path == "current-state") {
                    expected.insert(attribute.path);
                }
            }
        } else {
            for (const Stat stat : stats_of(bean.kind)) {
                expected.insert(stat_attribute(stat));
            }
        }
        std::set<std::string_view> got;
        const Selection selection = selector.select(bean);
        for (const Slot& slot : selection.slots) {
            got.insert(slot.path);
        }
        EXPECT_EQ(got, expected) << bean.name.text();
        EXPECT_EQ(selection.wanted, !expected.empty()) << bean.name.text();
        ++beans;
    }
    EXPECT_GT(beans, 900U);
}

TEST(SelectorTest, DefaultHoldsWhatDashboardsNeedAndLeavesOutTheRest) {
    const std::set<std::string> names = collected("{}");
    for (const char* wanted :
         {"kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
          "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
          "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce",
          "kafka.controller:type=KafkaController,name=ActiveControllerCount",
          "kafka.server:type=raft-metrics", "java.lang:type=Memory", "java.lang:type=Threading",
          "kafka.log:type=Log,name=Size,topic=orders-0000,partition=0",
          "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=orders-0000",
          "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation="
          "Fetch"}) {
        EXPECT_EQ(names.count(wanted), 1U) << wanted;
    }
    for (const char* unwanted :
         {"kafka.server:type=app-info", "kafka.server:type=kafka-metrics-count",
          "kafka.server:type=KafkaServer,name=ClusterId",
          "kafka.log:type=LogCleanerManager,name=uncleanable-bytes",
          "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=ApiVersions",
          "kafka.log:type=Log,name=NumLogSegments,topic=orders-0000,partition=0",
          "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation="
          "Heartbeat",
          "com.sun.management:type=HotSpotDiagnostic"}) {
        EXPECT_EQ(names.count(unwanted), 0U) << unwanted;
    }
    EXPECT_EQ(reason("{}", "kafka.consumer:type=consumer-metrics,client-id=c"),
              NotWanted::kProfile);
}

TEST(SelectorTest, ProfilesContainEachOther) {
    const std::set<std::string> all = collected(kAll);
    const std::set<std::string> normal = collected("{}");
    const std::set<std::string> minimal = collected(R"({"select": {"profile": "minimal"}})");
    EXPECT_TRUE(std::includes(all.begin(), all.end(), normal.begin(), normal.end()));
    EXPECT_TRUE(std::includes(normal.begin(), normal.end(), minimal.begin(), minimal.end()));
    EXPECT_LT(minimal.size(), 60U);
    for (const std::string& name : minimal) {
        EXPECT_EQ(name.find("topic="), std::string::npos) << name;
    }
}

TEST(SelectorTest, StatisticsFollowTheKind) {
    EXPECT_EQ(attributes("{}", kMeter), (std::set<std::string>{"Count"}));
    EXPECT_EQ(attributes("{}", kHistogram),
              (std::set<std::string>{"Count", "Sum", "Mean", "Max", "50thPercentile",
                                     "95thPercentile", "99thPercentile", "999thPercentile"}));
    EXPECT_EQ(attributes("{}",
                         "meter\tkafka.server:type=KafkaRequestHandlerPool,"
                         "name=RequestHandlerAvgIdlePercent"),
              (std::set<std::string>{"OneMinuteRate"}));
    const std::string chosen =
        R"({"select": {"meter": ["count", "five_minute_rate"], "histogram": ["p99"]}})";
    EXPECT_EQ(attributes(chosen, kMeter), (std::set<std::string>{"Count", "FiveMinuteRate"}));
    EXPECT_EQ(attributes(chosen, kHistogram), (std::set<std::string>{"99thPercentile"}));
    EXPECT_EQ(attributes(chosen, "timer\tkafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs"),
              (std::set<std::string>{"FiveMinuteRate", "99thPercentile"}));
}

TEST(SelectorTest, OnlyStatesAreReadAsText) {
    const std::string raft =
        "mbean\tkafka.server:type=raft-metrics\tcurrent-epoch,current-state:text,other:text";
    EXPECT_EQ(attributes("{}", raft), (std::set<std::string>{"current-epoch", "current-state"}));
    EXPECT_EQ(reason(kAll, "mbean\tkafka.server:type=KafkaServer,name=ClusterId\tValue:text"),
              NotWanted::kNoValue);
}

TEST(SelectorTest, AttributeFiltersKnowBothNames) {
    EXPECT_EQ(
        attributes(R"({"select": {"attributes_exclude": ["p9*", "Mean", "*um"]}})", kHistogram),
        (std::set<std::string>{"Count", "Max", "50thPercentile"}));
    EXPECT_EQ(attributes(R"({"select": {"attributes_include": ["Count", "p50"]}})", kHistogram),
              (std::set<std::string>{"Count", "50thPercentile"}));
    const std::string memory =
        "mbean\tjava.lang:type=Memory\tHeapMemoryUsage.max,HeapMemoryUsage.used,Verbose:boolean";
    EXPECT_EQ(attributes("{}", memory),
              (std::set<std::string>{"HeapMemoryUsage.max", "HeapMemoryUsage.used"}));
    EXPECT_EQ(attributes(R"({"select": {"attributes_exclude": ["*.max"]}})", memory),
              (std::set<std::string>{"HeapMemoryUsage.used"}));
}

TEST(SelectorTest, ExcludeWinsOverIncludeAndIncludeGoesBeyondTheProfile) {
    const std::string segments =
        "gauge\tkafka.log:type=Log,name=NumLogSegments,topic=t,partition=1";
    EXPECT_EQ(reason("{}", segments), NotWanted::kProfile);
    EXPECT_TRUE(select(R"({"select": {"include": ["kafka.log:*"]}})", segments).wanted);
    EXPECT_EQ(reason(R"({"select": {"include": ["kafka.log:*"], "exclude": ["*:name=Num*,*"]}})",
                     segments),
              NotWanted::kExcluded);
    EXPECT_EQ(reason(R"({"select": {"domains": ["java.*"]}})", kMeter), NotWanted::kDomain);
    EXPECT_TRUE(
        select(R"({"select": {"domains": ["app"], "include": ["app:*"]}})", "mbean\tapp:type=X\tN")
            .wanted);
}

TEST(SelectorTest, TheFirstRuleThatSetsAThingDecidesIt) {
    const std::string config = R"({"rules": [
        {"match": "kafka.log:type=Log,*", "where": {"topic": "ord.*"}, "min_interval": "1m"},
        {"match": "kafka.log:type=Log,name=Size,*", "action": "exclude", "importance": "high"},
        {"match": "*:*", "action": "include", "importance": "low", "max_interval": "2m"}]})";
    EXPECT_EQ(reason(config, kSize + "1"), NotWanted::kRule);
    const Selection end =
        select(config, "gauge\tkafka.log:type=Log,name=LogEndOffset,topic=orders,partition=1");
    EXPECT_TRUE(end.wanted);
    EXPECT_EQ(end.policy.min_interval_ms, 60'000U);
    EXPECT_EQ(end.policy.max_interval_ms, 0U) << "the first rule has set the intervals";
    EXPECT_DOUBLE_EQ(end.policy.weight, weight_of(Importance::kLow));
    const Selection other = select(config, "mbean\tkafka.server:type=app-info\tstart-time-ms");
    EXPECT_TRUE(other.wanted) << "include goes beyond the profile";
    EXPECT_EQ(other.policy.max_interval_ms, 120'000U);
}

TEST(SelectorTest, ARuleThatIncludesOverridesTopicFilters) {
    const std::string config = R"({"topics": {"mode": "none"}, "rules": [
        {"match": "kafka.log:topic=orders,*", "action": "include", "attributes": ["Value"]}]})";
    EXPECT_TRUE(select(config, kSize + "7").wanted);
    EXPECT_EQ(reason(config, "gauge\tkafka.log:type=Log,name=Size,topic=other,partition=7"),
              NotWanted::kTopic);
}

TEST(SelectorTest, ABeanIsOfTheClassOfWhatItsNameNames) {
    const auto class_of = [](const std::string& line) {
        const Selection selection = select(R"({"select": {"profile": "all"}})", line);
        EXPECT_TRUE(selection.wanted) << line;
        return selection.policy.unit_class;
    };
    EXPECT_EQ(class_of("gauge\tkafka.server:type=ReplicaManager,name=UnderReplicatedPartitions"),
              UnitClass::kAlert);
    EXPECT_EQ(class_of(kMeter), UnitClass::kBroker);
    EXPECT_EQ(class_of(kHistogram), UnitClass::kBroker);
    EXPECT_EQ(class_of("gauge\tkafka.network:type=RequestChannel,name=RequestQueueSize"),
              UnitClass::kBroker);
    EXPECT_EQ(
        class_of("gauge\tkafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica"),
        UnitClass::kBroker)
        << "one of the broker's own threads";
    EXPECT_EQ(class_of(kTopicMeter), UnitClass::kTopic);
    for (const char* client : {"client-id=c1", "user=u1", "user=u1,client-id=c1", "ip=10.0.0.1"}) {
        EXPECT_EQ(
            class_of(std::string("mbean\tkafka.server:type=Produce,") + client + "\tbyte-rate"),
            UnitClass::kClient)
            << client;
    }
    EXPECT_EQ(class_of(kSize + "1"), UnitClass::kPartition);
    EXPECT_EQ(class_of("gauge\tkafka.cluster:type=Partition,name=UnderReplicated,topic=t,"
                       "partition=0"),
              UnitClass::kPartition);
}

TEST(SelectorTest, ARuleMovesABeanToAnotherClass) {
    const std::vector<std::pair<std::string, UnitClass>> classes = {
        {"alert", UnitClass::kAlert},
        {"broker", UnitClass::kBroker},
        {"topic", UnitClass::kTopic},
        {"client", UnitClass::kClient},
        {"partition", UnitClass::kPartition}};
    for (const auto& [name, unit_class] : classes) {
        const std::string config =
            R"({"rules": [{"match": "*:type=BrokerTopicMetrics,*", "class": ")" + name + R"("}]})";
        const UnitPolicy moved = select(config, kMeter).policy;
        EXPECT_EQ(moved.unit_class, unit_class);
        EXPECT_EQ(moved.is_alert(), unit_class == UnitClass::kAlert);
        EXPECT_EQ(select(config, kHistogram).policy.unit_class, UnitClass::kBroker);
    }
    const std::string first = R"({"rules": [{"match": "*:*", "importance": "low"},
        {"match": "*:*", "class": "topic"}, {"match": "*:*", "class": "alert"}]})";
    EXPECT_EQ(select(first, kMeter).policy.unit_class, UnitClass::kTopic);
    EXPECT_DOUBLE_EQ(select(first, kMeter).policy.weight, weight_of(Importance::kLow))
        << "weight among others of its class is another matter";
}

TEST(SelectorTest, AnIntervalOfARuleIsAllThreeLimits) {
    const std::string slow = R"({"rules": [{"match": "*:*", "interval": "1m"}]})";
    const UnitPolicy fixed = select(slow, kMeter).policy;
    EXPECT_EQ(fixed.unit_class, UnitClass::kBroker) << "an interval is no other class";
    EXPECT_EQ(fixed.base_interval_ms, 60'000U);
    EXPECT_EQ(fixed.min_interval_ms, 60'000U);
    EXPECT_EQ(fixed.max_interval_ms, 60'000U);
}

TEST(SelectorTest, ABeanIsNamedWhenARuleOrIncludeMatchesIt) {
    EXPECT_FALSE(select("{}", kMeter).policy.is_named) << "the profile's choice";
    EXPECT_TRUE(select(R"({"rules": [{"match": "*:type=BrokerTopicMetrics,*", "top": 5}]})", kMeter)
                    .policy.is_named);
    EXPECT_FALSE(select(R"({"rules": [{"match": "a:*", "top": 5}]})", kMeter).policy.is_named);
    EXPECT_TRUE(
        select(R"({"select": {"domains": ["app"], "include": ["app:*"]}})", "mbean\tapp:type=X\tN")
            .policy.is_named);
}

TEST(SelectorTest, LabelFiltersLookAtTheUnquotedValue) {
    const std::string config =
        R"({"select": {"label_include": {"user": "a,b"}, "label_exclude": {"request": "Prod.*"}}})";
    EXPECT_EQ(reason(config, kHistogram), NotWanted::kLabel);
    const std::string quota = "mbean\tkafka.server:type=Produce,user=";
    EXPECT_TRUE(select(config, quota + "\"a,b\"\tbyte-rate").wanted);
    EXPECT_EQ(reason(config, quota + "c\tbyte-rate"), NotWanted::kLabel);
    EXPECT_TRUE(select(config, kMeter).wanted) << "it has neither property";
}

TEST(SelectorTest, ClientFiltersAreForClientsOnly) {
    const std::string quota = "mbean\tkafka.server:type=Fetch,user=u1,client-id=c1\tbyte-rate";
    const std::string lag =
        "gauge\tkafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica";
    EXPECT_TRUE(select("{}", quota).wanted);
    EXPECT_EQ(reason(R"({"clients": {"enabled": false}})", quota), NotWanted::kClient);
    EXPECT_EQ(reason(R"({"clients": {"client_regex": "c2"}})", quota), NotWanted::kClient);
    EXPECT_EQ(reason(R"({"clients": {"user_regex": "u2"}})", quota), NotWanted::kClient);
    EXPECT_TRUE(select(R"({"clients": {"client_regex": "c.", "user_regex": "u1"}})", quota).wanted);
    EXPECT_TRUE(select(R"({"clients": {"enabled": false}})", lag).wanted);
}

// --- topics and partitions

TEST(TopicFilterTest, BucketsPartTheTopics) {
    std::map<int, int> sizes;
    for (int t = 0; t < 300; ++t) {
        const std::string topic = "topic-" + std::to_string(t);
        int keepers = 0;
        for (int i = 1; i <= 3; ++i) {
            const bool kept = select(R"({"topics": {"bucket": ")" + std::to_string(i) + R"(/3"}})",
                                     kMeter + ",topic=" + topic)
                                  .wanted;
            keepers += kept ? 1 : 0;
            sizes[i] += kept ? 1 : 0;
        }
        EXPECT_EQ(keepers, 1) << topic;
    }
    for (const auto& [bucket, size] : sizes) {
        EXPECT_GT(size, 60) << bucket;
    }
}

TEST(TopicFilterTest, EachModeKeepsExactlyItsTopics) {
    const std::string internal = kMeter + ",topic=__consumer_offsets";
    EXPECT_EQ(reason(R"({"topics": {"mode": "none"}})", kTopicMeter), NotWanted::kTopic);
    EXPECT_TRUE(select(R"({"topics": {"mode": "none"}})", kMeter).wanted) << "of the broker";
    EXPECT_TRUE(select(R"({"topics": {"mode": "list", "list": ["orders"]}})", kTopicMeter).wanted);
    EXPECT_FALSE(select(R"({"topics": {"mode": "list", "list": ["order"]}})", kTopicMeter).wanted);
    EXPECT_TRUE(select(R"({"topics": {"mode": "regex", "regex": "o.*s"}})", kTopicMeter).wanted);
    EXPECT_FALSE(select(R"({"topics": {"mode": "regex", "regex": "order"}})", kTopicMeter).wanted);
    EXPECT_TRUE(select("{}", internal).wanted);
    EXPECT_EQ(reason(R"({"topics": {"internal": false}})", internal), NotWanted::kInternal);
    EXPECT_EQ(reason(R"({"topics": {"broker_topic_data": false}})", kTopicMeter),
              NotWanted::kTopicData);
    EXPECT_TRUE(select(R"({"topics": {"broker_topic_data": false}})", kSize + "0").wanted);
}

TEST(TopicFilterTest, APartitionSampleHidesNoTrouble) {
    const std::string sample = R"({"topics": {"partition_sample": 2}})";
    EXPECT_TRUE(select(sample, kSize + "7").policy.visibility.is_sampled);
    EXPECT_FALSE(select("{}", kSize + "7").policy.visibility.is_sampled);
    const std::string trouble =
        "gauge\tkafka.cluster:type=Partition,name=UnderReplicated,topic=orders,partition=9";
    EXPECT_TRUE(select(sample, trouble).policy.visibility.is_sampled) << "read, not shown";
    EXPECT_TRUE(select(sample, trouble).policy.visibility.signals_trouble);
    EXPECT_EQ(reason(R"({"topics": {"partitions": false}})", trouble), NotWanted::kPartition);
    const std::string included = R"({"topics": {"partition_sample": 2},
        "rules": [{"match": "kafka.log:*", "action": "include"}]})";
    EXPECT_FALSE(select(included, kSize + "7").policy.visibility.is_sampled);
}

TEST(TopicFilterTest, AggregatesAndTopsAreOfTheKeysOrOfARule) {
    const std::string sums = R"({"topics": {"aggregate": "sum", "top": 5}, "clients": {"top": 7},
        "rules": [{"match": "kafka.log:*", "aggregate": "max"},
                  {"match": "*:type=Fetch,*", "top": 3}]})";
    const VisibilityPolicy size = select(sums, kSize + "7").policy.visibility;
    EXPECT_EQ(size.aggregate, Aggregate::kMax);
    EXPECT_TRUE(size.is_sampled);
    EXPECT_EQ(size.top, 0U) << "by partition";
    const std::string trouble =
        "gauge\tkafka.cluster:type=Partition,name=UnderReplicated,topic=orders,partition=9";
    EXPECT_EQ(select(sums, trouble).policy.visibility.aggregate, Aggregate::kSum);
    const std::string messages =
        "meter\tkafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=orders";
    EXPECT_EQ(select(sums, messages).policy.visibility.top, 5U);
    EXPECT_TRUE(select(sums, messages).policy.visibility.grows);
    const std::string produce = "mbean\tkafka.server:type=Produce,client-id=a\tbyte-rate";
    EXPECT_EQ(select(sums, produce).policy.visibility.top, 7U);
    EXPECT_FALSE(select(sums, produce).policy.visibility.grows);
    const std::string fetch = "mbean\tkafka.server:type=Fetch,client-id=a\tbyte-rate";
    EXPECT_EQ(select(sums, fetch).policy.visibility.top, 3U);
}

TEST(TopicFilterTest, OnTheRealBrokerAListKeepsThisSet) {
    const std::set<std::string> everything = collected("{}");
    std::set<std::string> expected;
    for (const std::string& name : everything) {
        const bool has_topic = name.find("topic=") != std::string::npos;
        if (!has_topic || name.find("topic=orders-0001") != std::string::npos) {
            expected.insert(name);
        }
    }
    EXPECT_LT(expected.size(), everything.size());
    EXPECT_EQ(collected(R"({"topics": {"mode": "list", "list": ["orders-0001"]}})"), expected);
}

TEST(TopicFilterTest, OnlyWhatCountsRanksByGrowth) {
    const auto grows = [](const std::string& config, const std::string& bean) {
        return select(config, bean).policy.visibility.grows;
    };
    const std::string top = R"("topics": {"top": 2})";
    const std::string messages =
        "meter\tkafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=orders";
    EXPECT_TRUE(grows("{" + top + "}", messages));
    EXPECT_FALSE(grows(R"({"select": {"meter": ["one_minute_rate"]}, )" + top + "}", messages));
    const std::string p99 = R"({"rules": [{"match": "kafka.network:*", "action": "include",
                                "attributes": ["p99"], "top": 3}]})";
    const std::string times =
        "histogram\tkafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce";
    EXPECT_FALSE(grows(p99, times));
    const std::string all = R"({"rules": [{"match": "kafka.network:*", "top": 3}]})";
    EXPECT_TRUE(grows(all, times));
}

TEST(SelectorTest, ValuesBeyondTheLimitOfABeanAreCounted) {
    const std::string times =
        "histogram\tkafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce";
    const std::string three = R"({"limits": {"attributes_per_bean_max": 3}})";
    EXPECT_EQ(attributes(three, times).size(), 3U);
    EXPECT_EQ(select(three, times).slots_refused, attributes("{}", times).size() - 3);
    EXPECT_EQ(select("{}", times).slots_refused, 0U);
}

TEST(SelectorTest, ConsumerGroupsAreMatchedUnderEveryNameTheyHave) {
    const std::string config =
        R"({"select": {"profile": "all"}, "clients": {"group_regex": "a.*"}})";
    for (const char* key : {"group", "group-id", "groupId", "consumer-group"}) {
        const std::string bean = std::string("gauge\tkafka.server:type=Lag,") + key + "=";
        EXPECT_TRUE(select(config, bean + "abc").wanted) << key;
        EXPECT_EQ(reason(config, bean + "xabc"), NotWanted::kClient) << key;
    }
}

// 40,000 partitions of 4,000 topics, with everything that the default profile takes of them.
TEST(SelectorTest, TheDefaultCapsHoldABrokerOfFortyThousandPartitions) {
    const Config config;
    const Selector selector(config);
    Admission admission(config.limits);
    const auto offer = [&](FamilyId family, const std::string& line) {
        const One one(line);
        const Selection selection = selector.select(one.bean());
        ASSERT_TRUE(selection.wanted) << line;
        const auto series = static_cast<std::uint32_t>(selection.slots.size());
        ASSERT_EQ(admission.admit(family, series, selection.claim), Cap::kNone) << line;
    };
    constexpr std::array<const char*, 5> kByPartition = {
        "kafka.cluster:type=Partition,name=UnderReplicated",
        "kafka.cluster:type=Partition,name=UnderMinIsr", "kafka.log:type=Log,name=Size",
        "kafka.log:type=Log,name=LogStartOffset", "kafka.log:type=Log,name=LogEndOffset"};
    constexpr std::array<const char*, 10> kByTopic = {"BytesInPerSec",
                                                      "BytesOutPerSec",
                                                      "BytesRejectedPerSec",
                                                      "FailedFetchRequestsPerSec",
                                                      "FailedProduceRequestsPerSec",
                                                      "MessagesInPerSec",
                                                      "TotalFetchRequestsPerSec",
                                                      "TotalProduceRequestsPerSec",
                                                      "ProduceMessageConversionsPerSec",
                                                      "FetchMessageConversionsPerSec"};
    for (int topic = 0; topic < 4'000; ++topic) {
        FamilyId family = 0;
        const std::string of_topic = ",topic=t" + std::to_string(topic);
        for (const char* name : kByTopic) {
            offer(family++, std::string("meter\tkafka.server:type=BrokerTopicMetrics,name=") +
                                name + of_topic);
        }
        for (const char* name : kByPartition) {
            for (int partition = 0; partition < 10; ++partition) {
                offer(family, std::string("gauge\t") + name + of_topic +
                                  ",partition=" + std::to_string(partition));
            }
            ++family;
        }
    }
    EXPECT_EQ(admission.units(), 240'000U);
}

TEST(SelectorTest, WhatMustNotBeHalfThereClaimsMoreThanItsFamilysCap) {
    const std::string partition = ",topic=t,partition=0";
    const std::string watch =
        "gauge\tkafka.cluster:type=Partition,name=UnderReplicated" + partition;
    const std::string size = "gauge\tkafka.log:type=Log,name=Size" + partition;
    EXPECT_EQ(select("{}", watch).claim, Claim::kBeyondFamily);
    EXPECT_EQ(select("{}", size).claim, Claim::kCommon);
    EXPECT_EQ(select(R"({"topics": {"aggregate": "sum"}})", size).claim, Claim::kBeyondFamily);
    EXPECT_EQ(select("{}", "gauge\tkafka.server:type=ReplicaManager,name=UnderReplicatedPartitions")
                  .claim,
              Claim::kAlways);
}

// Expressions of every key: the name counts as not matched, and is reported with the key.
TEST(SelectorTest, WhatAnExpressionHasNoAnswerAboutIsToldWithItsKey) {
    const std::string bad = R"("(a+)+[bc]")";
    const std::string name = std::string(40, 'a');
    const std::pair<std::string, std::string> keys[] = {
        {"rules.1.where.topic", R"({"rules": [{"match": "d:*", "interval": "1m"},
            {"match": "d:*", "action": "include", "where": {"topic": )" +
                                    bad + "}}]}"},
        {"select.label_include.topic", R"({"select": {"label_include": {"topic": )" + bad + "}}}"},
        {"select.label_exclude.topic", R"({"select": {"label_exclude": {"topic": )" + bad + "}}}"},
        {"topics.regex", R"({"topics": {"mode": "regex", "regex": )" + bad + "}}"},
        {"clients.group_regex", R"({"clients": {"group_regex": )" + bad + "}}"},
        {"clients.client_regex", R"({"clients": {"client_regex": )" + bad + "}}"},
        {"clients.user_regex", R"({"clients": {"user_regex": )" + bad + "}}"},
    };
    const One one("gauge\td:topic=" + name + ",group=" + name + ",client-id=" + name +
                  ",user=" + name);
    for (const auto& [key, text] : keys) {
        Config config = config_of(text);
        config.select.domains = {"d"};
        config.select.include = {"d:*"};
        const Selector selector(config);
        EXPECT_EQ(selector.select(one.bean()).wanted,
                  key.find("label_exclude") != key.npos || key.find("rules") != key.npos)
            << key;
        const Selector::Unanswered told = selector.take_unanswered();
        EXPECT_EQ(told.count, 1U) << key;
        ASSERT_EQ(told.sentences.size(), 1U) << key;
        EXPECT_EQ(told.sentences[0].rfind(key + ": the regular expression", 0), 0U)
            << told.sentences[0];
        EXPECT_EQ(selector.take_unanswered().count, 0U) << key;
    }
}

// What takes long to read is read where somebody says its name, and by no wildcard.
TEST(SelectorTest, AnExpensiveAttributeIsChosenByItsNameOnly) {
    Bean bean;
    bean.name = ObjectName::parse("java.lang:type=OperatingSystem").value();
    bean.attributes = {{"OpenFileDescriptorCount", ValueType::kNumber, true},
                       {"ProcessCpuTime", ValueType::kNumber, false}};
    const std::set<std::string> cpu = {"ProcessCpuTime"};
    const std::set<std::string> files = {"OpenFileDescriptorCount"};
    const auto rule = [](const std::string& attribute) {
        return R"({"rules": [{"match": "java.lang:type=OperatingSystem", "attributes": [")" +
               attribute + R"("]}]})";
    };
    const std::pair<std::string, std::set<std::string>> cases[] = {
        {"{}", cpu},
        {R"({"select": {"profile": "all"}})", cpu},
        {rule("*"), cpu},
        {rule("OpenFile*"), {}},
        {rule("OpenFileDescriptorCount"), files},
        {R"({"select": {"attributes_include": ["OpenFileDescriptorCount"]}})", files},
    };
    for (const auto& [config, wanted] : cases) {
        const Selector selector(config_of(config));
        EXPECT_EQ(paths_of(selector.may_want(bean)), wanted) << config;
        EXPECT_EQ(paths_of(selector.select(bean).slots), wanted) << config;
        EXPECT_TRUE(selector.may_want(bean.name)) << config;
    }
    const Selector without(config_of(R"({"select": {"exclude": ["java.lang:*"]}})"));
    EXPECT_FALSE(without.may_want(bean.name));
    EXPECT_TRUE(without.may_want(bean).empty());
}

}  // namespace
}  // namespace remora
