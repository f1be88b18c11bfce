#include "engine/broker_watch.h"

namespace remora {
namespace {

constexpr const char* kUnderReplicated =
    "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions";
constexpr const char* kUnderMinIsr =
    "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount";

}  // namespace

void BrokerWatch::add(const Registration& registration) {
    if (registration.object_name == kUnderReplicated) {
        under_replicated_ = registration.unit;
    } else if (registration.object_name == kUnderMinIsr) {
        under_min_isr_ = registration.unit;
    }
}

void BrokerWatch::remove(UnitId unit) {
    if (unit == under_replicated_) {
        under_replicated_ = kNoUnit;
    }
    if (unit == under_min_isr_) {
        under_min_isr_ = kNoUnit;
    }
}

}  // namespace remora
