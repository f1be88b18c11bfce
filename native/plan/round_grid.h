// Time cut into rounds of reading: round k ends at start + k quanta. Every so many rounds end with
// a tick.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace remora {

// An example: with base interval 10 s and quantum 2.5 s round 4 ends with the first tick, and an
// interval of 5 s is two quanta.
//
// Thread safety: immutable.
class RoundGrid {
 public:
    static constexpr std::uint32_t kQuantaMax = 0xFFFF;

    // REQUIRES: `quantum_ns` is from a millisecond to `base_ns`.
    RoundGrid(std::int64_t start_ns, std::int64_t base_ns, std::int64_t quantum_ns)
        : start_ns_(start_ns),
          base_ns_(base_ns),
          quantum_ns_(quantum_ns),
          quantum_ms_(static_cast<std::uint32_t>(quantum_ns / kNanosPerMilli)),
          per_quantum_((std::uint64_t{1} << 32) / quantum_ms_ + 1),
          rounds_per_tick_(static_cast<std::uint32_t>(base_ns / quantum_ns)),
          slack_(rounds_per_tick_ == 1 ? 0 : 2 * rounds_per_tick_) {}

    std::uint32_t rounds_per_tick() const { return rounds_per_tick_; }
    // Quanta by which rounding to whole ticks may move a read.
    std::uint32_t slack() const { return slack_; }

    std::int64_t end_ns(std::int64_t round) const { return start_ns_ + round * quantum_ns_; }
    // The last round that ends at `now_ns` or before; -1 before the start.
    std::int64_t last_ended(std::int64_t now_ns) const {
        return now_ns >= start_ns_ ? (now_ns - start_ns_) / quantum_ns_ : -1;
    }
    // Of the first tick after `now_ns`.
    std::int64_t next_tick_ns(std::int64_t now_ns) const {
        const std::int64_t ticks = now_ns < start_ns_ ? 0 : (now_ns - start_ns_) / base_ns_ + 1;
        return start_ns_ + ticks * base_ns_;
    }

    // The interval in quanta, rounded, 1 to kQuantaMax.
    std::uint32_t quanta(std::uint32_t interval_ms) const {
        // A multiplication for the division: this runs for every unit in every round.
        const std::uint64_t n =
            ((std::uint64_t{interval_ms} + quantum_ms_ / 2) * per_quantum_) >> 32;
        return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(n, 1, kQuantaMax));
    }

 private:
    std::int64_t start_ns_;
    std::int64_t base_ns_;
    std::int64_t quantum_ns_;
    std::uint32_t quantum_ms_;
    std::uint64_t per_quantum_;  // 2^32 / quantum_ms_, rounded up
    std::uint32_t rounds_per_tick_;
    std::uint32_t slack_;
};

}  // namespace remora
