// What is shown of what is registered: partition samples, top lists, aggregates.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
#include "model/ids.h"
#include "model/object_name.h"
#include "model/visibility.h"
#include "visibility/aggregates.h"
#include "visibility/partition_sample.h"
#include "visibility/top_list.h"

namespace remora {

// Thread safety: core thread only.
class Visibility {
 public:
    // A unit whose reading begins or ends because it is shown or not.
    struct Change {
        UnitId unit = kNoUnit;
        bool is_read = false;
    };

    Visibility(Cache& cache, CounterTable& counters);

    // Of the units with a sampled policy, shows those of `partitions` partitions of each topic and
    // those of every partition in trouble.
    void set_partition_sample(std::uint32_t partitions) { sample_.set_size(partitions); }

    // A unit that the cache has just taken in. `aggregate`: the unit that is made of it and others,
    // kNoUnit: none.
    void add_unit(UnitId unit, FamilyId family, const ObjectName& name,
                  const VisibilityPolicy& policy, UnitId aggregate);
    // Another policy, or the same, for a unit that stays; its aggregate stays too. It is shown or
    // not as before until decide() decides. `name` is looked at where policy.needs_partition().
    void update_unit(UnitId unit, FamilyId family, const ObjectName& name,
                     const VisibilityPolicy& policy);
    // A unit that is made of others.
    void add_aggregate(UnitId unit) { aggregates_.add(unit); }
    // Calls `use(member)` for what `unit` is made of; not at all for one that is read itself.
    template <typename Use>
    void for_each_member(UnitId unit, Use use) const {
        aggregates_.for_each_member(unit, use);
    }
    // How it is made, and whether a cap leaves out some of its parts: then it has no value.
    void set_aggregate(UnitId unit, Aggregate how, bool incomplete) {
        aggregates_.set(unit, how, incomplete);
    }
    // No cap leaves out any of its parts (any more).
    void set_whole(UnitId unit) { aggregates_.set_whole(unit); }
    // Before the cache lets it go.
    void remove_unit(UnitId unit);

    // Calls `use(unit)` for the units that signal whether a partition is in trouble, where
    // partitions are sampled.
    template <typename Use>
    void for_each_teller(Use use) const {
        sample_.for_each_teller(use);
    }

    // False: neither it nor what it is part of is shown.
    bool is_read(UnitId unit) const { return unit >= states_.size() || !states_[unit].is_asleep; }

    // Before a tick: looks at the values read, ranks and makes aggregates. decide() next.
    void tick(std::int64_t now_ns);

    // After registrations and tick(): decides about the topics that changed. What changed since
    // the last call, in order; valid until the next call of anything.
    const std::vector<Change>& decide();

    // Series of a family that are registered and not shown, by family.
    const std::vector<std::uint64_t>& hidden_series() const { return hidden_series_; }

 private:
    enum Reason : std::uint8_t { kOutsideSample = 1, kNotAtTop = 2 };

    struct State {
        PartitionSample::Partition* partition = nullptr;
        TopList* top = nullptr;
        VisibilityPolicy policy;
        UnitId aggregate = kNoUnit;
        std::uint16_t family = 0;
        std::uint8_t hidden = 0;  // reasons
        bool is_asleep = false;
    };

    void enter(UnitId unit, FamilyId family, const ObjectName& name,
               const VisibilityPolicy& policy);
    void leave(UnitId unit);
    void hide(UnitId unit, Reason reason, bool hides);
    void set_asleep(UnitId unit, bool asleep);
    TopList* top_list(FamilyId family, std::uint32_t size);

    Cache& cache_;
    CounterTable& counters_;
    PartitionSample sample_;
    Aggregates aggregates_;
    std::vector<std::unique_ptr<TopList>> top_lists_;
    std::vector<State> states_;  // by unit, as far as any has a policy
    std::vector<std::uint64_t> hidden_series_;
    std::uint64_t hidden_total_ = 0;
    std::vector<Change> changes_;
    std::vector<Change> decided_;
};

}  // namespace remora
