#include "visibility/aggregates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/assert.h"

namespace remora {
namespace {

// With what has no value, or is no number, there is no whole: a part of it neither.
double joined(Aggregate how, double result, double value) {
    if (is_no_value(result) || is_no_value(value)) {
        return no_value();
    }
    if (how == Aggregate::kSum) {
        return result + value;
    }
    return std::isnan(value) || value > result ? value : result;
}

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

void Aggregates::set_whole(UnitId unit) {
    const auto found = made_.find(unit);
    if (found != made_.end()) {
        set(unit, found->second.how, false);
    }
}

// A part of a sum would look like a drop.
bool Aggregates::is_known(const Made& made, const Cache& cache) {
    return !made.is_incomplete && !made.members.empty() &&
           std::all_of(made.members.begin(), made.members.end(), [&cache](UnitId member) {
               return cache.values(member) != nullptr && !cache.is_quarantined(member);
           });
}

bool Aggregates::is_due(const Made& made, const Cache& cache) {
    return made.is_changed || cache.is_quarantined(made.unit) ||
           std::any_of(made.members.begin(), made.members.end(),
                       [&cache](UnitId member) { return cache.is_pending(member); });
}

void Aggregates::make(const Made& made, Cache& cache) {
    std::int64_t read_ns = std::numeric_limits<std::int64_t>::max();
    std::int64_t read_wall_ms = read_ns;
    for (const UnitId member : made.members) {
        // A unit of another shape would be another aggregate's.
        REMORA_ASSERT(cache.slots(member) == cache.slots(made.unit));
        read_ns = std::min(read_ns, cache.read_ns(member));
        read_wall_ms = std::min(read_wall_ms, cache.read_wall_ms(member));
    }
    const std::uint16_t slots = cache.slots(made.unit);
    for (std::uint16_t slot = 0; slot < slots; ++slot) {
        double result = cache.values(made.members.front())[slot];
        for (std::size_t i = 1; i < made.members.size(); ++i) {
            const double value = cache.values(made.members[i])[slot];
            result = joined(made.how, result, value);
        }
        cache.stage(made.unit, slot, result);
    }
    cache.take(made.unit, read_ns, read_wall_ms);
    counters_.add(Counter::kValuesAggregated, slots);
}

void Aggregates::update(Cache& cache) {
    std::uint64_t unknown = 0;
    for (auto& [unit, made] : made_) {
        if (!is_known(made, cache)) {
            ++unknown;
            cache.set_quarantined(unit, true);
            continue;
        }
        if (is_due(made, cache)) {
            made.is_changed = false;
            cache.set_quarantined(unit, false);
            make(made, cache);
        }
    }
    counters_.set(Counter::kAggregatesUnknown, unknown);
}

}  // namespace remora
