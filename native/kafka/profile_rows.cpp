#include "kafka/profile_rows.h"

#include <array>

namespace remora {
namespace {

constexpr Importance kLow = Importance::kLow;
constexpr Importance kNormal = Importance::kNormal;
constexpr Importance kHigh = Importance::kHigh;
constexpr Importance kAlert = Importance::kAlert;

// domain, type, names, importance, minimal, per topic, kinds, attributes. The first row that
// fits decides.
constexpr auto kRows = std::to_array<ProfileRow>({
    // Replication. The gauges of ReplicaManager walk every partition; the alerts are worth it.
    {"kafka.server", "ReplicaManager",
     "UnderReplicatedPartitions UnderMinIsrPartitionCount OfflineReplicaCount", kAlert, true},
    {"kafka.server", "ReplicaManager",
     "PartitionCount LeaderCount IsrShrinksPerSec IsrExpandsPerSec", kNormal, true},
    {"kafka.server", "ReplicaManager",
     "AtMinIsrPartitionCount FailedIsrUpdatesPerSec ReassigningPartitions", kNormal},
    {"kafka.server", "ReplicaManager", "ProducerIdCount PartitionsWithLateTransactionsCount", kLow},
    {"kafka.server", "ReplicaFetcherManager", "FailedPartitionsCount DeadThreadCount", kAlert,
     true},
    {"kafka.server", "ReplicaFetcherManager", "MaxLag MinFetchRate", kNormal, true},
    {"kafka.server", "ReplicaAlterLogDirsManager", "FailedPartitionsCount DeadThreadCount", kAlert,
     true},
    {"kafka.server", "ReplicaAlterLogDirsManager", "MaxLag", kLow},
    {"kafka.server", "FetcherLagMetrics", "ConsumerLag", kLow},
    // Throughput.
    {"kafka.server", "BrokerTopicMetrics",
     "MessagesInPerSec BytesInPerSec BytesOutPerSec FailedProduceRequestsPerSec "
     "FailedFetchRequestsPerSec",
     kHigh, true, false},
    {"kafka.server", "BrokerTopicMetrics",
     "TotalProduceRequestsPerSec TotalFetchRequestsPerSec ReplicationBytesInPerSec "
     "ReplicationBytesOutPerSec",
     kHigh, true, false},
    {"kafka.server", "BrokerTopicMetrics", "*PerSec", kNormal},
    {"kafka.server", "BrokerTopicMetrics", "Remote*", kNormal},
    // Requests.
    {"kafka.network", "RequestMetrics", "RequestsPerSec ErrorsPerSec DeprecatedRequestsPerSec",
     kNormal},
    {"kafka.network", "RequestMetrics", "TotalTimeMs", kHigh, true, true,
     "Produce FetchConsumer FetchFollower"},
    // A broker knows a hundred kinds of requests; these are what clients and followers feel.
    {"kafka.network", "RequestMetrics", "TotalTimeMs", kNormal, false, true,
     "Fetch Metadata OffsetCommit JoinGroup Heartbeat ConsumerGroupHeartbeat ShareFetch "
     "AlterPartition"},
    {"kafka.network", "RequestMetrics",
     "RequestQueueTimeMs LocalTimeMs RemoteTimeMs ThrottleTimeMs ResponseQueueTimeMs "
     "ResponseSendTimeMs",
     kNormal, false, true, "Produce FetchConsumer FetchFollower"},
    {"kafka.network", "RequestMetrics", "RequestBytes", kLow, false, true,
     "Produce Fetch FetchConsumer FetchFollower"},
    {"kafka.network", "RequestMetrics", "TemporaryMemoryBytes MessageConversionsTimeMs", kLow,
     false, true, "Produce Fetch"},
    {"kafka.network", "RequestChannel", "RequestQueueSize", kHigh, true},
    {"kafka.network", "RequestChannel",
     "ResponseQueueSize ControlPlaneRequestQueueSize ControlPlaneResponseQueueSize", kNormal},
    {"kafka.network", "SocketServer", "NetworkProcessorAvgIdlePercent", kHigh, true},
    {"kafka.network", "SocketServer", "ControlPlaneNetworkProcessorAvgIdlePercent", kNormal},
    {"kafka.network", "SocketServer",
     "ExpiredConnectionsKilledCount ControlPlaneExpiredConnectionsKilledCount MemoryPoolAvailable "
     "MemoryPoolUsed",
     kLow},
    {"kafka.network", "Acceptor", "AcceptorBlockedPercent", kNormal},
    {"kafka.network", "Processor", "IdlePercent", kLow},
    // The broker's, the controller's (Kafka 4.3) and, before Kafka 4, the control plane's.
    {"kafka.server", "KafkaRequestHandlerPool", "*RequestHandlerAvgIdlePercent", kHigh, true},
    {"kafka.server", "socket-server-metrics", "", kNormal, false, true, "",
     "connection-count connection-creation-rate connection-creation-total connection-close-rate "
     "connection-close-total "
     "connection-accept-rate connection-accept-throttle-time ip-connection-accept-throttle-time "
     "failed-authentication-rate failed-authentication-total failed-reauthentication-total "
     "successful-authentication-total "
     "expired-connections-killed-count incoming-byte-total outgoing-byte-total request-total "
     "response-total MemoryPoolAvgDepletedPercent MemoryPoolDepletedTimeTotal"},
    // The purgatory sizes walk the purgatory's own locks; only the two that operators watch.
    {"kafka.server", "DelayedOperationPurgatory", "PurgatorySize NumDelayedOperations", kNormal,
     false, true, "Produce Fetch"},
    {"kafka.server", "FetchSessionCache",
     "NumIncrementalFetchSessions NumIncrementalFetchPartitionsCached "
     "IncrementalFetchSessionEvictionsPerSec",
     kNormal},
    {"kafka.server", "DelayedFetchMetrics DelayedShareFetchMetrics", "ExpiresPerSec", kLow},
    {"kafka.server", "DelayedProduceMetrics", "ExpiresPerSec", kNormal, false, false},
    // Quotas: unbounded by clients.
    {"kafka.server",
     "Produce Fetch Request LeaderReplication FollowerReplication ControllerMutation", "", kLow,
     false, true, "",
     "throttle-time byte-rate request-time tokens mutation-rate exempt-throttle-time "
     "exempt-request-time queue-size"},
    // Coordinators.
    {"kafka.server", "AddPartitionsToTxnManager", "VerificationFailureRate VerificationTimeMs",
     kNormal},
    {"kafka.server", "group-coordinator-metrics", "", kNormal},
    {"kafka.coordinator.group kafka.server", "GroupMetadataManager", "", kLow},
    {"kafka.server", "transaction-coordinator-metrics", "", kLow},
    {"kafka.coordinator.transaction kafka.server", "TransactionMarkerChannelManager", "", kLow},
    // Share groups (Kafka 4). Their histograms by partition are left out.
    {"kafka.server", "share-coordinator-metrics", "", kNormal, false, true, "",
     "num-partitions partition-load-time-avg partition-load-time-max write-rate write-total "
     "write-latency-avg write-latency-max event-queue-size event-queue-time-ms-p99 "
     "event-queue-time-ms-max event-processing-time-ms-p99 event-processing-time-ms-max "
     "thread-idle-ratio-avg"},
    {"kafka.server", "ShareGroupMetrics",
     "RecordAcknowledgementsPerSec PartitionLoadTimeMs TopicPartitionsAcquireTimeMs "
     "DeadLetterQueue*",
     kLow},
    {"kafka.server", "SharePartitionMetrics",
     "AcquisitionLockTimeoutPerSec InFlightMessageCount InFlightBatchCount", kLow},
    {"kafka.server", "ShareSessionCache", "", kNormal},
    {"kafka.server", "KafkaServer", "BrokerState yammer-metrics-count", kNormal, true},
    {"kafka.server", "KafkaServer ControllerServer",
     "linux-disk-read-bytes linux-disk-write-bytes yammer-metrics-count", kNormal},
    {"kafka.server", "node-metrics", "", kLow},
    // Under the domain of its class before Kafka 4.
    {"kafka.server org.apache.kafka.server", "AssignmentsManager", "QueuedReplicaToDirAssignments",
     kNormal},
    {"kafka.server", "ForwardingManager", "", kNormal},
    // Logs.
    {"kafka.log", "LogFlushStats", "LogFlushRateAndTimeMs", kNormal},
    {"kafka.log", "LogManager", "OfflineLogDirectoryCount LogDirectoryOffline", kAlert, true},
    {"kafka.log", "LogManager", "remainingLogsToRecover remainingSegmentsToRecover", kNormal},
    {"kafka.log", "LogCleaner", "DeadThreadCount", kAlert, true},
    {"kafka.log", "LogCleaner",
     "max-clean-time-secs max-compaction-delay-secs max-buffer-utilization-percent "
     "cleaner-recopy-percent",
     kLow},
    {"kafka.log", "LogCleanerManager",
     "max-dirty-percent time-since-last-run-ms uncleanable-partitions-count", kLow},
    {"kafka.log", "Log", "Size LogEndOffset LogStartOffset", kLow},
    {"kafka.cluster", "Partition", "UnderReplicated UnderMinIsr AtMinIsr LastStableOffsetLag",
     kLow},
    // Controller.
    {"kafka.controller", "KafkaController",
     "ActiveControllerCount OfflinePartitionsCount FencedBrokerCount MetadataErrorCount", kAlert,
     true},
    {"kafka.controller", "KafkaController",
     "ActiveBrokerCount GlobalTopicCount GlobalPartitionCount PreferredReplicaImbalanceCount",
     kNormal, true},
    {"kafka.controller", "KafkaController", "", kNormal},
    {"kafka.controller", "ControllerStats", "UncleanLeaderElectionsPerSec", kAlert, true},
    {"kafka.controller", "ControllerStats",
     "LeaderElectionRateAndTimeMs ElectionFromEligibleLeaderReplicasPerSec", kNormal},
    {"kafka.controller", "ControllerEventManager",
     "EventQueueTimeMs EventQueueProcessingTimeMs EventQueueSize AvgIdleRatio", kNormal},
    {"kafka.controller", "ControllerChannelManager",
     "RequestRateAndQueueTimeMs QueueSize TotalQueueSize", kLow},
    {"kafka.server", "raft-metrics", "", kNormal},
    {"kafka.server", "raft-channel-metrics", "", kNormal, false, true, "",
     "connection-count connection-creation-total connection-close-total "
     "failed-authentication-total incoming-byte-rate incoming-byte-total outgoing-byte-rate "
     "outgoing-byte-total request-rate request-total response-rate response-total"},
    {"kafka.server",
     "broker-metadata-metrics BrokerMetadataListener MetadataLoader SnapshotEmitter", "", kNormal},
    {"kafka.server", "SessionExpireListener ZooKeeperClientMetrics", "", kNormal},
    // Tiered storage.
    {"kafka.log.remote", "RemoteLogManager RemoteStorageThreadPool", "", kNormal},
    {"*kafka.storage.internals.log kafka.server",
     "RemoteLogManager RemoteStorageThreadPool DelayedRemoteFetchMetrics "
     "DelayedRemoteListOffsetsMetrics",
     "", kNormal},
    // The JVM. Runtime's properties are never read. The shim finds thread states, deadlocks and
    // resident memory itself (ProcessValues.java), more cheaply than the platform's beans do.
    {"java.lang", "Memory", "", kHigh, true, true, "", "HeapMemoryUsage.* NonHeapMemoryUsage.*"},
    {"java.lang", "GarbageCollector", "", kNormal, true, true, "",
     "CollectionCount CollectionTime"},
    {"java.lang", "MemoryPool", "", kNormal, false, true, "", "Usage.* CollectionUsage.used"},
    {"java.lang", "Threading", "", kNormal, true, true, "",
     "ThreadCount DaemonThreadCount PeakThreadCount TotalStartedThreadCount ThreadStates.* "
     "DeadlockedThreadCount"},
    // Not what describes the host: on JDK 17 each of CpuLoad, ProcessCpuLoad, FreeMemorySize and
    // TotalMemorySize reads cgroup files for 0.1 to 0.2 ms with 100 KB of garbage, and a CPU load
    // is a window since whoever read it last.
    {"java.lang", "OperatingSystem", "", kNormal, true, true, "",
     "OpenFileDescriptorCount MaxFileDescriptorCount ProcessCpuTime SystemLoadAverage "
     "AvailableProcessors CommittedVirtualMemorySize ResidentMemorySize"},
    {"java.lang", "Runtime", "", kLow, true, true, "", "Uptime StartTime"},
    {"java.lang", "ClassLoading", "", kLow, false, true, "",
     "LoadedClassCount TotalLoadedClassCount UnloadedClassCount"},
    {"java.nio", "BufferPool", "", kLow, false, true, "", "Count MemoryUsed TotalCapacity"},
});

}  // namespace

std::span<const ProfileRow> profile_rows() {
    return kRows;
}

}  // namespace remora
