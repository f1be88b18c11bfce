// What is known of the names of a broker's beans: domains, keys, and the few beans with a meaning.
#pragma once

#include <array>
#include <string_view>

namespace remora {

// Globs of the domains that are collected where the configuration names none.
inline constexpr std::array<std::string_view, 4> kBrokerDomains = {"kafka.*", "org.apache.kafka.*",
                                                                   "java.lang", "java.nio"};

// Prefixes of the domains whose beans the shim offers unless its argument `domains` names more.
inline constexpr std::array<std::string_view, 4> kOfferedDomains = {"kafka.", "org.apache.kafka.",
                                                                    "java.lang", "java.nio"};

// A bean by its domain and the keys `type` and `name`.
struct NamedBean {
    std::string_view domain;
    std::string_view type;
    std::string_view name;
};

// Of each partition; a value above 0 says that the partition is in trouble.
inline constexpr std::array<NamedBean, 2> kTroubleTellers = {
    {{"kafka.cluster", "Partition", "UnderReplicated"},
     {"kafka.cluster", "Partition", "UnderMinIsr"}}};

// The broker's own numbers of partitions in trouble: when one changes, the tellers are read. Whole
// ObjectNames.
inline constexpr std::string_view kUnderReplicatedPartitions =
    "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions";
inline constexpr std::string_view kUnderMinIsrPartitions =
    "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount";

// Texts that are states, by the key `type` and the attribute: emitted as a label. Every other text
// is never read again after discovery.
struct StateText {
    std::string_view type;
    std::string_view path;
};
inline constexpr std::array<StateText, 2> kStateTexts = {
    {{"raft-metrics", "current-state"}, {"SessionExpireListener", "Value"}}};

// Keys that name a consumer group.
inline constexpr std::array<std::string_view, 4> kGroupKeys = {"group", "group-id", "groupId",
                                                               "consumer-group"};

// Keys that make a bean without a topic one of a client.
inline constexpr std::array<std::string_view, 7> kClientKeys = {
    "client-id", "user", "group", "group-id", "groupId", "consumer-group", "ip"};

// Keys whose values multiply beans of one kind without changing what a read costs: the beans that
// differ in these alone are a family.
inline constexpr std::array<std::string_view, 21> kFamilyKeys = {"topic",
                                                                 "partition",
                                                                 "client-id",
                                                                 "clientId",
                                                                 "user",
                                                                 "listener",
                                                                 "request",
                                                                 "networkProcessor",
                                                                 "version",
                                                                 "error",
                                                                 "brokerHost",
                                                                 "brokerPort",
                                                                 "brokerId",
                                                                 "logDirectory",
                                                                 "fetcherId",
                                                                 "node-id",
                                                                 "id",
                                                                 "groupId",
                                                                 "cipher",
                                                                 "protocol",
                                                                 "client-software-version"};

}  // namespace remora
