// Which beans began while the agent runs, so that their counters began at 0.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <utility>

#include "base/clock.h"

namespace remora {

// A bean that is offered outside of a sweep, or in one under the same configuration, was registered
// just now, but for three kinds: those that could not be taken in before, those that Kafka
// registers anew because they got another attribute, and those that come back at once. Their
// counters go on.
//
// Thread safety: collector thread only.
class Births {
 public:
    // Offered and not taken in: not described, without values, refused by a cap.
    void met(std::uint64_t name_hash) {
        if (met_.size() < kMetMax) {
            met_.insert(name_hash);
        } else {
            knows_all_ = false;
        }
    }

    // A unit left.
    void left(std::uint64_t name_hash) { left_.insert(name_hash); }

    // Whether a bean that becomes a unit is new. REQUIRES: not in a sweep that finds what was not
    // selected before (Sweep::finds_old). Tells so once.
    bool is_new(std::uint64_t name_hash) {
        const bool is_met = met_.erase(name_hash) > 0;
        return knows_all_ && !is_met && left_.count(name_hash) == 0 &&
               left_before_.count(name_hash) == 0;
    }

    // Forgets who left one to two minutes ago. Cheap; at each cycle.
    void pass(std::int64_t now_ns) {
        constexpr std::int64_t kMinuteNs = 60 * kNanosPerSecond;
        if (now_ns - turned_ns_ >= kMinuteNs) {
            turned_ns_ = now_ns;
            left_before_ = std::move(left_);
            left_ = {};  // its memory too
        }
    }

 private:
    static constexpr std::size_t kMetMax = 1U << 17;

    std::unordered_set<std::uint64_t> met_;
    bool knows_all_ = true;
    std::unordered_set<std::uint64_t> left_;
    std::unordered_set<std::uint64_t> left_before_;
    std::int64_t turned_ns_ = 0;
};

}  // namespace remora
