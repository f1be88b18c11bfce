// Units whose reads fail: how long to leave them alone, and why.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/ids.h"

namespace remora {

struct HealthOptions {
    std::uint32_t base_interval_ms = 0;       // the base interval
    std::uint32_t max_interval_ms = 900'000;  // longest time between two attempts
    std::uint8_t failures_until_quarantine = 3;
};

struct Quarantined {
    UnitId unit = 0;
    wire::ReadStatus reason = wire::ReadStatus::kOk;
    std::int64_t since_ns = 0;  // monotonic, to the second
};

// Back-off doubles from the base interval with every failure in a row; one good read ends it. A
// unit that is gone is no fault (Kafka re-registers beans) and is tried at the next tick. One whose
// read blocked is quarantined at once. One that the shim holds back, because others hang, has not
// failed and is not in quarantine: its value keeps its age. It is asked for at every tick, which
// costs nothing, so that it is read as soon as the shim allows it.
//
// Thread safety: core thread only. Memory is taken by reserve(), 6 bytes a unit.
class Health {
 public:
    explicit Health(const HealthOptions& options) : options_(options) {}

    void set_options(const HealthOptions& options) { options_ = options; }
    void reserve(UnitId unit);
    void forget(UnitId unit);

    // Outcome of a read. Returns the milliseconds until the next attempt, 0 when the sampler
    // decides.
    std::uint32_t on_read(UnitId unit, wire::ReadStatus status, std::int64_t now_ns);

    bool is_quarantined(UnitId unit) const { return reason_[unit] != 0 && reason_[unit] != kHeld; }
    // Whether the unit's last read failed, or was held back.
    bool is_failing(UnitId unit) const { return failures_[unit] != 0 || reason_[unit] != 0; }
    std::uint32_t quarantined() const { return quarantined_; }
    std::uint64_t quarantines_total() const { return quarantines_total_; }

    // Fills `out` with quarantined units in order of their ids; returns how many were written.
    std::size_t list(std::span<Quarantined> out) const;

 private:
    static constexpr auto kHeld = static_cast<std::uint8_t>(wire::ReadStatus::kHeld);

    void quarantine(UnitId unit, wire::ReadStatus status, std::int64_t now_ns);

    HealthOptions options_;
    std::vector<std::uint8_t> failures_;  // in a row
    std::vector<std::uint8_t> reason_;    // ReadStatus; 0 or kHeld: not in quarantine
    std::vector<std::uint32_t> since_s_;
    std::uint32_t quarantined_ = 0;
    std::uint64_t quarantines_total_ = 0;
};

}  // namespace remora
