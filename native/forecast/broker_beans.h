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

struct ClusterSize {
    std::uint32_t partitions = 0;
    std::uint32_t topics = 0;
    std::uint32_t brokers = 0;
    std::uint32_t replication_factor = 0;
};

// One broker, where everything is spread evenly; the fullest of them.
struct BrokerSize {
    std::uint32_t replicas = 0;  // partitions that it holds
    std::uint32_t followed = 0;  // of these it follows another broker
    std::uint32_t topics = 0;    // that it holds a partition of
};

BrokerSize broker_of(const ClusterSize& cluster);

// Beans of a broker, made of a recorded list (see BeanList): what has no topic as it stands there,
// what has one once for each topic or replica. Thread safety: one thread.
class BrokerBeans {
 public:
    // kCorrupt names the line of `recorded` that is no bean.
    static Result<BrokerBeans> of(std::string_view recorded);
    BrokerBeans(BrokerBeans&&) = default;

    // Calls `add` with each bean, which is valid during the call only. Those of the broker come
    // first, then topic by topic.
    void for_each(const BrokerSize& size, const std::function<void(const Bean&)>& add) const;

 private:
    explicit BrokerBeans(BeanList list);

    BeanList list_;
    std::vector<const Bean*> of_broker_;
    std::vector<const Bean*> of_topic_;    // one of each family
    std::vector<const Bean*> of_replica_;  // the same
};

// What an idle broker of Kafka 3.5.0, which is a controller too, had registered: broker_beans.txt.
std::string_view recorded_broker_beans();

}  // namespace remora
