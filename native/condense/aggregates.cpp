#include "condense/aggregates.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"

namespace remora {
namespace {

const std::vector<UnitId> kNone;

}  // namespace

void Aggregates::add(UnitId unit) {
    Made& made = made_[unit];
    made = Made{};
    made.unit = unit;
}

void Aggregates::remove(UnitId unit) {
    made_.erase(unit);
}

void Aggregates::add_member(UnitId unit, UnitId member) {
    const auto found = made_.find(unit);
    if (found != made_.end()) {
        found->second.members.push_back(member);
        found->second.is_changed = true;
    }
}

void Aggregates::remove_member(UnitId unit, UnitId member) {
    const auto found = made_.find(unit);
    if (found != made_.end()) {
        std::erase(found->second.members, member);
        found->second.is_changed = true;
    }
}

void Aggregates::set(UnitId unit, Aggregate how, bool incomplete) {
    const auto found = made_.find(unit);
    if (found == made_.end()) {
        return;
    }
    Made& made = found->second;
    made.is_changed = made.is_changed || made.how != how || made.is_incomplete != incomplete;
    made.how = how;
    made.is_incomplete = incomplete;
}

bool Aggregates::is_due(const Made& made, const Cache& cache) {
    bool is_fresh = made.is_changed;
    if (made.is_incomplete) {
        return is_fresh;
    }
    for (const UnitId member : made.members) {
        if (cache.values(member) == nullptr && !cache.is_quarantined(member)) {
            return false;  // a part of a sum would look like a drop
        }
        is_fresh = is_fresh || cache.is_unsettled(member);
    }
    return is_fresh;
}

void Aggregates::make(Made& made, Cache& cache) {
    std::int64_t read_ns = std::numeric_limits<std::int64_t>::max();
    std::int64_t read_wall_ms = read_ns;
    bool is_any = false;
    for (const UnitId member : made.is_incomplete ? kNone : made.members) {
        if (cache.values(member) != nullptr && !cache.is_quarantined(member)) {
            // A unit of another shape would be another aggregate's.
            REMORA_ASSERT(cache.slots(member) == cache.slots(made.unit));
            is_any = true;
            read_ns = std::min(read_ns, cache.read_ns(member));
            read_wall_ms = std::min(read_wall_ms, cache.read_wall_ms(member));
        }
    }
    cache.set_quarantined(made.unit, !is_any);
    if (!is_any) {
        return;
    }
    const std::uint16_t slots = cache.slots(made.unit);
    for (std::uint16_t slot = 0; slot < slots; ++slot) {
        // Of values that are all no numbers there is no sum either.
        double result = std::numeric_limits<double>::quiet_NaN();
        for (const UnitId member : made.members) {
            const double* values = cache.values(member);
            if (values == nullptr || cache.is_quarantined(member) || std::isnan(values[slot])) {
                continue;
            }
            if (std::isnan(result)) {
                result = values[slot];
            } else {
                result = made.how == Aggregate::kSum ? result + values[slot]
                                                     : std::max(result, values[slot]);
            }
        }
        cache.stage(made.unit, slot, result);
    }
    cache.take(made.unit, read_ns, read_wall_ms);
    counters_.add(Counter::kValuesAggregated, slots);
}

void Aggregates::update(Cache& cache) {
    for (auto& [unit, made] : made_) {
        if (is_due(made, cache)) {
            made.is_changed = false;
            make(made, cache);
        }
    }
}

}  // namespace remora
