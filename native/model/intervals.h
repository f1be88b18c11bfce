// The control plane: one table of intervals that the core writes and the planner reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/limits.h"
#include "model/ids.h"

namespace remora {

// Never read this unit (shed); other values are milliseconds.
inline constexpr std::uint32_t kIntervalNever = 0x7FFFFFFF;

// Thread safety: the core thread sets, the collector thread gets; registration (collector) sets
// before the unit is published. Relaxed is enough: a stale interval costs one early or late read,
// never correctness.
//
// Grows in chunks, so entries never move and nothing is copied while the other thread reads.
class IntervalTable {
 public:
    IntervalTable() = default;
    ~IntervalTable();
    IntervalTable(const IntervalTable&) = delete;
    IntervalTable& operator=(const IntervalTable&) = delete;

    // Makes room for `unit`. Collector thread, at registration. False when out of memory or beyond
    // kUnitsMax.
    bool reserve(UnitId unit);

    void set(UnitId unit, std::uint32_t interval_ms) {
        cell(unit).store(interval_ms & kIntervalNever, std::memory_order_relaxed);
    }
    // The unit failed: it is left alone for the whole of `interval_ms`, which nothing shortens.
    void set_back_off(UnitId unit, std::uint32_t interval_ms) {
        cell(unit).store((interval_ms & kIntervalNever) | kBackOff, std::memory_order_relaxed);
    }
    std::uint32_t get(UnitId unit) const {
        return cell(unit).load(std::memory_order_relaxed) & kIntervalNever;
    }
    bool is_back_off(UnitId unit) const {
        return (cell(unit).load(std::memory_order_relaxed) & kBackOff) != 0;
    }

 private:
    static constexpr std::uint32_t kChunk = 4096;
    static constexpr std::uint32_t kBackOff = ~kIntervalNever;

    std::atomic<std::uint32_t>& cell(UnitId unit) const {
        return chunks_[unit / kChunk].load(std::memory_order_acquire)[unit % kChunk];
    }

    mutable std::atomic<std::atomic<std::uint32_t>*> chunks_[kUnitsMax / kChunk] = {};
};

}  // namespace remora
