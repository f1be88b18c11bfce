// Last values of every unit, in flat arrays, with what the output ticks need to know about them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/limits.h"
#include "cache/ages.h"
#include "model/bean.h"
#include "model/deviation.h"
#include "model/ids.h"
#include "model/values.h"

namespace remora {

// What applying one complete read of a unit found.
struct Applied {
    // How far the read lies from the cached values, the largest over its slots, in units of each
    // series' own scale (see model/deviation.h); 0 for a first read.
    double deviation = 0;
    std::int64_t elapsed_ns = 0;  // since the read before; 0 for a first read
    bool changed = false;         // any value differs in bits
    bool first = false;
};

// What a tick has to know of a unit.
struct UnitAtTick {
    UnitClass unit_class = UnitClass::kPartition;
    std::uint32_t interval_ms = 0;  // what the sampler chose
    std::uint32_t bound_ms = 0;     // nothing of it should be older
};

// Series emitted so far.
struct CacheUse {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t stale = 0;  // of the hits
};

// Thread safety: core thread only.
//
// A hit is a series emitted from cache on a tick without a read since the last tick; a miss is one
// that was read. Memory is taken by add_unit; samples and ticks allocate nothing.
//
// Invariant: kValuesCached == kValuesEmittedFresh + kValuesHidden + kValuesSuperseded +
// kValuesUnregisteredDropped + pending(); close_tick() tells in kValuesUnaccounted by how much not.
class Cache {
 public:
    explicit Cache(CounterTable& counters);

    // False when the unit is in use already or out of range.
    bool add_unit(UnitId unit, std::uint16_t slots, FamilyId family = 0);
    void remove_unit(UnitId unit);
    bool has(UnitId unit) const { return unit < in_use_.size() && in_use_[unit] != 0; }
    std::uint16_t slots(UnitId unit) const { return count_[unit]; }

    // One value of a read in progress; take() closes the read. False (nothing done) when the unit
    // or slot is unknown.
    bool stage(UnitId unit, std::uint16_t slot, double value) {
        if (!has(unit) || slot >= count_[unit]) {
            return false;
        }
        staged_[slot] = value;
        return true;
    }

    // Takes over the staged values of `unit`, read at the given times.
    Applied take(UnitId unit, std::int64_t read_ns, std::int64_t read_wall_ms);

    // A hidden unit is in no output; what was read of it is counted apart. One that is shown again
    // counts as changed.
    void set_hidden(UnitId unit, bool hidden);
    // Lets go of the unit's values, as if it had never been read.
    void forget(UnitId unit);

    // Of a unit that there is: its values, nullptr when it was never read.
    const double* values(UnitId unit) const {
        return (flags_[unit] & kUnitHasValue) == 0 ? nullptr : values_.data() + first_[unit];
    }
    std::int64_t read_ns(UnitId unit) const { return read_ns_[unit]; }
    std::int64_t read_wall_ms(UnitId unit) const { return read_wall_ms_[unit]; }
    bool is_quarantined(UnitId unit) const { return (flags_[unit] & kUnitQuarantined) != 0; }
    // Whether it was read since the last close_tick().
    bool is_pending(UnitId unit) const { return is_pending_[unit] != 0; }

    // The unit's last read failed (or succeeded again): a quarantined unit is marked, its values
    // stay.
    void set_quarantined(UnitId unit, bool quarantined);

    // Registers a text; ids count up from 1.
    void set_text(std::uint32_t id, std::string_view text);

    // --- ticks
    // A value this many times as old as its bound leaves the output until it is read again.
    static constexpr std::int64_t kBoundsUntilExpired = 5;

    // Closes the interval since the last base tick: counts hits, misses, stale and expired series,
    // measures ages, and counts what was read since (CounterTable) once. `about(unit)` returns a
    // UnitAtTick. `bounds_since_ns`: since when those bounds hold; what is in the output and was
    // read before may be older than five of them until it had that time to be read in.
    template <typename About>
    void close_tick(std::int64_t now_ns, About&& about, std::int64_t bounds_since_ns = 0);

    // Of the series that the last tick emitted.
    const Ages& ages() const { return ages_; }
    // Whether the last tick had a value of the unit to emit.
    bool is_emitted(UnitId unit) const {
        constexpr int kOut = kUnitQuarantined | kUnitHidden | kUnitExpired;
        return (flags_[unit] & (kUnitHasValue | kOut)) == kUnitHasValue;
    }

    // Fixes what output `output` (< kOutputsMax) sees as fresh and changed: since its own last
    // call.
    void freeze_flags(std::size_t output);

    // The arrays with the flags of the output's last freeze_flags(). Valid until the next
    // registration.
    Values view(std::size_t output) const;

    // Of all units that the family ever had; `family` is one of a unit that was added.
    const CacheUse& use(FamilyId family) const { return uses_[family]; }

    // Values cached and not yet counted by a tick.
    std::uint64_t pending() const { return pending_; }

 private:
    struct Shape {
        std::vector<std::uint32_t> free_first;  // reusable value ranges of one length
    };

    // What a tick makes of a unit that has values and is shown.
    enum class Finding : std::uint8_t {
        kFresh,    // read since the last tick
        kCached,   // emitted without a read
        kStale,    // the same, older than twice its interval
        kExpired,  // older than kBoundsUntilExpired bounds: not emitted
    };
    // Series of one tick.
    struct TickCounts {
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
        std::uint64_t stale = 0;
        std::uint64_t expired = 0;
        std::uint64_t hidden = 0;  // read, and in no output
    };

    // Changes nothing. A quarantined unit never expires here: it is in no output anyway.
    Finding find(UnitId unit, const UnitAtTick& about, std::int64_t now_ns,
                 std::int64_t bounds_since_ns) const;
    void count_tick(const TickCounts& counts);
    std::uint32_t take_range(std::uint16_t slots);

    CounterTable& counters_;

    // By unit.
    std::vector<std::uint8_t> in_use_;
    std::vector<std::uint32_t> first_;
    std::vector<std::uint16_t> count_;
    std::vector<std::uint16_t> family_;
    std::vector<std::uint8_t> flags_;            // what is not by output
    std::vector<std::uint8_t> is_pending_;       // read since the last close_tick
    std::vector<std::uint8_t> fresh_outputs_;    // bit per output
    std::vector<std::uint8_t> changed_outputs_;  // bit per output
    std::vector<std::int64_t> read_ns_;
    std::vector<std::int64_t> read_wall_ms_;

    // By first_[unit] + slot.
    std::vector<double> values_;
    std::vector<SeriesScale> scales_;

    std::vector<CacheUse> uses_;  // by family
    std::vector<Shape> shapes_;   // by slot count
    std::vector<double> staged_;
    std::vector<std::string> texts_;
    std::vector<std::uint8_t> output_flags_[kOutputsMax];
    Ages ages_;
    std::uint64_t pending_ = 0;
};

inline Cache::Finding Cache::find(UnitId unit, const UnitAtTick& about, std::int64_t now_ns,
                                  std::int64_t bounds_since_ns) const {
    const std::uint8_t flags = flags_[unit];
    // What is made of others is as old as the oldest of them.
    const std::int64_t age_ns = now_ns - read_ns_[unit];
    const std::int64_t most_ns = kBoundsUntilExpired * about.bound_ms * kNanosPerMilli;
    const bool is_spared = (flags & kUnitExpired) == 0 && now_ns - bounds_since_ns <= most_ns;
    const bool is_expired = age_ns > most_ns && !is_spared;
    if (!is_expired && is_pending_[unit] != 0) {
        return Finding::kFresh;
    }
    if (is_expired && (flags & kUnitQuarantined) == 0) {
        return Finding::kExpired;
    }
    const std::int64_t allowed_ns = 2 * kNanosPerMilli * std::int64_t{about.interval_ms};
    return age_ns > allowed_ns ? Finding::kStale : Finding::kCached;
}

template <typename About>
void Cache::close_tick(std::int64_t now_ns, About&& about, std::int64_t bounds_since_ns) {
    ages_.clear();
    TickCounts counts;
    for (UnitId unit = 0; unit < in_use_.size(); ++unit) {
        const std::uint8_t flags = flags_[unit];
        if ((flags & kUnitHasValue) == 0) {
            continue;
        }
        const std::uint64_t values = count_[unit];
        const std::uint64_t read = is_pending_[unit] != 0 ? values : 0;
        if ((flags & kUnitHidden) != 0) {
            is_pending_[unit] = 0;
            counts.hidden += read;
            continue;
        }
        const UnitAtTick unit_now = about(unit);
        const Finding found = find(unit, unit_now, now_ns, bounds_since_ns);
        is_pending_[unit] = 0;
        CacheUse& use = uses_[family_[unit]];
        counts.misses += read;
        use.misses += read;
        if (found == Finding::kExpired) {
            counts.expired += values;
            flags_[unit] = static_cast<std::uint8_t>(flags | kUnitExpired);
            continue;
        }
        if ((flags & kUnitQuarantined) == 0) {
            ages_.add(
                unit_now.unit_class,
                static_cast<float>(now_ns - read_ns_[unit]) / static_cast<float>(kNanosPerSecond),
                count_[unit]);
        }
        const std::uint64_t hits = found == Finding::kFresh ? 0 : values;
        const std::uint64_t stale = found == Finding::kStale ? values : 0;
        counts.hits += hits;
        use.hits += hits;
        counts.stale += stale;
        use.stale += stale;
        flags_[unit] = static_cast<std::uint8_t>((flags & ~(kUnitStale | kUnitExpired)) |
                                                 (stale != 0 ? kUnitStale : 0));
    }
    count_tick(counts);
}

}  // namespace remora
