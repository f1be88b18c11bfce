#include "cache/cache.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/grow.h"

namespace remora {
namespace {

static_assert(kOutputsMax <= 8, "one bit an output");
constexpr std::uint8_t kEveryOutput = 0xFF;

bool same_bits(double a, double b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0;
}

}  // namespace

Cache::Cache(CounterTable& counters)
    : counters_(counters), shapes_(wire::kAttributesMax + 1), staged_(wire::kAttributesMax + 1) {
    texts_.resize(1);  // id 0 is the empty text
}

std::uint32_t Cache::take_range(std::uint16_t slots) {
    std::vector<std::uint32_t>& free_first = shapes_[slots].free_first;
    if (!free_first.empty()) {
        const std::uint32_t first = free_first.back();
        free_first.pop_back();
        return first;
    }
    const auto first = static_cast<std::uint32_t>(values_.size());
    grow(values_, values_.size() + slots);
    grow(scales_, scales_.size() + slots);
    return first;
}

bool Cache::add_unit(UnitId unit, std::uint16_t slots, FamilyId family) {
    if (has(unit) || unit >= kUnitsMax || slots == 0 || slots > wire::kAttributesMax ||
        family >= kFamiliesMax) {
        return false;
    }
    if (unit >= in_use_.size()) {
        const std::size_t units = unit + 1ULL;
        grow(in_use_, units);
        grow(first_, units);
        grow(count_, units);
        grow(family_, units);
        grow(flags_, units);
        grow(is_pending_, units);
        grow(fresh_outputs_, units);
        grow(changed_outputs_, units);
        grow(read_ns_, units);
        grow(read_wall_ms_, units);
    }
    in_use_[unit] = 1;
    count_[unit] = slots;
    family_[unit] = static_cast<std::uint16_t>(family);
    if (family >= uses_.size()) {
        uses_.resize(family + 1UL);
    }
    first_[unit] = take_range(slots);
    for (std::uint32_t i = first_[unit]; i < first_[unit] + slots; ++i) {
        values_[i] = 0;
        scales_[i] = SeriesScale{};
    }
    return true;
}

void Cache::remove_unit(UnitId unit) {
    if (!has(unit)) {
        return;
    }
    if (is_pending_[unit] != 0) {
        REMORA_ASSERT(pending_ >= count_[unit]);
        counters_.add(Counter::kValuesUnregisteredDropped, count_[unit]);
        pending_ -= count_[unit];
    }
    shapes_[count_[unit]].free_first.push_back(first_[unit]);
    in_use_[unit] = 0;
    count_[unit] = 0;
    flags_[unit] = 0;
    is_pending_[unit] = 0;
    fresh_outputs_[unit] = 0;
    changed_outputs_[unit] = 0;
    // An output amid its tick must not take the next unit of this id for the one that has gone.
    for (std::vector<std::uint8_t>& flags : output_flags_) {
        if (unit < flags.size()) {
            flags[unit] = 0;
        }
    }
}

Applied Cache::take(UnitId unit, std::int64_t read_ns, std::int64_t read_wall_ms) {
    REMORA_ASSERT(has(unit));
    Applied applied;
    const std::uint16_t slots = count_[unit];
    double* values = values_.data() + first_[unit];
    SeriesScale* scales = scales_.data() + first_[unit];
    applied.first = (flags_[unit] & kUnitHasValue) == 0;
    applied.elapsed_ns = applied.first ? 0 : std::max<std::int64_t>(1, read_ns - read_ns_[unit]);
    const auto elapsed_s =
        static_cast<float>(applied.elapsed_ns) / static_cast<float>(kNanosPerSecond);
    float deviation = 0;
    for (std::uint16_t slot = 0; slot < slots; ++slot) {
        const double fresh = staged_[slot];
        if (applied.first) {
            start_scale(scales[slot], fresh);
        } else {
            const bool changed = !same_bits(values[slot], fresh);
            applied.changed = applied.changed || changed;
            deviation =
                std::max(deviation, take_deviation(scales[slot], values[slot], fresh, elapsed_s));
        }
        values[slot] = fresh;
    }
    applied.deviation = deviation;
    counters_.add(Counter::kValuesCached, slots);
    if (is_pending_[unit] != 0) {
        counters_.add(Counter::kValuesSuperseded, slots);
    } else {
        is_pending_[unit] = 1;
        pending_ += slots;
    }
    fresh_outputs_[unit] = kEveryOutput;
    if (applied.first || applied.changed) {
        changed_outputs_[unit] = kEveryOutput;
    }
    flags_[unit] |= kUnitHasValue;
    read_ns_[unit] = read_ns;
    read_wall_ms_[unit] = read_wall_ms;
    return applied;
}

void Cache::set_quarantined(UnitId unit, bool quarantined) {
    const auto without = static_cast<std::uint8_t>(flags_[unit] & ~kUnitQuarantined);
    flags_[unit] = quarantined ? static_cast<std::uint8_t>(without | kUnitQuarantined) : without;
}

void Cache::set_hidden(UnitId unit, bool hidden) {
    const auto without = static_cast<std::uint8_t>(flags_[unit] & ~kUnitHidden);
    flags_[unit] = hidden ? static_cast<std::uint8_t>(without | kUnitHidden) : without;
    if (!hidden) {
        fresh_outputs_[unit] = kEveryOutput;
        changed_outputs_[unit] = kEveryOutput;
    }
}

void Cache::forget(UnitId unit) {
    if (is_pending_[unit] != 0) {
        is_pending_[unit] = 0;
        REMORA_ASSERT(pending_ >= count_[unit]);
        counters_.add(Counter::kValuesHidden, count_[unit]);
        pending_ -= count_[unit];
    }
    flags_[unit] = static_cast<std::uint8_t>(flags_[unit] & kUnitHidden);
}

void Cache::set_text(std::uint32_t id, std::string_view text) {
    if (id == 0 || id > kTextsMax) {
        counters_.add(Counter::kTextsRefused);
        return;
    }
    if (id >= texts_.size()) {
        texts_.resize(id + 1ULL);
    }
    texts_[id].assign(text);
}

void Cache::count_tick(const TickCounts& counts) {
    counters_.add(Counter::kCacheHits, counts.hits);
    counters_.add(Counter::kCacheMisses, counts.misses);
    counters_.add(Counter::kCacheStale, counts.stale);
    counters_.add(Counter::kValuesEmittedFresh, counts.misses);
    counters_.add(Counter::kValuesHidden, counts.hidden);
    counters_.set(Counter::kValuesExpired, counts.expired);
    pending_ = 0;
    const std::uint64_t reported = counters_.get(Counter::kValuesEmittedFresh) +
                                   counters_.get(Counter::kValuesHidden) +
                                   counters_.get(Counter::kValuesSuperseded) +
                                   counters_.get(Counter::kValuesUnregisteredDropped);
    const std::uint64_t cached = counters_.get(Counter::kValuesCached);
    counters_.set(Counter::kValuesUnaccounted,
                  cached > reported ? cached - reported : reported - cached);
}

void Cache::freeze_flags(std::size_t output) {
    REMORA_ASSERT(output < kOutputsMax);
    std::vector<std::uint8_t>& flags = output_flags_[output];
    grow(flags, flags_.size());
    const auto bit = static_cast<std::uint8_t>(1U << output);
    for (std::size_t unit = 0; unit < flags_.size(); ++unit) {
        unsigned merged = flags_[unit];
        if ((fresh_outputs_[unit] & bit) != 0) {
            merged |= kUnitFresh;
        }
        if ((changed_outputs_[unit] & bit) != 0) {
            merged |= kUnitChanged;
        }
        flags[unit] = static_cast<std::uint8_t>(merged);
        fresh_outputs_[unit] = static_cast<std::uint8_t>(fresh_outputs_[unit] & ~bit);
        changed_outputs_[unit] = static_cast<std::uint8_t>(changed_outputs_[unit] & ~bit);
    }
}

Values Cache::view(std::size_t output) const {
    REMORA_ASSERT(output < kOutputsMax);
    return {first_, count_, output_flags_[output], read_wall_ms_, values_, texts_, scales_};
}

}  // namespace remora
