#include "sample/health.h"

#include <algorithm>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::uint8_t kFailuresCounted = 32;

}  // namespace

void Health::reserve(UnitId unit) {
    if (unit >= failures_.size()) {
        failures_.resize(unit + 1);
        reason_.resize(unit + 1);
        since_s_.resize(unit + 1);
    }
}

void Health::forget(UnitId unit) {
    if (is_quarantined(unit)) {
        --quarantined_;
    }
    failures_[unit] = 0;
    reason_[unit] = 0;
}

std::uint32_t Health::on_read(UnitId unit, wire::ReadStatus status, std::int64_t now_ns) {
    if (status == wire::ReadStatus::kOk) {
        if (is_failing(unit)) {
            forget(unit);
        }
        return 0;
    }
    if (status == wire::ReadStatus::kGone) {
        return options_.base_interval_ms;
    }
    if (status == wire::ReadStatus::kHeld) {
        // A reason that a read has found stays.
        reason_[unit] = reason_[unit] == 0 ? kHeld : reason_[unit];
        return options_.base_interval_ms;
    }
    const bool blocked = status == wire::ReadStatus::kBlocked;
    failures_[unit] =
        static_cast<std::uint8_t>(std::min<int>(failures_[unit] + 1, kFailuresCounted));
    if (blocked || failures_[unit] >= options_.failures_until_quarantine) {
        quarantine(unit, status, now_ns);
    }
    const std::uint64_t doubled = std::uint64_t{options_.base_interval_ms} << (failures_[unit] - 1);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(doubled, options_.max_interval_ms));
}

void Health::quarantine(UnitId unit, wire::ReadStatus status, std::int64_t now_ns) {
    if (is_quarantined(unit)) {
        return;
    }
    since_s_[unit] = static_cast<std::uint32_t>(now_ns / kNanosPerSecond);
    reason_[unit] = static_cast<std::uint8_t>(status);
    ++quarantined_;
    ++quarantines_total_;
}

std::size_t Health::list(std::span<Quarantined> out) const {
    std::size_t written = 0;
    std::uint32_t left = quarantined_;
    for (UnitId unit = 0; unit < reason_.size() && left > 0 && written < out.size(); ++unit) {
        if (is_quarantined(unit)) {
            --left;
            out[written++] = {unit, static_cast<wire::ReadStatus>(reason_[unit]),
                              std::int64_t{since_s_[unit]} * kNanosPerSecond};
        }
    }
    return written;
}

}  // namespace remora
