#include "forecast/measured.h"

#include <array>

namespace remora::measured {
namespace {

// Kafka 3.5.0, JDK 17, two cores, 2025-11-25 and 2026-11-28. Measured again by
//   scripts/bench costs --topics 1000 --show 400    the reads
//   scripts/bench plan                              all of it, held against what it predicts
//   scripts/bench encode                            formats against each other
constexpr auto kReads = std::to_array<Read>({
    // Walk every partition.
    {"kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount", 0, 420},
    {"kafka.server:type=ReplicaManager,name=PartitionsWithLateTransactionsCount", 0, 230},
    {"kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", 0, 130},
    {"kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount", 0, 130},
    {"kafka.server:type=ReplicaManager,name=ProducerIdCount", 0, 110},
    {"kafka.server:type=ReplicaManager,name=LeaderCount", 0, 100},
    {"kafka.server:type=ReplicaManager,name=ReassigningPartitions", 0, 50},
    {"kafka.server:type=ReplicaManager,name=OfflineReplicaCount", 0, 30},
    // Walks the fetches that wait, of which consumers and followers keep some for each partition.
    {"kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation=Fetch", 0,
     2'000},
    {"kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize", 27'000, 0},
    // Of the process.
    {"java.lang:type=Threading", 400'000, 0},
    {"java.lang:type=OperatingSystem", 60'000, 0},
    {"java.lang:name=G1 Young Generation,type=GarbageCollector", 140'000, 0},
    {"java.lang:", 12'000, 0},
    {"kafka.server:type=KafkaServer,name=linux-disk-", 65'000, 0},
    {"kafka.server:type=ControllerServer,name=linux-disk-", 65'000, 0},
    {"kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent", 37'000, 0},
    {"kafka.server:type=socket-server-metrics,listener=*,networkProcessor=*", 30'000, 0},
    // Histograms take a snapshot, meters are numbers.
    {"kafka.network:type=RequestMetrics,name=RequestsPerSec", 1'000, 0},
    {"kafka.network:type=RequestMetrics,name=ErrorsPerSec", 1'000, 0},
    {"kafka.network:type=RequestMetrics", 6'000, 0},
    {"kafka.server:type=BrokerTopicMetrics", 400, 0},
    // By partition: many, so that their code is warm.
    {"kafka.cluster:type=Partition,name=AtMinIsr", 600, 0},
    {"kafka.cluster:type=Partition,name=LastStableOffsetLag", 300, 0},
    {"kafka.cluster:type=Partition", 100, 0},
    {"kafka.log:type=Log,name=LogStartOffset", 100, 0},
    {"kafka.log:type=Log", 400, 0},
    {"kafka.server:type=FetcherLagMetrics", 100, 0},
    {"", 8'000, 0},
});
static_assert(kReads.back().family_begin.empty(), "every family finds a row");

constexpr std::array<std::string_view, 3> kMoving = {
    "kafka.log:type=Log,name=Size",
    "kafka.log:type=Log,name=LogEndOffset",
    "kafka.server:type=FetcherLagMetrics",
};

}  // namespace

std::span<const Read> reads() {
    return kReads;
}

std::span<const std::string_view> moving_families() {
    return kMoving;
}

double series_ns(OutputFormat format) {
    switch (format) {
        case OutputFormat::kPrometheus:
        case OutputFormat::kOpenMetrics:
            return 140;
        case OutputFormat::kNdjson:
        case OutputFormat::kOtlpJson:
            return 420;
        case OutputFormat::kInflux:
            return 160;
        case OutputFormat::kGraphite:
        case OutputFormat::kStatsd:
        case OutputFormat::kDogstatsd:
            return 150;
    }
    return 0;
}

Overhead overhead() {
    return {.second_ns = 75'000, .tick_ns = 1'500'000, .read_ns = 140, .value_ns = 60};
}

Memory memory() {
    return {.agent_bytes = 8e6, .unit_bytes = 300, .series_output_bytes = 100};
}

}  // namespace remora::measured
