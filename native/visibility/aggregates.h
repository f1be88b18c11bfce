// Units that are made of others: the sum or maximum over the partitions of a topic.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
#include "model/ids.h"
#include "model/visibility.h"

namespace remora {

// Thread safety: core thread only.
class Aggregates {
 public:
    explicit Aggregates(CounterTable& counters) : counters_(counters) {}

    // `unit` is in the cache and is never read. set() next.
    void add(UnitId unit);
    void remove(UnitId unit);
    // `member` has as many values as `unit`, in the same order.
    void add_member(UnitId unit, UnitId member);
    void remove_member(UnitId unit, UnitId member);
    template <typename Use>
    void for_each_member(UnitId unit, Use use) const {
        const auto found = made_.find(unit);
        if (found != made_.end()) {
            std::for_each(found->second.members.begin(), found->second.members.end(), use);
        }
    }
    // While it is incomplete it is quarantined, because a partial sum would look complete.
    void set(UnitId unit, Aggregate how, bool incomplete);

    // It is no longer incomplete.
    void set_whole(UnitId unit);

    // Makes anew what a member of was read since the last tick, or what a member came to or left.
    // An aggregate of which any member is not known (not read yet, or quarantined) is quarantined
    // and counted in kAggregatesUnknown. It was read when the oldest of its members was.
    void update(Cache& cache);

 private:
    struct Made {
        UnitId unit = kNoUnit;
        Aggregate how = Aggregate::kSum;
        bool is_changed = true;  // a member came or left
        bool is_incomplete = false;
        std::vector<UnitId> members;
    };

    static bool is_known(const Made& made, const Cache& cache);
    static bool is_due(const Made& made, const Cache& cache);
    void make(const Made& made, Cache& cache);

    CounterTable& counters_;
    std::unordered_map<UnitId, Made> made_;
};

}  // namespace remora
