#include "name/namer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "name/otel_names.h"

namespace remora {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

struct Path {
    std::string_view path;
    ValueType type = ValueType::kNumber;
};

// A bean with all its attributes wanted. `text` must outlive the call.
std::vector<Series> name_all(std::string_view text, BeanKind kind, std::vector<Path> paths = {}) {
    Result<ObjectName> parsed = ObjectName::parse(text);
    EXPECT_TRUE(parsed.is_ok()) << text;
    if (!parsed.is_ok()) {
        return {};
    }
    Bean bean{kind, parsed.value(), {}};
    std::vector<Slot> slots;
    for (const Stat stat : stats_of(kind)) {
        bean.attributes.push_back({stat_attribute(stat), ValueType::kNumber});
        slots.push_back(
            {static_cast<std::uint16_t>(stat), ValueType::kNumber, stat_attribute(stat)});
    }
    if (kind == BeanKind::kGauge && !paths.empty()) {
        slots[0].type = paths[0].type;
    }
    if (kind == BeanKind::kMBean) {
        for (const Path& path : paths) {
            bean.attributes.push_back({path.path, path.type});
            slots.push_back({static_cast<std::uint16_t>(slots.size()), path.type, path.path});
        }
    }
    std::vector<Series> series = Namer().name(bean, slots);
    EXPECT_EQ(series.size(), slots.size());
    return series;
}

std::string text_of(const Series& series) {
    std::string text = series.name;
    if (!series.labels.empty()) {
        text += "{";
        for (const Label& label : series.labels) {
            text += (text.back() == '{' ? "" : ",") + label.name + "=" + label.value;
        }
        text += "}";
    }
    return text;
}

std::vector<std::string> names(std::string_view text, BeanKind kind, std::vector<Path> paths = {}) {
    std::vector<std::string> all;
    for (const Series& series : name_all(text, kind, std::move(paths))) {
        all.push_back(text_of(series));
    }
    return all;
}

TEST(NamerTest, GivesAGaugeTheStockName) {
    const auto series = name_all("kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
                                 BeanKind::kGauge);
    ASSERT_EQ(series.size(), 1U);
    EXPECT_EQ(text_of(series[0]), "kafka_server_replicamanager_underreplicatedpartitions");
    EXPECT_EQ(series[0].type, MetricType::kGauge);
    EXPECT_EQ(series[0].attribute, "Value");
    EXPECT_THAT(series[0].help, ::testing::HasSubstr("fewer replicas in sync"));
    EXPECT_THAT(
        names("kafka.coordinator.group:type=GroupMetadataManager,name=NumGroups", BeanKind::kGauge),
        ElementsAre("kafka_coordinator_group_groupmetadatamanager_numgroups"));
    EXPECT_THAT(names("kafka.log:type=Log,name=Size,topic=a.b,partition=3", BeanKind::kGauge),
                ElementsAre("kafka_log_log_size{topic=a.b,partition=3}"));
}

TEST(NamerTest, TurnsACountPerSecondIntoATotal) {
    const auto series = name_all("kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=t",
                                 BeanKind::kMeter);
    ASSERT_EQ(series.size(), 5U);
    EXPECT_EQ(text_of(series[0]), "kafka_server_brokertopicmetrics_bytesin_total{topic=t}");
    EXPECT_EQ(series[0].type, MetricType::kCounter);
    EXPECT_EQ(series[0].metric_family, series[0].name);
    EXPECT_EQ(series[2].name, "kafka_server_brokertopicmetrics_bytesinpersec_oneminuterate");
    EXPECT_EQ(series[2].type, MetricType::kGauge);
    EXPECT_THAT(
        names("kafka.network:type=RequestMetrics,name=RequestsPerSec,request=Produce,version=9",
              BeanKind::kMeter)[0],
        "kafka_network_requestmetrics_requests_total{request=Produce,version=9}");
}

TEST(NamerTest, ExportsTheIdlePercentAsItsOneMinuteRate) {
    EXPECT_THAT(
        names("kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
              BeanKind::kMeter),
        ElementsAre(
            "kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_count",
            "kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_meanrate",
            "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
            "kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_fiveminuterate",
            "kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_fifteenminuterate"));
}

TEST(NamerTest, MakesASummaryOfAHistogram) {
    const auto series = name_all(
        "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce", BeanKind::kHistogram);
    std::vector<std::string> text;
    for (const Series& one : series) {
        text.push_back(text_of(one));
    }
    const std::string base = "kafka_network_requestmetrics_totaltimems";
    const std::string labels = "{request=Produce}";
    EXPECT_THAT(
        text,
        ElementsAre(
            base + "_count" + labels, base + "_min" + labels, base + "_max" + labels,
            base + "_mean" + labels, base + "_stddev" + labels, base + "_sum" + labels,
            base + "{request=Produce,quantile=0.50}", base + "{request=Produce,quantile=0.75}",
            base + "{request=Produce,quantile=0.95}", base + "{request=Produce,quantile=0.98}",
            base + "{request=Produce,quantile=0.99}", base + "{request=Produce,quantile=0.999}"));
    EXPECT_EQ(series[0].metric_family, base);
    EXPECT_EQ(series[0].type, MetricType::kSummary);
    EXPECT_EQ(series[1].metric_family, base + "_min");
    EXPECT_EQ(series[1].type, MetricType::kGauge);
    EXPECT_EQ(series[11].type, MetricType::kSummary);
}

TEST(NamerTest, NamesAYammerBeanAlikeFromBothTiers) {
    for (const BeanKind kind : {BeanKind::kGauge, BeanKind::kCounter, BeanKind::kMeter,
                                BeanKind::kHistogram, BeanKind::kTimer}) {
        const std::string_view bean = "kafka.x:type=T,name=ThingsPerSec,topic=t";
        std::vector<Path> paths;
        for (const Stat stat : stats_of(kind)) {
            paths.push_back({stat_attribute(stat)});
        }
        EXPECT_EQ(names(bean, kind), names(bean, BeanKind::kMBean, paths));
    }
}

TEST(NamerTest, KeepsClientsOutOfMetricNames) {
    EXPECT_THAT(
        names("kafka.server:type=Produce,user=alice,client-id=\"app,1\"", BeanKind::kMBean,
              {{"byte-rate"}, {"throttle-time"}}),
        ElementsAre("kafka_server_quota_byte_rate{resource=Produce,user=alice,clientId=app,1}",
                    "kafka_server_quota_throttle_time{resource=Produce,user=alice,"
                    "clientId=app,1}"));
    EXPECT_THAT(
        names("kafka.server:type=Request,client-id=c", BeanKind::kMBean, {{"request-time"}}),
        ElementsAre("kafka_server_quota_request_time{resource=Request,clientId=c}"));
    EXPECT_THAT(names("kafka.server:type=Request", BeanKind::kMBean, {{"exempt-throttle-time"}}),
                ElementsAre("kafka_server_request_exempt_throttle_time"));
}

TEST(NamerTest, NamesBeansOfKafkaMetricsByTypeAndAttribute) {
    EXPECT_THAT(
        names("kafka.server:type=socket-server-metrics,listener=PLAINTEXT,networkProcessor=2",
              BeanKind::kMBean, {{"connection-count"}, {"connection-creation-total"}}),
        ElementsAre("kafka_server_socket_server_metrics_connection_count"
                    "{listener=PLAINTEXT,networkProcessor=2}",
                    "kafka_server_socket_server_metrics_connection_creation_total"
                    "{listener=PLAINTEXT,networkProcessor=2}"));
    const auto raft = name_all("kafka.server:type=raft-metrics", BeanKind::kMBean,
                               {{"current-state", ValueType::kText}, {"current-epoch"}});
    EXPECT_EQ(raft[0].name, "kafka_server_raft_metrics_current_state_info");
    EXPECT_EQ(raft[0].rule, ValueRule::kState);
    EXPECT_EQ(raft[0].state_label, "state");
    EXPECT_EQ(raft[1].name, "kafka_server_raft_metrics_current_epoch");
    const auto cluster = name_all("kafka.server:type=KafkaServer,name=ClusterId", BeanKind::kGauge,
                                  {{"Value", ValueType::kText}});
    EXPECT_EQ(cluster[0].name, "kafka_server_kafkaserver_clusterid_info");
    EXPECT_EQ(cluster[0].state_label, "clusterid");
}

// The names of those that are counters.
std::vector<std::string> counters(std::string_view text, std::vector<Path> paths) {
    std::vector<std::string> all;
    for (const Series& series : name_all(text, BeanKind::kMBean, std::move(paths))) {
        if (series.type == MetricType::kCounter) {
            all.push_back(series.attribute);
        }
    }
    return all;
}

TEST(NamerTest, WhatOnlyGrowsIsACounter) {
    EXPECT_THAT(
        counters("kafka.server:type=socket-server-metrics", {{"MemoryPoolDepletedTimeTotal"},
                                                             {"MemoryPoolAvgDepletedPercent"},
                                                             {"connection-count"},
                                                             {"connection-close-rate"},
                                                             {"connection-close-total"},
                                                             {"expired-connections-killed-count"}}),
        ElementsAre("MemoryPoolDepletedTimeTotal", "connection-close-total",
                    "expired-connections-killed-count"));
    EXPECT_THAT(
        counters("kafka.server:type=broker-metadata-metrics", {{"last-applied-record-offset"},
                                                               {"metadata-apply-error-count"},
                                                               {"metadata-load-error-count"}}),
        ElementsAre("metadata-apply-error-count", "metadata-load-error-count"));
    EXPECT_THAT(counters("kafka.server:type=group-coordinator-metrics",
                         {{"offset-commit-count"}, {"offset-commit-rate"}, {"group-count"}}),
                ElementsAre("offset-commit-count"))
        << "Kafka's meters are a rate and a count; other counts are of what there is";
    EXPECT_THAT(
        counters("java.lang:type=Threading",
                 {{"TotalThreadAllocatedBytes"}, {"TotalStartedThreadCount"}, {"ThreadCount"}}),
        ElementsAre("TotalThreadAllocatedBytes", "TotalStartedThreadCount"));
    EXPECT_THAT(counters("java.lang:type=MemoryPool,name=Eden",
                         {{"UsageThreshold"}, {"UsageThresholdCount"}}),
                ElementsAre("UsageThresholdCount"));
    for (const char* name : {"kafka.network:type=SocketServer,name=ExpiredConnectionsKilledCount",
                             "kafka.controller:type=KafkaController,name=MetadataErrorCount",
                             "kafka.controller:type=KafkaController,name=NewActiveControllersCount",
                             "kafka.controller:type=KafkaController,"
                             "name=TimedOutBrokerHeartbeatCount",
                             "kafka.controller:type=KafkaController,"
                             "name=EventQueueOperationsStartedCount",
                             "kafka.controller:type=KafkaController,"
                             "name=EventQueueOperationsTimedOutCount",
                             "kafka.server:type=MetadataLoader,name=HandleLoadSnapshotCount",
                             "kafka.server:type=KafkaServer,name=linux-disk-read-bytes",
                             "kafka.server:type=ControllerServer,name=linux-disk-write-bytes"}) {
        EXPECT_EQ(name_all(name, BeanKind::kGauge)[0].type, MetricType::kCounter) << name;
    }
    EXPECT_THAT(counters("java.lang:type=ClassLoading",
                         {{"TotalLoadedClassCount"}, {"LoadedClassCount"}, {"UnloadedClassCount"}}),
                ElementsAre("TotalLoadedClassCount", "UnloadedClassCount"));
    EXPECT_THAT(
        counters("java.lang:type=OperatingSystem", {{"TotalMemorySize"}, {"ProcessCpuTime"}}),
        ElementsAre("ProcessCpuTime"));
}

TEST(NamerTest, JoinsBrokerHostAndPort) {
    EXPECT_THAT(
        names("kafka.server:type=FetcherStats,name=Lag,clientId=f-0,brokerHost=h,brokerPort=9",
              BeanKind::kGauge),
        ElementsAre("kafka_server_fetcherstats_lag{clientId=f-0,broker=h:9}"));
    EXPECT_THAT(
        names("kafka.server:type=FetcherLagMetrics,name=ConsumerLag,clientId=f,topic=t,partition=1",
              BeanKind::kGauge),
        ElementsAre("kafka_server_fetcherlagmetrics_consumerlag{clientId=f,topic=t,partition=1}"));
}

TEST(NamerTest, NamesTheJvmAsItsPrometheusCollectorsDo) {
    EXPECT_THAT(names("java.lang:type=Memory", BeanKind::kMBean,
                      {{"HeapMemoryUsage.used"}, {"NonHeapMemoryUsage.max"}, {"Verbose"}}),
                ElementsAre("jvm_memory_used_bytes{area=heap}",
                            "jvm_memory_max_bytes{area=nonheap}", "java_lang_memory_verbose"));
    const auto gc =
        name_all("java.lang:type=GarbageCollector,name=G1 Young Generation", BeanKind::kMBean,
                 {{"CollectionCount"}, {"CollectionTime"}, {"LastGcInfo.duration"}});
    EXPECT_EQ(text_of(gc[0]), "jvm_gc_collection_seconds_count{gc=G1 Young Generation}");
    EXPECT_EQ(text_of(gc[1]), "jvm_gc_collection_seconds_sum{gc=G1 Young Generation}");
    EXPECT_EQ(gc[1].rule, ValueRule::kScaled);
    EXPECT_EQ(gc[1].scale, 1e-3);
    EXPECT_EQ(text_of(gc[2]),
              "java_lang_garbagecollector_lastgcinfo_duration{name=G1 Young Generation}");
    EXPECT_THAT(names("java.nio:type=BufferPool,name=mapped - 'non-volatile memory'",
                      BeanKind::kMBean, {{"Count"}}),
                ElementsAre("jvm_buffer_pool_used_buffers{pool=mapped - 'non-volatile memory'}"));
    EXPECT_THAT(names("java.lang:type=Threading", BeanKind::kMBean,
                      {{"ThreadStates.TIMED_WAITING"}, {"DeadlockedThreadCount"}}),
                ElementsAre("jvm_threads_state{state=TIMED_WAITING}", "jvm_threads_deadlocked"));
}

// node_exporter shows our textfile beside its own process: it wants the same help, and other
// labels.
TEST(NamerTest, NamesTheProcessAsEveryPrometheusClientDoes) {
    const auto system = name_all("java.lang:type=OperatingSystem", BeanKind::kMBean,
                                 {{"ProcessCpuTime"},
                                  {"OpenFileDescriptorCount"},
                                  {"MaxFileDescriptorCount"},
                                  {"ResidentMemorySize"},
                                  {"CommittedVirtualMemorySize"},
                                  {"SystemCpuLoad"}});
    const auto start = name_all("java.lang:type=Runtime", BeanKind::kMBean, {{"StartTime"}});
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"process_cpu_seconds_total", "Total user and system CPU time spent in seconds."},
        {"process_open_fds", "Number of open file descriptors."},
        {"process_max_fds", "Maximum number of open file descriptors."},
        {"process_resident_memory_bytes", "Resident memory size in bytes."},
        {"process_virtual_memory_bytes", "Virtual memory size in bytes."}};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(text_of(system[i]), expected[i].first + "{process=kafka}");
        EXPECT_EQ(system[i].help, expected[i].second);
    }
    EXPECT_EQ(text_of(system[5]), "java_lang_operatingsystem_systemcpuload");
    EXPECT_EQ(text_of(start[0]), "process_start_time_seconds{process=kafka}");
    EXPECT_EQ(start[0].help, "Start time of the process since unix epoch in seconds.");
    EXPECT_EQ(start[0].scale, 1e-3);
}

TEST(NamerTest, NamesAMeterOfAShareByItsKind) {
    const std::string pool = "kafka.server:type=KafkaRequestHandlerPool,name=";
    const std::string name = "kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidle";
    const auto percent = names(pool + "BrokerRequestHandlerAvgIdlePercent", BeanKind::kMeter);
    EXPECT_EQ(percent.at(0), name + "percent_count") << "in nanoseconds";
    EXPECT_EQ(percent.at(2), name + "_percent");
    const auto ratio =
        name_all("kafka.server:type=Pool,name=BusyRatio,listener=A", BeanKind::kMeter);
    EXPECT_EQ(text_of(ratio.at(2)), "kafka_server_pool_busy_ratio{listener=A}");
    EXPECT_EQ(ratio.at(2).help,
              "Share of time, 0 to 1, over the last minute: JMX kafka.server:type=Pool,"
              "name=BusyRatio attribute OneMinuteRate");
}

TEST(NamerTest, NamesAnyOtherBeanByTheGeneralRule) {
    EXPECT_THAT(names("com.example:type=Pool,name=main pool,zone=\"a*b\"", BeanKind::kMBean,
                      {{"Busy"}, {"Usage.max"}, {"hits-total"}}),
                ElementsAre("com_example_pool_main_pool_busy{zone=a*b}",
                            "com_example_pool_main_pool_usage_max{zone=a*b}",
                            "com_example_pool_main_pool_hits_total{zone=a*b}"));
    EXPECT_THAT(names("9lives:kind=Cat", BeanKind::kMBean, {{"Left"}}),
                ElementsAre("_9lives_cat_left"));
}

TEST(NamerTest, MovesLabelsOutOfTheWayOfPrometheus) {
    EXPECT_THAT(names("a:type=T,job=j,instance=i,__x=1,quantile=0.5,a-b=1,a_b=2", BeanKind::kMBean,
                      {{"V"}}),
                ElementsAre("a_t_v{exported_job=j,exported_instance=i,_x=1,exported_quantile=0.5,"
                            "a_b=1,a_b_=2}"));
}

TEST(NamerTest, NeverMakesADoubleUnderscoreOutOfEqualKeys) {
    const auto series = name_all("a:type=T,+=1,-=2,*=3", BeanKind::kMBean, {{"V"}});
    EXPECT_EQ(text_of(series[0]), "a_t_v{_=1,_x_=2,_x__=3}");
}

TEST(NamerTest, NeverGivesTwoSlotsOfABeanTheSameSeries) {
    const auto series =
        name_all("a:type=T", BeanKind::kMBean, {{"a-b"}, {"a_b"}, {"A.B"}, {"a-b"}});
    std::set<std::string> seen;
    for (const Series& one : series) {
        EXPECT_TRUE(seen.insert(text_of(one)).second) << text_of(one);
        EXPECT_EQ(one.metric_family, "a_t_a_b");
    }
}

std::vector<std::string> units(std::string_view text, BeanKind kind, std::vector<Path> paths = {}) {
    std::vector<std::string> all;
    for (const Series& series : name_all(text, kind, std::move(paths))) {
        all.push_back(series.attribute + " " + series.unit);
    }
    return all;
}

TEST(UnitsTest, AYammerMetricHasTheUnitOfWhatItMeasures) {
    EXPECT_THAT(units("kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", BeanKind::kMeter),
                IsSupersetOf({"Count By", "OneMinuteRate By/s", "MeanRate By/s"}));
    EXPECT_THAT(
        units("kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec", BeanKind::kMeter),
        IsSupersetOf({"Count {message}", "OneMinuteRate {message}/s"}));
    EXPECT_THAT(units("kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
                      BeanKind::kMeter),
                IsSupersetOf({"Count ns", "OneMinuteRate 1"}));
    EXPECT_THAT(units("kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce",
                      BeanKind::kHistogram),
                IsSupersetOf({"Count ms", "Sum ms", "99thPercentile ms", "Max ms"}));
    EXPECT_THAT(units("kafka.controller:type=ControllerStats,name=LeaderElectionRateAndTimeMs",
                      BeanKind::kTimer),
                IsSupersetOf({"OneMinuteRate {election}/s", "99thPercentile ms"}));
    EXPECT_THAT(units("kafka.server:type=ReplicaManager,name=PartitionCount", BeanKind::kGauge),
                ElementsAre("Value {partition}"));
    EXPECT_THAT(units("kafka.log:type=Log,name=Size,topic=t,partition=0", BeanKind::kGauge),
                ElementsAre("Value By"));
}

TEST(UnitsTest, AnAttributeSaysItsUnit) {
    EXPECT_THAT(units("kafka.server:type=socket-server-metrics,listener=L", BeanKind::kMBean,
                      {{"connection-count"},
                       {"incoming-byte-rate"},
                       {"incoming-byte-total"},
                       {"request-rate"},
                       {"request-size-avg"},
                       {"io-time-ns-avg"},
                       {"io-wait-ratio"},
                       {"request-latency-max"},
                       {"running", ValueType::kBoolean}}),
                ElementsAre("connection-count {connection}", "incoming-byte-rate By/s",
                            "incoming-byte-total By", "request-rate {request}/s",
                            "request-size-avg By", "io-time-ns-avg ns", "io-wait-ratio 1",
                            "request-latency-max ms", "running {boolean}"));
    EXPECT_THAT(units("java.lang:type=OperatingSystem", BeanKind::kMBean,
                      {{"ProcessCpuTime"}, {"FreePhysicalMemorySize"}, {"ProcessCpuLoad"}}),
                ElementsAre("ProcessCpuTime s", "FreePhysicalMemorySize By", "ProcessCpuLoad 1"));
}

Series by_otel(std::string_view object_name, BeanKind kind, std::string_view attribute) {
    const std::vector<Path> paths = {{attribute}};
    for (Series& series : name_all(object_name, kind, paths)) {
        if (series.attribute == attribute) {
            name_by_otel(ObjectName::parse(object_name).value(), series);
            return series;
        }
    }
    return {};
}

TEST(OtelNamesTest, ConventionsWinWhereTheyHaveAName) {
    const Series bytes = by_otel("kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec",
                                 BeanKind::kMeter, "Count");
    EXPECT_EQ(text_of(bytes), "kafka.network.io{direction=out}");
    EXPECT_EQ(bytes.type, MetricType::kCounter);
    EXPECT_EQ(bytes.unit, "By");
    EXPECT_EQ(text_of(by_otel("kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce",
                              BeanKind::kHistogram, "99thPercentile")),
              "kafka.request.time.99p{type=Produce}");
    const Series threads = by_otel("java.lang:type=Threading", BeanKind::kMBean, "ThreadCount");
    EXPECT_EQ(text_of(threads), "jvm.thread.count");
    EXPECT_EQ(threads.type, MetricType::kUpDownCounter);
    EXPECT_EQ(text_of(by_otel("java.lang:name=G1 Old Gen,type=MemoryPool", BeanKind::kMBean,
                              "Usage.used")),
              "jvm.memory.used{jvm.memory.pool.name=G1 Old Gen,jvm.memory.type=heap}");
    const Series cpu =
        by_otel("java.lang:type=OperatingSystem", BeanKind::kMBean, "ProcessCpuTime");
    EXPECT_EQ(text_of(cpu), "jvm.cpu.time");
    EXPECT_EQ(cpu.scale, 1e-9);
}

TEST(OtelNamesTest, WhatNoConventionNamesKeepsItsName) {
    // By topic it would be counted twice beside the broker's own.
    EXPECT_EQ(text_of(by_otel("kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec,topic=t",
                              BeanKind::kMeter, "Count")),
              "kafka_server_brokertopicmetrics_bytesout_total{topic=t}");
    EXPECT_EQ(text_of(by_otel("kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec",
                              BeanKind::kMeter, "OneMinuteRate")),
              "kafka_server_brokertopicmetrics_bytesoutpersec_oneminuterate");
}

TEST(NamerTest, IsDeterministic) {
    const std::string_view bean = "kafka.server:type=Produce,user=u,client-id=c";
    EXPECT_EQ(names(bean, BeanKind::kMBean, {{"a-b"}, {"a_b"}}),
              names(bean, BeanKind::kMBean, {{"a-b"}, {"a_b"}}));
}

TEST(NamerTest, SurvivesHostileNames) {
    const std::string huge(3000, 'x');
    std::string text = "\xff\xfe d:type=\"a\\\"\\n\",name=" + huge + ",\x01=\x02,=1";
    EXPECT_THAT(Namer().name(Bean{}, {}), IsEmpty());
    std::string many = "d:type=T";
    for (int i = 0; i < 60; ++i) {
        many += ",k" + std::to_string(i) + "=v" + std::to_string(i);
    }
    const auto series = name_all(many, BeanKind::kMBean, {{"A"}});
    EXPECT_LE(series[0].labels.size(), 32U);
    EXPECT_EQ(series[0].labels.back().name, "other");
    EXPECT_THAT(series[0].labels.back().value, ::testing::HasSubstr("k59=v59"));
    const auto odd =
        name_all("\xff:type=\"\\n\",__=x," + huge + "=y", BeanKind::kMBean, {{"\x80"}, {""}});
    EXPECT_EQ(odd[0].name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string::npos);
    EXPECT_NE(text_of(odd[0]), text_of(odd[1]));
}

}  // namespace
}  // namespace remora
