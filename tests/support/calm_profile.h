// A profile in which no rule finds anything, for tests that make one thing of it bad.
#pragma once

#include <string>

#include "tune/profile.h"

namespace remora {

inline FamilyProfile calm_family(const std::string& name, UnitClass unit_class) {
    FamilyProfile family;
    family.name = name;
    family.unit_class = unit_class;
    family.units = 100;
    family.series = 200;
    family.unchanged = 20;
    family.series_before = 200;
    family.typical_us = 1;
    family.tail_us = 3;
    family.cpu_percent = 0.001;
    family.reads_per_s = 10;
    family.volatility = 1e-4;
    family.age_s = 5;
    return family;
}

// Of the built-in configuration: one output "file-0" in Prometheus text, base interval 10 s.
inline AgentProfile calm_profile() {
    AgentProfile profile;
    profile.window_s = 60;
    profile.known_s = 3'600;
    profile.growth_s = 1'800;
    profile.cpu_used_percent = 0.1;
    profile.ceiling_percent = 1;
    profile.tick_overhead_ms = 2;
    profile.base_interval_s = 10;
    profile.tick_interval_s = 10;
    profile.units = 400;
    profile.series = 20'000;
    profile.unchanged = 2'000;
    profile.families = {
        calm_family("kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
                    UnitClass::kAlert),
        calm_family("kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize",
                    UnitClass::kBroker),
        calm_family("kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=*",
                    UnitClass::kTopic),
        calm_family("kafka.server:type=Fetch,client-id=*", UnitClass::kClient),
        calm_family("kafka.log:type=Log,name=Size,topic=*,partition=*", UnitClass::kPartition)};
    for (const char* name : {"alert", "broker", "topic", "client", "partition"}) {
        profile.classes.push_back({name, 0.005, 0.02, 0.005, 1'000});
    }
    OutputProfile output;
    output.name = "file-0";
    output.bytes_per_s = 200'000;
    output.tick_ms = 4;
    output.repeated_share = 0.3;
    profile.outputs = {output};
    return profile;
}

}  // namespace remora
