#include "engine/broker_watch.h"

#include "kafka/beans.h"

namespace remora {
void BrokerWatch::add(const Registration& registration) {
    const std::string_view name = registration.name.get().text();
    if (name == kUnderReplicatedPartitions) {
        under_replicated_ = registration.unit;
    } else if (name == kUnderMinIsrPartitions) {
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
