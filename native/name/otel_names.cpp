#include "name/otel_names.h"

#include <algorithm>
#include <array>
#include <string>

#include "model/object_name.h"

namespace remora {
namespace {

constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kUpDown = MetricType::kUpDownCounter;

// `bean` is the whole name, or all of it before the value of its last property when it ends in '='.
struct OtelName {
    std::string_view bean;
    std::string_view attribute;
    std::string_view name;
    MetricType type;
    std::string_view unit;
    std::string_view label = "";  // of the last property, or one beside the bean's own, with its
    std::string_view value = "";
};

constexpr std::string_view kTopics = "kafka.server:type=BrokerTopicMetrics,name=";

// Beans of BrokerTopicMetrics, whose names share their beginning.
struct TopicName {
    std::string_view bean;  // after kTopics
    std::string_view name;
    std::string_view unit;
    std::string_view label;
    std::string_view value;
};

constexpr std::array kTopicNames = {
    TopicName{"MessagesInPerSec", "kafka.message.count", "{message}", "", ""},
    TopicName{"TotalFetchRequestsPerSec", "kafka.request.count", "{request}", "type", "fetch"},
    TopicName{"TotalProduceRequestsPerSec", "kafka.request.count", "{request}", "type", "produce"},
    TopicName{"FailedFetchRequestsPerSec", "kafka.request.failed", "{request}", "type", "fetch"},
    TopicName{"FailedProduceRequestsPerSec", "kafka.request.failed", "{request}", "type",
              "produce"},
    TopicName{"BytesInPerSec", "kafka.network.io", "By", "direction", "in"},
    TopicName{"BytesOutPerSec", "kafka.network.io", "By", "direction", "out"},
};

constexpr std::string_view kTimes = "kafka.network:type=RequestMetrics,name=TotalTimeMs,request=";
constexpr std::string_view kPurgatory =
    "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation=";
constexpr std::string_view kFlush = "kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs";

constexpr std::array kNames = {
    OtelName{kTimes, "Sum", "kafka.request.time.total", kCounter, "ms", "type"},
    OtelName{kTimes, "50thPercentile", "kafka.request.time.50p", kGauge, "ms", "type"},
    OtelName{kTimes, "99thPercentile", "kafka.request.time.99p", kGauge, "ms", "type"},
    OtelName{"kafka.network:type=RequestChannel,name=RequestQueueSize", "Value",
             "kafka.request.queue", kUpDown, "{request}"},
    OtelName{kPurgatory, "Value", "kafka.purgatory.size", kUpDown, "{request}", "type"},
    OtelName{"kafka.server:type=ReplicaManager,name=PartitionCount", "Value",
             "kafka.partition.count", kUpDown, "{partition}"},
    OtelName{"kafka.controller:type=KafkaController,name=OfflinePartitionsCount", "Value",
             "kafka.partition.offline", kUpDown, "{partition}"},
    OtelName{"kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", "Value",
             "kafka.partition.underReplicated", kUpDown, "{partition}"},
    OtelName{"kafka.server:type=ReplicaManager,name=IsrShrinksPerSec", "Count",
             "kafka.isr.operation.count", kCounter, "{operation}", "operation", "shrink"},
    OtelName{"kafka.server:type=ReplicaManager,name=IsrExpandsPerSec", "Count",
             "kafka.isr.operation.count", kCounter, "{operation}", "operation", "expand"},
    OtelName{"kafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica", "Value",
             "kafka.lag.max", kGauge, "{message}"},
    OtelName{"kafka.controller:type=KafkaController,name=ActiveControllerCount", "Value",
             "kafka.controller.active.count", kUpDown, "{controller}"},
    OtelName{"kafka.controller:type=ControllerStats,name=LeaderElectionRateAndTimeMs", "Count",
             "kafka.leaderElection.count", kCounter, "{election}"},
    OtelName{"kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec", "Count",
             "kafka.leaderElection.unclean.count", kCounter, "{election}"},
    OtelName{kFlush, "Count", "kafka.logs.flush.count", kCounter, "{flush}"},
    OtelName{kFlush, "50thPercentile", "kafka.logs.flush.time.50p", kGauge, "ms"},
    OtelName{kFlush, "99thPercentile", "kafka.logs.flush.time.99p", kGauge, "ms"},
    OtelName{"kafka.server:type=ReplicaManager,name=LeaderCount", "Value", "kafka.leader.count",
             kUpDown, "{leader}"},
    OtelName{"java.lang:type=Threading", "ThreadCount", "jvm.thread.count", kUpDown, "{thread}"},
    OtelName{"java.lang:type=ClassLoading", "TotalLoadedClassCount", "jvm.class.loaded", kCounter,
             "{class}"},
    OtelName{"java.lang:type=ClassLoading", "UnloadedClassCount", "jvm.class.unloaded", kCounter,
             "{class}"},
    OtelName{"java.lang:type=ClassLoading", "LoadedClassCount", "jvm.class.count", kUpDown,
             "{class}"},
    OtelName{"java.lang:type=OperatingSystem", "ProcessCpuTime", "jvm.cpu.time", kCounter, "s"},
    OtelName{"java.lang:type=OperatingSystem", "AvailableProcessors", "jvm.cpu.count", kUpDown,
             "{cpu}"},
    OtelName{"java.lang:type=OperatingSystem", "ProcessCpuLoad", "jvm.cpu.recent_utilization",
             kGauge, "1"},
    OtelName{"java.lang:type=OperatingSystem", "SystemCpuLoad", "jvm.system.cpu.utilization",
             kGauge, "1"},
    OtelName{"java.lang:type=OperatingSystem", "SystemLoadAverage", "jvm.system.cpu.load_1m",
             kGauge, "{run_queue_item}"},
    OtelName{"java.lang:type=OperatingSystem", "OpenFileDescriptorCount",
             "jvm.file_descriptor.count", kUpDown, "{file_descriptor}"},
    OtelName{"java.lang:type=OperatingSystem", "MaxFileDescriptorCount",
             "jvm.file_descriptor.limit", kUpDown, "{file_descriptor}"},
};

// Of memory pools and of pools of buffers: the attribute, by the bean's type.
struct PoolName {
    std::string_view type;
    std::string_view attribute;
    std::string_view name;
    std::string_view unit;
};

constexpr std::array kPoolNames = {
    PoolName{"MemoryPool", "Usage.used", "jvm.memory.used", "By"},
    PoolName{"MemoryPool", "Usage.committed", "jvm.memory.committed", "By"},
    PoolName{"MemoryPool", "Usage.max", "jvm.memory.limit", "By"},
    PoolName{"MemoryPool", "Usage.init", "jvm.memory.init", "By"},
    PoolName{"MemoryPool", "CollectionUsage.used", "jvm.memory.used_after_last_gc", "By"},
    PoolName{"BufferPool", "MemoryUsed", "jvm.buffer.memory.used", "By"},
    PoolName{"BufferPool", "TotalCapacity", "jvm.buffer.memory.limit", "By"},
    PoolName{"BufferPool", "Count", "jvm.buffer.count", "{buffer}"},
};

void rename(Series& series, std::string_view name, MetricType type, std::string_view unit) {
    series.metric_family = name;
    series.name = name;
    series.type = type;
    series.unit = unit;
    // The resource tells whose process it is.
    std::erase_if(series.labels, [](const Label& label) {
        return label.name == "quantile" || label.name == "process";
    });
}

// "heap" or "non_heap", which the name of a pool of HotSpot's tells; empty for others.
std::string_view memory_type(std::string_view pool) {
    constexpr std::array<std::string_view, 7> kHeap = {"Eden",  "Survivor", "Old Gen",   "Tenured",
                                                       "ZHeap", "ZGC",      "Shenandoah"};
    constexpr std::array<std::string_view, 4> kOther = {"Metaspace", "Class Space", "CodeHeap",
                                                        "CodeCache"};
    const auto is_part = [pool](std::string_view part) {
        return pool.find(part) != std::string_view::npos;
    };
    if (std::any_of(kOther.begin(), kOther.end(), is_part)) {
        return "non_heap";
    }
    return std::any_of(kHeap.begin(), kHeap.end(), is_part) ? "heap" : "";
}

void name_pool(const ObjectName& bean, Series& series) {
    const std::string_view type = bean.get("type");
    const auto found = std::find_if(kPoolNames.begin(), kPoolNames.end(), [&](const PoolName& one) {
        return one.type == type && one.attribute == series.attribute;
    });
    if (found == kPoolNames.end()) {
        return;
    }
    const std::string pool = unquote(bean.get("name"));
    rename(series, found->name, kUpDown, found->unit);
    series.labels.clear();
    const bool is_memory = type == "MemoryPool";
    series.labels.push_back({is_memory ? "jvm.memory.pool.name" : "jvm.buffer.pool.name", pool});
    if (const std::string_view kind = memory_type(pool); is_memory && !kind.empty()) {
        series.labels.push_back({"jvm.memory.type", std::string(kind)});
    }
}

bool matches(const OtelName& one, std::string_view object_name, std::string_view attribute) {
    return one.attribute == attribute &&
           (one.bean.ends_with('=') ? object_name.starts_with(one.bean) : object_name == one.bean);
}

void name_topics(std::string_view bean, Series& series) {
    const auto found = std::find_if(kTopicNames.begin(), kTopicNames.end(),
                                    [bean](const TopicName& one) { return one.bean == bean; });
    if (found == kTopicNames.end() || series.attribute != "Count") {
        return;
    }
    rename(series, found->name, kCounter, found->unit);
    if (!found->label.empty()) {
        series.labels.push_back({std::string(found->label), std::string(found->value)});
    }
}

}  // namespace

void name_by_otel(const ObjectName& name, Series& series) {
    // JVMs differ in the order of a pool's properties.
    if (name.domain() == "java.nio" ||
        (name.domain() == "java.lang" && name.get("type") == "MemoryPool")) {
        name_pool(name, series);
        return;
    }
    const std::string_view object_name = name.text();
    if (object_name.starts_with(kTopics)) {
        name_topics(object_name.substr(kTopics.size()), series);
        return;
    }
    const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const OtelName& one) {
        return matches(one, object_name, series.attribute);
    });
    if (found == kNames.end()) {
        return;
    }
    rename(series, found->name, found->type, found->unit);
    if (found->bean.ends_with('=')) {
        series.labels = {
            {std::string(found->label), unquote(object_name.substr(found->bean.size()))}};
    } else if (!found->label.empty()) {
        series.labels.push_back({std::string(found->label), std::string(found->value)});
    }
}

}  // namespace remora
