#include "visibility/partition_sample.h"

#include <algorithm>
#include <charconv>

#include "base/hash.h"

namespace remora {

std::uint32_t partition_rank(std::string_view topic, std::uint32_t number) {
    return (fnv1_32(topic) + number) * 0x9E3779B9U;
}

std::uint32_t partition_number(std::string_view partition) {
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(partition.data(), partition.data() + partition.size(), number);
    const bool is_number = error == std::errc() && end == partition.data() + partition.size();
    return is_number ? number : fnv1_32(partition);
}

void PartitionSample::set_size(std::uint32_t partitions) {
    if (partitions == size_) {
        return;
    }
    size_ = partitions;
    for (const auto& [name, topic] : topics_) {
        mark(*topic);
    }
}

void PartitionSample::mark(Topic& topic) {
    if (!topic.is_dirty) {
        topic.is_dirty = true;
        dirty_.push_back(&topic);
    }
}

PartitionSample::Partition* PartitionSample::add(UnitId unit, std::string_view topic_name,
                                                 std::uint32_t number, bool is_sampled,
                                                 bool signals_trouble) {
    std::unique_ptr<Topic>& topic = topics_[std::string(topic_name)];
    if (topic == nullptr) {
        topic = std::make_unique<Topic>();
        topic->name = topic_name;
        dirty_.reserve(topics_.size());  // a tick may find trouble in every topic
    }
    const std::uint32_t rank = partition_rank(topic_name, number);
    auto place = std::lower_bound(
        topic->partitions.begin(), topic->partitions.end(), rank,
        [](const auto& partition, std::uint32_t wanted) { return partition->rank < wanted; });
    // Ranks of different numbers differ: the factor is odd.
    if (place == topic->partitions.end() || (*place)->rank != rank) {
        auto fresh = std::make_unique<Partition>();
        fresh->topic = topic.get();
        fresh->rank = rank;
        fresh->number = number;
        place = topic->partitions.insert(place, std::move(fresh));
    }
    Partition& partition = **place;
    if (is_sampled) {
        partition.units.push_back(unit);
        partition.has_new = true;
    }
    if (signals_trouble) {
        partition.tellers.push_back(unit);
    }
    mark(*topic);
    return &partition;
}

void PartitionSample::remove(UnitId unit, Partition* partition) {
    const auto drop = [unit](std::vector<UnitId>& units) {
        units.erase(std::remove(units.begin(), units.end(), unit), units.end());
    };
    drop(partition->units);
    drop(partition->tellers);
    Topic& topic = *partition->topic;
    mark(topic);
    if (!partition->units.empty() || !partition->tellers.empty()) {
        return;
    }
    std::erase_if(topic.partitions, [partition](const auto& it) { return it.get() == partition; });
    if (topic.partitions.empty()) {
        std::erase(dirty_, &topic);
        topics_.erase(std::string(topic.name));
    }
}

void PartitionSample::look_for_trouble(const Cache& cache, std::int64_t now_ns) {
    for (const auto& [name, topic] : topics_) {
        for (const std::unique_ptr<Partition>& partition : topic->partitions) {
            for (const UnitId unit : partition->tellers) {
                const double* values = cache.values(unit);
                if (values != nullptr && values[0] > 0) {
                    partition->trouble_until_ns = now_ns + kTroubleHoldNs;
                }
            }
            const bool in_trouble = partition->trouble_until_ns > now_ns;
            if (in_trouble != partition->is_in_trouble) {
                partition->is_in_trouble = in_trouble;
                mark(*topic);
            }
        }
    }
}

}  // namespace remora
