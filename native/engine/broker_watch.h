// The broker's own counts of partitions in trouble, and what is read when one of them changes.
#pragma once

#include "engine/unit_part.h"
#include "engine/wake_list.h"
#include "model/ids.h"
#include "visibility/visibility.h"

namespace remora {

// Example: UnderReplicatedPartitions goes from 0 to 1. It does not tell which partition that is, so
// the units of the partitions that do are read before the next tick.
//
// Thread safety: core thread only.
class BrokerWatch final : public UnitPart {
 public:
    // Both outlive the watch.
    BrokerWatch(const Visibility& visibility, WakeList& wakes)
        : visibility_(visibility), wakes_(wakes) {}

    void add(const Registration& registration) override;
    void remove(UnitId unit) override;

    // Whether `unit` is one of the counts. Called for every read: cheap.
    bool is_count(UnitId unit) const { return unit == under_replicated_ || unit == under_min_isr_; }
    // A count has another value than before.
    void count_changed() {
        visibility_.for_each_teller([this](UnitId unit) { wakes_.read_soon(unit); });
    }

 private:
    const Visibility& visibility_;
    WakeList& wakes_;
    UnitId under_replicated_ = kNoUnit;
    UnitId under_min_isr_ = kNoUnit;
};

}  // namespace remora
