// The beans that a broker of a given cluster has.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/bean.h"
#include "select/bean_list.h"

namespace remora {

// What a cluster has in all.
struct ClusterSize {
    std::uint32_t partitions = 0;
    std::uint32_t topics = 0;
    std::uint32_t brokers = 0;
    std::uint32_t replication_factor = 0;  // copies of each partition
};

// What one broker has.
struct BrokerSize {
    std::uint32_t replicas = 0;  // partitions of which it has a copy
    std::uint32_t followed = 0;  // of these, partitions that another broker leads
    std::uint32_t topics = 0;    // with a partition on this broker
};

// Returns what the fullest broker has when partitions and leaders are spread evenly. REQUIRES: at
// least one broker, and at most one copy of a partition on each.
BrokerSize fullest_broker(const ClusterSize& cluster);

// Makes the beans of a broker of any size from a recorded list (see BeanList). A bean without a
// topic is taken as it was recorded. One with a topic is made for every topic, one with a partition
// for every replica. Thread safety: one thread.
class BrokerBeans {
 public:
    // Returns kCorrupt with the line of `recorded` that is no bean.
    static Result<BrokerBeans> parse(std::string_view recorded);
    BrokerBeans(BrokerBeans&&) = default;

    // Calls `add` with each bean, which is valid during the call only: first those without a topic,
    // then topic by topic. `size`: as fullest_broker() returns it.
    void for_each(const BrokerSize& size, const std::function<void(const Bean&)>& add) const;

 private:
    explicit BrokerBeans(BeanList list);

    BeanList list_;
    std::vector<const Bean*> of_broker_;
    std::vector<const Bean*> of_topic_;    // one example of each family
    std::vector<const Bean*> of_replica_;  // one example of each family
};

// The text of broker_beans.txt: what an idle broker of Kafka 3.5.0 had registered, which was the
// controller too.
std::string_view recorded_broker_beans();

}  // namespace remora
