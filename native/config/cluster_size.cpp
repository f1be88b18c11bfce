#include "config/cluster_size.h"

#include <array>

namespace remora {
namespace {

constexpr std::int64_t kHoldNs = 60'000'000'000;

constexpr std::array<ClusterRow, 4> kRows = {{
    {ClusterSize::kSmall, 2'000, 10'000, 0},
    {ClusterSize::kMedium, 5'000, 15'000, 8},
    {ClusterSize::kLarge, 10'000, 20'000, 4},
    {ClusterSize::kHuge, UINT32_MAX, 30'000, 2},
}};

ClusterSize size_of(std::uint32_t partitions, ClusterSize now) {
    for (const ClusterRow& row : kRows) {
        const bool is_smaller = row.size < now;
        if (partitions <= (is_smaller ? row.partitions_max / 5 * 4 : row.partitions_max)) {
            return row.size;
        }
    }
    return ClusterSize::kHuge;
}

}  // namespace

const ClusterRow& cluster_row(ClusterSize size) {
    for (const ClusterRow& row : kRows) {
        if (row.size == size) {
            return row;
        }
    }
    return kRows.front();
}

ClusterSize cluster_size_of(std::uint32_t partitions) {
    return size_of(partitions, ClusterSize::kSmall);
}

std::optional<ClusterSize> ClusterSizeWatch::update(std::uint32_t partitions, std::int64_t now_ns) {
    const ClusterSize fits = size_of(partitions, size_);
    if (fits != candidate_) {
        candidate_ = fits;
        since_ns_ = now_ns;
    }
    if (candidate_ == size_ || now_ns - since_ns_ < kHoldNs) {
        return std::nullopt;
    }
    size_ = candidate_;
    return size_;
}

}  // namespace remora
