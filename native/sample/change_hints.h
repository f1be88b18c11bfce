// What a change of one unit tells of others: when the count of a topic's messages moved, the logs
// of its partitions did too.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/ids.h"
#include "sample/sampler.h"

namespace remora {

// A hint brings reads forward and never puts one off. Units that rest are read before the same tick
// when that is worth their price (Sampler::hint).
//
// Thread safety: core thread only. Takes memory at registration.
class ChangeHints {
 public:
    explicit ChangeHints(Sampler& sampler) : sampler_(sampler) {}

    // Call after Sampler::add_unit. `object_name`: the unit's.
    void add(UnitId unit, std::string_view object_name);
    void remove(UnitId unit);

    // The first value of `unit` differs from that of its last read. O(units that it tells of).
    void on_changed(UnitId unit);

 private:
    static constexpr std::uint32_t kNoGroup = 0xFFFFFFFF;

    // A topic: units whose change tells of all the others, and these.
    struct Group {
        std::uint64_t key = 0;
        std::uint32_t tellers = 0;
        std::vector<UnitId> hinted;
    };
    struct Member {
        std::uint32_t group = kNoGroup;
        bool tells = false;
    };

    std::uint32_t find_or_make(std::uint64_t key);

    Sampler& sampler_;
    std::unordered_map<std::uint64_t, std::uint32_t> places_;  // by key: which of groups_
    std::vector<Group> groups_;
    std::vector<std::uint32_t> free_places_;
    std::vector<Member> members_;  // by unit
};

}  // namespace remora
