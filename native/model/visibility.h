// What of a unit is shown, where not each of its kind is: decided at registration, carried out by
// the room `visibility`.
#pragma once

#include <cstdint>

namespace remora {

enum class Aggregate : std::uint8_t { kNone, kSum, kMax };

struct VisibilityPolicy {
    // Shown when its partition is of its topic's sample or in trouble.
    bool is_sampled = false;
    bool signals_trouble = false;            // above 0: its partition is in trouble
    Aggregate aggregate = Aggregate::kNone;  // of the same values of its topic's other partitions
    std::uint32_t top = 0;                   // shown when among the N largest; 0: always
    bool grows = false;                      // largest by growth: its first value is a counter

    // Whether it is not read either while it is not shown.
    bool sleeps_unseen() const { return aggregate == Aggregate::kNone && !signals_trouble; }
    // Whether it has to be known which partition of which topic it is of.
    bool needs_partition() const { return is_sampled || signals_trouble; }
    bool operator==(const VisibilityPolicy&) const = default;
};

}  // namespace remora
