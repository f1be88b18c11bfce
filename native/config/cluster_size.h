// What a broker's number of partitions chooses where the operator does not.
#pragma once

#include <cstdint>
#include <optional>

#include "config/config.h"

namespace remora {

struct ClusterRow {
    ClusterSize size = ClusterSize::kSmall;
    std::uint32_t partitions_max = 0;  // of a broker of this size
    std::int64_t base_interval_ms = 0;
    std::uint32_t partition_sample = 0;  // 0: all
};

// The row of a size; of kAuto the smallest.
const ClusterRow& cluster_row(ClusterSize size);

// The size that holds so many partitions.
ClusterSize cluster_size_of(std::uint32_t partitions);

// Follows the number of partitions without following every wave of it: a size counts once it has
// held for a minute, and a smaller one only from a fifth below its limit.
//
// Thread safety: one thread.
class ClusterSizeWatch {
 public:
    // The size from now on, when it changed. `now_ns`: monotonic.
    std::optional<ClusterSize> update(std::uint32_t partitions, std::int64_t now_ns);

 private:
    ClusterSize size_ = ClusterSize::kSmall;
    ClusterSize candidate_ = ClusterSize::kSmall;
    std::int64_t since_ns_ = 0;  // of the candidate
};

}  // namespace remora
