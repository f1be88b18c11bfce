#include "sample/siblings.h"

namespace remora {
namespace {

// The value of a key property, as registered; empty when there is none.
std::string_view property(std::string_view name, std::string_view key) {
    for (std::size_t at = name.find(':'); at != std::string_view::npos; at = name.find(',', at)) {
        ++at;
        const std::string_view rest = name.substr(at);
        if (rest.size() > key.size() && rest.substr(0, key.size()) == key &&
            rest[key.size()] == '=') {
            const std::string_view value = rest.substr(key.size() + 1);
            return value.substr(0, value.find(','));
        }
    }
    return {};
}

struct Place {
    std::string tells;    // the group whose sentinel the unit is; empty: none
    std::string listens;  // the group whose sentinel tells for the unit; empty: none
};

std::string key_of(char kind, std::string_view name, std::string_view key) {
    const std::string_view value = property(name, key);
    return value.empty() ? std::string() : std::string(1, kind).append(value);
}

Place place_of(std::string_view bean) {
    const std::string_view domain = bean.substr(0, bean.find(':'));
    const std::string_view name = property(bean, "name");
    if (domain == "kafka.server" && name == "MessagesInPerSec") {
        return {key_of('t', bean, "topic"), {}};
    }
    // Replicas fall behind and catch up rarely, but then hundreds of units change; the count is an
    // alert, read at every base interval.
    if (domain == "kafka.server" && name == "UnderReplicatedPartitions") {
        return {"isr", {}};
    }
    if (domain == "kafka.cluster" && property(bean, "type") == "Partition" &&
        (name == "UnderReplicated" || name == "InSyncReplicasCount" || name == "ReplicasCount" ||
         name == "UnderMinIsr" || name == "AtMinIsr")) {
        return {{}, "isr"};
    }
    if (domain == "kafka.log" && (name == "LogEndOffset" || name == "Size")) {
        const std::string topic = key_of('t', bean, "topic");
        const std::string log = 'p' + topic + '/' + std::string(property(bean, "partition"));
        return name == "Size" ? Place{{}, log} : Place{log, topic};
    }
    if (domain == "kafka.network" && property(bean, "type") == "RequestMetrics") {
        const std::string request = key_of('r', bean, "request");
        if (name == "RequestsPerSec") {
            return {request, {}};
        }
        if (name.ends_with("TimeMs") || name.ends_with("Bytes")) {
            return {{}, request};
        }
    }
    return {};
}

}  // namespace

void Siblings::add(UnitId unit, std::string_view name) {
    const Place place = place_of(name);
    if (!place.tells.empty()) {
        Group& group = groups_[place.tells];
        // Of several, such as the versions of a request, the first.
        if (group.sentinel == kNoUnit) {
            group.sentinel = unit;
            for (const UnitId other : group.units) {
                sampler_.set_sentinel(other, unit);
            }
        }
    }
    if (!place.listens.empty()) {
        Group& group = groups_[place.listens];
        group.units.insert(unit);
        sampler_.set_sentinel(unit, group.sentinel);
    }
}

void Siblings::remove(UnitId unit, std::string_view name) {
    const Place place = place_of(name);
    const auto drop_if_empty = [this](auto found) {
        if (found->second.sentinel == kNoUnit && found->second.units.empty()) {
            groups_.erase(found);
        }
    };
    const auto told = groups_.find(place.tells);
    if (told != groups_.end() && told->second.sentinel == unit) {
        told->second.sentinel = kNoUnit;
        for (const UnitId other : told->second.units) {
            sampler_.set_sentinel(other, kNoUnit);
        }
        drop_if_empty(told);
    }
    const auto heard = groups_.find(place.listens);
    if (heard != groups_.end()) {
        heard->second.units.erase(unit);
        drop_if_empty(heard);
    }
}

}  // namespace remora
