#include "forecast/broker_beans.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/formatted.h"
#include "model/name_values.h"

namespace remora {
namespace {

// What a broker has of a partition that another one leads. The recorded broker led all of its own.
constexpr std::string_view kFollowed =
    "kafka.server:type=FetcherLagMetrics,name=ConsumerLag,clientId=ReplicaFetcherThread-0-2,"
    "topic=t,partition=0";

std::uint64_t divided_rounded_up(std::uint64_t value, std::uint64_t by) {
    return (value + by - 1) / by;
}

// Calls `add` with the bean of another topic and, where it has one, another partition.
void add_renamed(const Bean& example, std::string_view topic, std::uint32_t partition,
                 const std::function<void(const Bean&)>& add) {
    const std::string number = std::to_string(partition);
    const std::string text = with_values(example.name, [&](const KeyProperty& property) {
        return property.key == "topic"       ? topic
               : property.key == "partition" ? std::string_view(number)
                                             : property.value;
    });
    Result<ObjectName> name = ObjectName::parse(text);
    if (name) {
        add(Bean{example.kind, std::move(name).value(), example.attributes});
    }
}

}  // namespace

BrokerSize fullest_broker(const ClusterSize& cluster) {
    const std::uint64_t replicas = divided_rounded_up(
        std::uint64_t{cluster.partitions} * cluster.replication_factor, cluster.brokers);
    const std::uint64_t led = cluster.partitions / cluster.brokers;
    BrokerSize size;
    size.replicas = static_cast<std::uint32_t>(replicas);
    size.followed = static_cast<std::uint32_t>(replicas - std::min(replicas, led));
    size.topics = std::min(cluster.topics, size.replicas);
    if (cluster.replication_factor == 1) {
        size.followed = 0;  // whatever the two divisions left over
    }
    return size;
}

BrokerBeans::BrokerBeans(BeanList list) : list_(std::move(list)) {
    std::set<std::string> seen;
    for (const Bean& bean : list_.beans()) {
        if (!bean.name.has("topic")) {
            of_broker_.push_back(&bean);
        } else if (seen.insert(family_name(bean.name)).second) {
            (bean.name.has("partition") ? of_replica_ : of_topic_).push_back(&bean);
        }
    }
}

Result<BrokerBeans> BrokerBeans::parse(std::string_view recorded) {
    Result<BeanList> list = BeanList::parse(recorded);
    if (!list) {
        return list.status();
    }
    return BrokerBeans(std::move(list).value());
}

void BrokerBeans::for_each(const BrokerSize& size,
                           const std::function<void(const Bean&)>& add) const {
    for (const Bean* bean : of_broker_) {
        add(*bean);
    }
    Bean followed;
    followed.kind = BeanKind::kGauge;
    followed.name = ObjectName::parse(kFollowed).value();
    std::uint32_t done = 0;
    for (std::uint32_t t = 0; t < size.topics; ++t) {
        const std::string topic = formatted("topic-%04u", t);
        for (const Bean* bean : of_topic_) {
            add_renamed(*bean, topic, 0, add);
        }
        const auto until =
            static_cast<std::uint32_t>(std::uint64_t{size.replicas} * (t + 1) / size.topics);
        for (std::uint32_t partition = 0; done < until; ++done, ++partition) {
            for (const Bean* bean : of_replica_) {
                add_renamed(*bean, topic, partition, add);
            }
            // The followed ones are spread over all topics, as leaders are.
            if (std::uint64_t{done} * size.followed / size.replicas !=
                (std::uint64_t{done} + 1) * size.followed / size.replicas) {
                add_renamed(followed, topic, partition, add);
            }
        }
    }
}

}  // namespace remora
