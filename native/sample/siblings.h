// Which unit tells for another that it has not changed: a topic's message count for the ends of its
// logs, the end of a log for its size, the count of a request for its times, the count of
// under-replicated partitions for the replicas of each.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "model/ids.h"
#include "sample/sampler.h"

namespace remora {

// Declared by name; that it holds is left to the sampler, which stops believing a sentinel that
// was silent when its unit moved.
//
// Thread safety: core thread only. Takes memory at registration.
class Siblings {
 public:
    explicit Siblings(Sampler& sampler) : sampler_(sampler) {}

    // Call after Sampler::add_unit. `name`: the unit's ObjectName.
    void add(UnitId unit, std::string_view name);
    // Call before Sampler::remove_unit, with the same name.
    void remove(UnitId unit, std::string_view name);

 private:
    struct Group {
        UnitId sentinel = kNoUnit;
        std::unordered_set<UnitId> units;  // of partitions many, often gone all at once
    };

    Sampler& sampler_;
    std::unordered_map<std::string, Group> groups_;
};

}  // namespace remora
