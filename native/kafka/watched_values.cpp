#include "kafka/watched_values.h"

#include <array>

namespace remora {
namespace {

constexpr auto kWatched = std::to_array<WatchedValue>({
    // Health.
    {"under_replicated", "kafka.server", "ReplicaManager", "UnderReplicatedPartitions", "Value"},
    {"under_min_isr", "kafka.server", "ReplicaManager", "UnderMinIsrPartitionCount", "Value"},
    {"at_min_isr", "kafka.server", "ReplicaManager", "AtMinIsrPartitionCount", "Value"},
    {"offline_replicas", "kafka.server", "ReplicaManager", "OfflineReplicaCount", "Value"},
    {"reassigning", "kafka.server", "ReplicaManager", "ReassigningPartitions", "Value"},
    {"partitions", "kafka.server", "ReplicaManager", "PartitionCount", "Value"},
    {"leaders", "kafka.server", "ReplicaManager", "LeaderCount", "Value"},
    {"isr_shrinks", "kafka.server", "ReplicaManager", "IsrShrinksPerSec", "Count"},
    {"fetcher_failed", "kafka.server", "ReplicaFetcherManager", "FailedPartitionsCount", "Value",
     "*"},
    {"fetcher_dead", "kafka.server", "ReplicaFetcherManager", "DeadThreadCount", "Value", "*"},
    {"fetcher_lag", "kafka.server", "ReplicaFetcherManager", "MaxLag", "Value", "*"},
    {"offline_partitions", "kafka.controller", "KafkaController", "OfflinePartitionsCount",
     "Value"},
    {"active_controller", "kafka.controller", "KafkaController", "ActiveControllerCount", "Value"},
    {"fenced_brokers", "kafka.controller", "KafkaController", "FencedBrokerCount", "Value"},
    {"metadata_errors", "kafka.controller", "KafkaController", "MetadataErrorCount", "Value"},
    {"unclean_elections", "kafka.controller", "ControllerStats", "UncleanLeaderElectionsPerSec",
     "Count"},
    {"offline_log_dirs", "kafka.log", "LogManager", "OfflineLogDirectoryCount", "Value"},
    {"logs_to_recover", "kafka.log", "LogManager", "remainingLogsToRecover", "Value", "*"},
    {"cleaner_dead", "kafka.log", "LogCleaner", "DeadThreadCount", "Value"},
    {"broker_state", "kafka.server", "KafkaServer", "BrokerState", "Value"},
    // Throughput.
    {"messages_in", "kafka.server", "BrokerTopicMetrics", "MessagesInPerSec", "Count"},
    {"bytes_in", "kafka.server", "BrokerTopicMetrics", "BytesInPerSec", "Count"},
    {"bytes_out", "kafka.server", "BrokerTopicMetrics", "BytesOutPerSec", "Count"},
    {"replication_in", "kafka.server", "BrokerTopicMetrics", "ReplicationBytesInPerSec", "Count"},
    {"replication_out", "kafka.server", "BrokerTopicMetrics", "ReplicationBytesOutPerSec", "Count"},
    {"produce_requests", "kafka.server", "BrokerTopicMetrics", "TotalProduceRequestsPerSec",
     "Count"},
    {"fetch_requests", "kafka.server", "BrokerTopicMetrics", "TotalFetchRequestsPerSec", "Count"},
    {"failed_produce", "kafka.server", "BrokerTopicMetrics", "FailedProduceRequestsPerSec",
     "Count"},
    {"failed_fetch", "kafka.server", "BrokerTopicMetrics", "FailedFetchRequestsPerSec", "Count"},
    // Requests.
    {"request_count", "kafka.network", "RequestMetrics", "TotalTimeMs", "Count", "request"},
    {"request_p99", "kafka.network", "RequestMetrics", "TotalTimeMs", "99thPercentile", "request"},
    // Saturation. Where the broker has a pool of its own (Kafka 4.3), that one is meant.
    {"handlers_idle", "kafka.server", "KafkaRequestHandlerPool", "RequestHandlerAvgIdlePercent",
     "OneMinuteRate"},
    {"broker_handlers_idle", "kafka.server", "KafkaRequestHandlerPool",
     "BrokerRequestHandlerAvgIdlePercent", "OneMinuteRate"},
    {"network_idle", "kafka.network", "SocketServer", "NetworkProcessorAvgIdlePercent", "Value"},
    {"request_queue", "kafka.network", "RequestChannel", "RequestQueueSize", "Value"},
    {"response_queue", "kafka.network", "RequestChannel", "ResponseQueueSize", "Value"},
    {"purgatory", "kafka.server", "DelayedOperationPurgatory", "PurgatorySize", "Value",
     "delayedOperation"},
    {"connections", "kafka.server", "socket-server-metrics", "", "connection-count", "*"},
    {"flush_p99", "kafka.log", "LogFlushStats", "LogFlushRateAndTimeMs", "99thPercentile"},
    // The JVM.
    {"heap_used", "java.lang", "Memory", "", "HeapMemoryUsage.used"},
    {"heap_max", "java.lang", "Memory", "", "HeapMemoryUsage.max"},
    {"gc_count", "java.lang", "GarbageCollector", "", "CollectionCount", "*"},
    {"gc_ms", "java.lang", "GarbageCollector", "", "CollectionTime", "*"},
    {"cpu_ns", "java.lang", "OperatingSystem", "", "ProcessCpuTime"},
    {"open_files", "java.lang", "OperatingSystem", "", "OpenFileDescriptorCount"},
    {"max_files", "java.lang", "OperatingSystem", "", "MaxFileDescriptorCount"},
    {"resident", "java.lang", "OperatingSystem", "", "ResidentMemorySize"},
    {"processors", "java.lang", "OperatingSystem", "", "AvailableProcessors"},
    {"threads", "java.lang", "Threading", "", "ThreadCount"},
    {"deadlocked", "java.lang", "Threading", "", "DeadlockedThreadCount"},
});

}  // namespace

std::span<const WatchedValue> watched_values() {
    return kWatched;
}

}  // namespace remora
