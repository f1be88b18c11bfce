// The largest units of a family: by value, or by growth of what only grows.
#pragma once

#include <cstdint>
#include <vector>

#include "cache/cache.h"
#include "model/ids.h"

namespace remora {

// Thread safety: core thread only.
class TopList {
 public:
    // Who is in stays until another is larger by this factor.
    static constexpr double kStays = 1.2;

    TopList(FamilyId family, std::uint32_t size) : family_(family), size_(size) {}

    FamilyId family() const { return family_; }
    std::uint32_t size() const { return size_; }
    bool is_empty() const { return members_.empty(); }

    // `grows`: its first value is a counter. Not in until the next update().
    void add(UnitId unit, bool grows);
    void remove(UnitId unit);

    // Ranks the members by their cached values and calls `change(unit, shown)` for each that came
    // in or went out.
    template <typename Change>
    void update(const Cache& cache, Change change) {
        rank(cache);
        for (Member& member : members_) {
            if (member.is_in != member.was_in) {
                member.was_in = member.is_in;
                change(member.unit, member.is_in);
            }
        }
    }

 private:
    struct Member {
        UnitId unit = kNoUnit;
        bool grows = false;
        bool is_in = false;
        bool was_in = false;
        double score = 0;
        double last = 0;
        std::int64_t last_read_ns = 0;  // 0: not read yet
    };

    static void score(Member& member, const Cache& cache);
    void rank(const Cache& cache);

    FamilyId family_;
    std::uint32_t size_;
    std::vector<Member> members_;
    std::vector<std::uint32_t> order_;  // positions in members_
};

}  // namespace remora
