#include "sample/siblings.h"

#include <array>

#include "base/grow.h"
#include "base/hash.h"

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

// Keys of groups and replicas; 0: none.
struct Place {
    std::uint64_t tells = 0;    // the group whose sentinel the unit is
    std::uint64_t listens = 0;  // the group whose sentinel tells for the unit
    std::uint64_t moves = 0;    // the replica whose leader has moved when the unit comes or goes
    std::uint64_t replica = 0;  // the replica that the unit tells of
    std::size_t seat = 0;       // its place in Replica
};

// What a broker says of a partition that it leads; of others 0.
constexpr std::array<std::string_view, 3> kOfLeader = {"InSyncReplicasCount", "ReplicasCount",
                                                       "UnderReplicated"};

// The key of what is alike in the value of a property; 0 when the name has none.
std::uint64_t key_of(std::string_view kind, std::string_view name, std::string_view property_key) {
    const std::string_view value = property(name, property_key);
    return value.empty() ? 0 : hash_64(value, hash_64(kind));
}

std::uint64_t replica_of(std::string_view bean) {
    return hash_64(property(bean, "partition"),
                   hash_64("replica", hash_64(property(bean, "topic"))));
}

Place place_of_server(std::string_view bean, std::string_view name) {
    if (name == "MessagesInPerSec") {
        return {.tells = key_of("topic", bean, "topic")};
    }
    // Replicas fall behind and catch up rarely, but then hundreds of units change; these counts are
    // alerts, read at every base interval.
    if (name == "UnderReplicatedPartitions") {
        return {.tells = hash_64("isr")};
    }
    if (name == "UnderMinIsrPartitionCount") {
        return {.tells = hash_64("min isr")};
    }
    // A follower has one for each partition that it fetches.
    if (name == "ConsumerLag" && property(bean, "type") == "FetcherLagMetrics") {
        return {.moves = replica_of(bean)};
    }
    return {};
}

Place place_of_partition(std::string_view bean, std::string_view name) {
    Place place;
    if (name == "UnderMinIsr") {
        place.listens = hash_64("min isr");
    } else if (name == "InSyncReplicasCount" || name == "UnderReplicated" || name == "AtMinIsr") {
        place.listens = hash_64("isr");
    }
    for (; place.seat < kOfLeader.size(); ++place.seat) {
        if (name == kOfLeader[place.seat]) {
            place.replica = replica_of(bean);
            break;
        }
    }
    return place;
}

Place place_of_log(std::string_view bean, std::string_view name) {
    if (name != "LogEndOffset" && name != "Size") {
        return {};
    }
    const std::uint64_t topic = key_of("topic", bean, "topic");
    const std::uint64_t log = hash_64(property(bean, "partition"), hash_64("log", topic));
    return name == "Size" ? Place{.listens = log} : Place{.tells = log, .listens = topic};
}

Place place_of_request(std::string_view bean, std::string_view name) {
    const std::uint64_t request = key_of("request", bean, "request");
    if (name == "RequestsPerSec") {
        return {.tells = request};
    }
    return name.ends_with("TimeMs") || name.ends_with("Bytes") ? Place{.listens = request}
                                                               : Place{};
}

Place place_of(std::string_view bean) {
    const std::string_view domain = bean.substr(0, bean.find(':'));
    const std::string_view name = property(bean, "name");
    if (domain == "kafka.server") {
        return place_of_server(bean, name);
    }
    if (domain == "kafka.cluster" && property(bean, "type") == "Partition") {
        return place_of_partition(bean, name);
    }
    if (domain == "kafka.log") {
        return place_of_log(bean, name);
    }
    if (domain == "kafka.network" && property(bean, "type") == "RequestMetrics") {
        return place_of_request(bean, name);
    }
    return {};
}

}  // namespace

std::uint32_t Siblings::find(std::uint64_t key) const {
    const auto found = places_.find(key);
    return found == places_.end() ? kNoGroup : found->second;
}

std::uint32_t Siblings::find_or_make(std::uint64_t key) {
    const auto [found, is_new] = places_.try_emplace(key, kNoGroup);
    if (is_new) {
        if (free_places_.empty()) {
            free_places_.push_back(static_cast<std::uint32_t>(groups_.size()));
            append(groups_, Group{});
        }
        found->second = free_places_.back();
        free_places_.pop_back();
        groups_[found->second].key = key;
    }
    return found->second;
}

void Siblings::drop_if_empty(std::uint32_t place) {
    Group& group = groups_[place];
    if (group.sentinel == kNoUnit && group.listeners == 0) {
        places_.erase(group.key);
        group = Group{};
        free_places_.push_back(place);
    }
}

void Siblings::set_sentinel(std::uint32_t place, UnitId sentinel) {
    Group& group = groups_[place];
    group.sentinel = sentinel;
    std::erase_if(group.units, [&](UnitId unit) { return heard_[unit] != place; });
    for (const UnitId unit : group.units) {
        sampler_.set_sentinel(unit, sentinel);
    }
}

void Siblings::stir(std::uint64_t replica) {
    const auto found = replicas_.find(replica);
    if (found == replicas_.end()) {
        return;
    }
    for (const UnitId unit : found->second) {
        if (unit != kNoUnit) {
            sampler_.stir(unit);
        }
    }
}

void Siblings::add(UnitId unit, std::string_view name) {
    const Place place = place_of(name);
    if (place.moves != 0) {
        stir(place.moves);
    }
    if (place.replica != 0) {
        replicas_.try_emplace(place.replica, kNobody).first->second[place.seat] = unit;
    }
    if (place.tells != 0) {
        const std::uint32_t told = find_or_make(place.tells);
        // Of several, such as the versions of a request, the first.
        if (groups_[told].sentinel == kNoUnit) {
            set_sentinel(told, unit);
        }
    }
    if (place.listens != 0) {
        if (unit >= heard_.size()) {
            make_room(heard_, unit + 1);
            heard_.resize(unit + 1, kNoGroup);
        }
        const std::uint32_t heard = find_or_make(place.listens);
        Group& group = groups_[heard];
        heard_[unit] = heard;
        group.units.push_back(unit);
        ++group.listeners;
        sampler_.set_sentinel(unit, group.sentinel);
    }
}

void Siblings::remove(UnitId unit, std::string_view name) {
    const Place place = place_of(name);
    if (place.moves != 0) {
        stir(place.moves);
    }
    const auto replica = place.replica == 0 ? replicas_.end() : replicas_.find(place.replica);
    if (replica != replicas_.end() && replica->second[place.seat] == unit) {
        replica->second[place.seat] = kNoUnit;
        if (replica->second == kNobody) {
            replicas_.erase(replica);
        }
    }
    const std::uint32_t told = place.tells == 0 ? kNoGroup : find(place.tells);
    if (told != kNoGroup && groups_[told].sentinel == unit) {
        set_sentinel(told, kNoUnit);
        drop_if_empty(told);
    }
    const std::uint32_t heard = unit < heard_.size() ? heard_[unit] : kNoGroup;
    if (heard == kNoGroup) {
        return;
    }
    heard_[unit] = kNoGroup;
    Group& group = groups_[heard];
    --group.listeners;
    if (group.units.size() > 2UL * group.listeners + 8) {
        std::erase_if(group.units, [&](UnitId other) { return heard_[other] != heard; });
    }
    drop_if_empty(heard);
}

}  // namespace remora
