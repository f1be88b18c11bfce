// What the agent's own collection costs and brings, as it was measured: the input of every rule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/unit_class.h"

namespace remora {

// One statistic of the histograms of a family.
struct StatisticProfile {
    std::string name;             // JMX attribute: "99thPercentile"
    std::uint32_t series = 0;     // in the outputs
    std::uint32_t unchanged = 0;  // of them: one value for as long as they have been followed
};

struct FamilyProfile {
    std::string name;  // "kafka.log:type=Log,name=Size,topic=*,partition=*"
    UnitClass unit_class = UnitClass::kPartition;  // the most important one of its units
    bool is_named = false;            // the operator asked for a unit of it (UnitPolicy::is_named)
    std::uint32_t units = 0;          // registered
    std::uint32_t series = 0;         // in the outputs
    std::uint32_t unchanged = 0;      // of them: one value for as long as they have been followed
    std::uint32_t series_before = 0;  // as `series`, when growth was last noted
    double typical_us = 0;            // CPU of one read; and the slow end of it
    double tail_us = 0;
    double cpu_percent = 0;  // of one core, its reads
    double reads_per_s = 0;
    double volatility = 0;                     // scales a second, mean of its units
    double age_s = 0;                          // since its units were read, mean
    std::vector<StatisticProfile> statistics;  // of histograms and timers
};

struct ClassProfile {
    std::string name;  // unit_class_name()
    double cpu_percent = 0;
    double error = 0;           // by the audit; see `samples`
    double margin = 1;          // the error lies within error +- margin
    std::uint64_t samples = 0;  // 0: the error is not known
    // Of the reads since the profile before alone.
    double fresh_error = 0;
    std::uint64_t fresh_samples = 0;
};

// Shares and rates are of the time since the profile before.
struct OutputProfile {
    std::string name;
    double bytes_per_s = 0;
    double packets_per_s = 0;   // of datagrams
    double tick_ms = 0;         // from the last tick until all of it was out
    double ring_share = 0;      // of ring 2, not taken by the sink when the next tick begins
    double skipped_share = 0;   // of ticks: not begun, since the one before was not out
    double dropped_share = 0;   // of ticks: given up by the sink
    double repeated_share = 0;  // of series at the last tick: nothing changed since the one before
    // Of what was sent to a receiver on this machine, what its socket had no room for; -1: not
    // known.
    double receiver_drops_share = -1;
};

struct QuarantinedProfile {
    std::string name;  // ObjectName
    double since_s = 0;
};

// Everything is as of one tick. Plain data; every number is finite.
struct AgentProfile {
    std::int64_t written_wall_ms = 0;
    double window_s = 0;  // since the profile before: what rates are of
    double known_s = 0;   // since the start, or since the configuration changed
    double growth_s = 0;  // since FamilyProfile::series_before
    // Of the configuration that it was measured under, see Reload. Not in the file.
    std::uint64_t generation = 0;
    // Of one core, since the profile before. What is paid once, as for new beans and for a reload,
    // is not in it: no ceiling is held to that either.
    double cpu_used_percent = 0;
    double ceiling_percent = 0;
    double base_interval_s = 0;   // as configured
    double tick_overhead_ms = 0;  // CPU of a tick that is not reads
    double tick_interval_s = 0;   // between two ticks, as the ceiling allows
    double unfinished_share = 0;  // of ticks: did not wait for all their reads
    std::uint32_t widening_step = 0;
    std::uint32_t units = 0;
    std::uint32_t series = 0;     // in the outputs
    std::uint32_t unchanged = 0;  // of them
    std::vector<FamilyProfile> families;
    std::vector<ClassProfile> classes;
    std::vector<OutputProfile> outputs;
    std::vector<QuarantinedProfile> quarantined;
};

}  // namespace remora
