// Which units are shown, and so which of them are read.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/counter_table.h"
#include "base/log.h"
#include "cache/cache.h"
#include "engine/unit_directory.h"
#include "engine/unit_part.h"
#include "engine/wake_list.h"
#include "model/intervals.h"
#include "sample/sampler.h"
#include "visibility/visibility.h"

namespace remora {

// Visibility and sampler together: a unit that is not shown, and of which nothing shown is made, is
// not read. What the sampler knows of a unit begins and ends with its reading.
//
// Thread safety: core thread only.
//
// Invariant: the sampler has exactly the units that are read.
class ShownUnits final : public UnitPart {
 public:
    // All outlive this.
    ShownUnits(Cache& cache, Sampler& sampler, IntervalTable& intervals, WakeList& wakes,
               CounterTable& counters, Log& log);

    void add(const Registration& registration) override;
    void keep(const Registration& registration) override;
    void remove(UnitId unit) override;

    // Of each topic so many partitions are shown.
    void set_partition_sample(std::uint32_t partitions) {
        visibility_.set_partition_sample(partitions);
    }
    // An aggregate of which no cap leaves out a part any more.
    void set_whole(UnitId aggregate) { visibility_.set_whole(aggregate); }

    // After registrations: decides about the topics that changed. A unit that is shown from now on
    // is read soon. `names`: of the units, for the log.
    void decide(const UnitDirectory& names);
    // Before a tick: ranks, makes aggregates, decides.
    void tick(std::int64_t now_ns, const UnitDirectory& names);

    // What the cache has to know of a unit at a tick. Called for each unit that has a value.
    UnitAtTick at_tick(UnitId unit) const;

    const Visibility& visibility() const { return visibility_; }

 private:
    UnitTraits traits_of(const Registration& registration) const;
    void log_refused(const std::string& name);

    Cache& cache_;
    Sampler& sampler_;
    IntervalTable& intervals_;
    WakeList& wakes_;
    Log& log_;
    Visibility visibility_;
    std::unordered_map<UnitId, UnitTraits> sampled_;  // units whose reading may begin or end
};

}  // namespace remora
