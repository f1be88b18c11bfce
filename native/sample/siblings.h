// Which unit tells for another that it has not changed: a topic's message count for the ends of its
// logs, the end of a log for its size, the count of a request for its times, the count of
// under-replicated partitions for the replicas of each. And which have changed because another came
// or went: a broker that begins or ends to fetch a partition has a new leader for it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

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
        std::uint64_t key = 0;
        UnitId sentinel = kNoUnit;
        std::uint32_t listeners = 0;
        // Those that listen, and some that have gone: of partitions many, often all at once.
        std::vector<UnitId> units;
    };
    static constexpr std::uint32_t kNoGroup = 0xFFFFFFFF;
    // Units that say something else when their partition's leader moves; kNoUnit: not there.
    using Replica = std::array<UnitId, 3>;
    static constexpr Replica kNobody = {kNoUnit, kNoUnit, kNoUnit};

    std::uint32_t find(std::uint64_t key) const;
    std::uint32_t find_or_make(std::uint64_t key);
    void drop_if_empty(std::uint32_t place);
    void set_sentinel(std::uint32_t place, UnitId sentinel);
    void stir(std::uint64_t replica);

    Sampler& sampler_;
    std::unordered_map<std::uint64_t, std::uint32_t> places_;  // by key: which of groups_
    std::vector<Group> groups_;
    std::unordered_map<std::uint64_t, Replica> replicas_;  // by partition
    std::vector<std::uint32_t> free_places_;
    std::vector<std::uint32_t> heard_;  // by unit: the group that it listens to
};

}  // namespace remora
