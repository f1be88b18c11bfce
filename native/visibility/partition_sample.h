// Which partitions of each topic are shown: an evenly spread few, and those in trouble.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "cache/cache.h"
#include "model/ids.h"

namespace remora {

// Order of the partitions of a topic: the smallest ranks are shown. Neighbours in rank lie far
// apart in number (multiples of the golden ratio), and every start gives the same.
std::uint32_t partition_rank(std::string_view topic, std::uint32_t number);

// The number of a partition; of a text that is no number some number.
std::uint32_t partition_number(std::string_view partition);

// Thread safety: core thread only.
class PartitionSample {
 public:
    // Trouble counts for so long after it was last seen.
    static constexpr std::int64_t kTroubleHoldNs = 60 * kNanosPerSecond;

    struct Partition;

    // How many partitions of each topic are shown; takes effect with the next decide().
    void set_size(std::uint32_t partitions);

    // A unit of a partition. `is_sampled`: shown with the partition only. `signals_trouble`: above
    // 0 it is in trouble. The partition lives until its last unit is removed.
    Partition* add(UnitId unit, std::string_view topic, std::uint32_t number, bool is_sampled,
                   bool signals_trouble);
    void remove(UnitId unit, Partition* partition);

    // Calls `use(unit)` for every unit that signals trouble.
    template <typename Use>
    void for_each_teller(Use use) const {
        for (const auto& [name, topic] : topics_) {
            for (const std::unique_ptr<Partition>& partition : topic->partitions) {
                std::for_each(partition->tellers.begin(), partition->tellers.end(), use);
            }
        }
    }

    // Looks for trouble in the cached values.
    void look_for_trouble(const Cache& cache, std::int64_t now_ns);

    // Calls `change(unit, shown)` for the sampled units of partitions that came in, went out or got
    // another unit since the last call.
    template <typename Change>
    void decide(Change change);

    static bool is_shown(const Partition* partition) { return partition->is_shown; }

    struct Topic;
    struct Partition {
        Topic* topic = nullptr;
        std::uint32_t rank = 0;
        std::uint32_t number = 0;
        std::vector<UnitId> units;    // sampled
        std::vector<UnitId> tellers;  // of trouble
        std::int64_t trouble_until_ns = 0;
        bool is_in_trouble = false;
        bool is_shown = false;
        bool has_new = false;  // a unit came since the last decide()
    };
    struct Topic {
        std::string name;
        std::vector<std::unique_ptr<Partition>> partitions;  // ascending by rank
        bool is_dirty = false;
    };

 private:
    void mark(Topic& topic);

    std::uint32_t size_ = 0;
    std::unordered_map<std::string, std::unique_ptr<Topic>> topics_;
    std::vector<Topic*> dirty_;
};

template <typename Change>
void PartitionSample::decide(Change change) {
    for (Topic* topic : dirty_) {
        topic->is_dirty = false;
        std::uint32_t left = size_;
        for (const std::unique_ptr<Partition>& partition : topic->partitions) {
            // A partition of which nothing is sampled takes no place.
            const bool is_chosen = left > 0 && !partition->units.empty();
            left -= is_chosen ? 1 : 0;
            const bool shown = is_chosen || partition->is_in_trouble;
            if (shown != partition->is_shown || partition->has_new) {
                partition->is_shown = shown;
                partition->has_new = false;
                for (const UnitId unit : partition->units) {
                    change(unit, shown);
                }
            }
        }
    }
    dirty_.clear();
}

}  // namespace remora
