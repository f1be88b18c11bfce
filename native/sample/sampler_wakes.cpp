// What is read because of what was just read: sentinels and surprises.
#include "sample/sampler.h"
#include "sample/sampler_inline.h"

namespace remora {

void Sampler::set_sentinel(UnitId unit, UnitId sentinel) {
    if (unit < flags_.size() && (sentinel == kNoUnit || sentinel < flags_.size())) {
        sentinel_[unit] = sentinel;
        heard_ms_[unit] = sentinel == kNoUnit ? 0 : moved_ms_[sentinel];
        flags_[unit] &= static_cast<std::uint16_t>(~(kDistrusting));
    }
}

void Sampler::stir(UnitId unit) {
    if (wakes() && unit < flags_.size() &&
        (flags_[unit] & (kActive | kKnown)) == (kActive | kKnown)) {
        flags_[unit] |= kStirred;
    }
}

void Sampler::settle_stirred(UnitId unit) {
    constexpr int kRead = kReadNow | kWoken;
    const std::uint16_t flags = flags_[unit];
    if ((flags & kRead) != kRead) {
        return;
    }
    flags_[unit] = (flags & (kChanged | kReadInVain)) == 0
                       ? flags | kReadInVain
                       : flags & static_cast<std::uint16_t>(~(kStirred | kReadInVain));
}

// A read of cost c buys lambda / 2 scale seconds elsewhere (the derivative of the law); here it
// saves `surprise` scales for what is left of the interval, half of it on average.
bool Sampler::is_worth_waking(UnitId unit, float surprise) const {
    const std::uint16_t flags = flags_[unit];
    constexpr int kCandidate = kActive | kKnown;
    constexpr int kNot = kShed | kReadNow | kWoken;
    if ((flags & (kCandidate | kNot)) != kCandidate || is_pinned(unit) ||
        health_.is_failing(unit)) {
        return false;
    }
    const std::uint32_t interval_ms = intervals_.get(unit);
    const auto interval_s = static_cast<float>(interval_ms) / static_cast<float>(kMsPerSecond);
    const float cost = options_.ignore_cost ? 1.0F : cost_ns(unit);
    return interval_ms > kinds_[limits_[unit]].base_ms &&
           static_cast<double>(importance_[unit] * surprise * interval_s) >
               lambda_ * static_cast<double>(cost);
}

// The unit has changed, or was idle and its sentinel has just said that it is no longer.
bool Sampler::is_stirred(UnitId unit) const {
    const std::uint16_t flags = flags_[unit];
    if ((flags & (kActive | kKnown | kShed | kWoken)) != (kActive | kKnown) ||
        health_.is_failing(unit)) {
        return false;
    }
    if ((flags & kStirred) != 0) {
        return true;
    }
    const UnitId sentinel = sentinel_[unit];
    if (sentinel == kNoUnit || (flags & (kReadNow | kDistrusting)) != 0 ||
        (flags_[sentinel] & (kReadNow | kChanged)) != (kReadNow | kChanged)) {
        return false;
    }
    return (flags & kIdle) != 0 && intervals_.get(unit) > kinds_[limits_[unit]].base_ms;
}

std::size_t Sampler::collect_wakes(std::span<UnitId> out) {
    if (!wakes()) {
        return 0;
    }
    std::size_t woken = 0;
    const auto units = static_cast<UnitId>(flags_.size());
    for (UnitId unit = 0; unit < units && woken < out.size(); ++unit) {
        const Family& family = families_[family_[unit]];
        if (is_stirred(unit)) {
            out[woken++] = unit;
            flags_[unit] |= kWoken;
            continue;
        }
        // Two reads without surprise are put in, so that one surprised read alone is no alarm for
        // all.
        if (family.surprise > 0 && is_worth_waking(unit, family.surprise / (family.reads + 2))) {
            out[woken++] = unit;
            flags_[unit] |= kWoken;
        }
    }
    return woken;
}

}  // namespace remora
