// A trace that mimics a broker: partitions whose sizes and offsets grow in bursts with skew, calm
// partition gauges, meters, histograms and a few expensive gauges. For tests of the replay; figures
// are taken from recorded traces only.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "trace/trace.h"

namespace remora {

struct SyntheticOptions {
    std::uint32_t topics = 20;
    std::uint32_t partitions = 10;
    std::uint32_t seconds = 420;
    std::uint32_t seed = 1;
    std::uint32_t follower_gone_s = 250;  // partitions of the follower change then, and 50 s later
};

namespace synthetic {

struct Builder {
    Trace trace;
    std::vector<double> values;

    FamilyId family(const std::string& name, double cost_ns) {
        trace.families.push_back({name, cost_ns});
        return static_cast<FamilyId>(trace.families.size() - 1);
    }

    std::uint32_t unit(FamilyId family_id, UnitClass unit_class = UnitClass::kPartition) {
        TraceUnit unit;
        unit.name = trace.families[family_id].name + "," + std::to_string(trace.units.size());
        unit.family = family_id;
        unit.unit_class = unit_class;
        unit.slots = 1;
        unit.first_slot = trace.slots++;
        values.push_back(0);
        trace.units.push_back(unit);
        return unit.first_slot;
    }

    void set(std::uint32_t slot, double value) {
        if (values[slot] != value) {
            values[slot] = value;
            trace.changes.push_back({slot, value});
        }
    }
};

}  // namespace synthetic

inline Trace make_synthetic_trace(const SyntheticOptions& options) {
    synthetic::Builder b;
    std::mt19937 random(options.seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    const FamilyId size = b.family("Size", 1800);
    const FamilyId end = b.family("LogEndOffset", 300);
    const FamilyId isr = b.family("InSyncReplicasCount", 200);
    const FamilyId calm = b.family("LogStartOffset", 250);
    const FamilyId meter = b.family("MessagesInPerSec", 25);
    const FamilyId histogram = b.family("TotalTimeMs", 20'000);
    const FamilyId purgatory = b.family("PurgatorySize", 400'000);
    const FamilyId alert = b.family("UnderReplicatedPartitions", 10'000);
    const std::uint32_t partitions = options.topics * options.partitions;
    std::vector<std::uint32_t> sizes, ends, isrs, meters, histograms, purgatories;
    for (std::uint32_t p = 0; p < partitions; ++p) {
        sizes.push_back(b.unit(size));
        ends.push_back(b.unit(end));
        isrs.push_back(b.unit(isr));
        for (int i = 0; i < 6; ++i) {
            b.unit(calm);
        }
    }
    for (std::uint32_t t = 0; t < options.topics; ++t) {
        meters.push_back(b.unit(meter, UnitClass::kTopic));
    }
    for (int i = 0; i < 60; ++i) {
        histograms.push_back(b.unit(histogram, UnitClass::kBroker));
    }
    for (int i = 0; i < 4; ++i) {
        purgatories.push_back(b.unit(purgatory, UnitClass::kBroker));
    }
    const std::uint32_t under = b.unit(alert, UnitClass::kAlert);
    std::vector<bool> on(options.topics);
    for (std::uint32_t s = 0; s <= options.seconds; ++s) {
        TraceFrame frame;
        frame.ms = std::int64_t{s} * 1000;
        frame.first_change = static_cast<std::uint32_t>(b.trace.changes.size());
        for (std::uint32_t t = 0; t < options.topics; ++t) {
            on[t] = t < 2 || (on[t] ? uniform(random) > 0.05 : uniform(random) < 0.01);
            const double rate = on[t] ? 1000.0 / std::pow(t + 1.0, 1.2) : 0;
            for (std::uint32_t p = 0; p < options.partitions && rate > 0; ++p) {
                const double n = std::floor(rate / (p + 1.0) * (0.5 + uniform(random)));
                const std::uint32_t at = t * options.partitions + p;
                b.set(ends[at], b.values[ends[at]] + n);
                b.set(sizes[at], b.values[sizes[at]] + 300 * n);
                b.set(meters[t], b.values[meters[t]] + n);
            }
        }
        for (int i = 0; i < 6; ++i) {
            b.set(histograms[static_cast<std::size_t>(i)], std::floor(100 * uniform(random)));
        }
        b.set(purgatories[0], std::floor(50 * uniform(random)));
        const bool gone = s >= options.follower_gone_s && s < options.follower_gone_s + 50;
        for (std::uint32_t p = 0; p < partitions; p += 2) {
            b.set(isrs[p], gone ? 2 : 3);
        }
        b.set(under, gone ? partitions / 2 : 0);
        frame.end_change = static_cast<std::uint32_t>(b.trace.changes.size());
        b.trace.frames.push_back(frame);
    }
    for (TraceUnit& unit : b.trace.units) {
        unit.gone = static_cast<std::uint32_t>(b.trace.frames.size());
    }
    b.trace.is_complete = true;
    return b.trace;
}

}  // namespace remora
