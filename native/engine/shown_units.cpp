#include "engine/shown_units.h"

#include <algorithm>
#include <string>

namespace remora {

ShownUnits::ShownUnits(Cache& cache, Sampler& sampler, IntervalTable& intervals, WakeList& wakes,
                       CounterTable& counters, Log& log)
    : cache_(cache),
      sampler_(sampler),
      intervals_(intervals),
      wakes_(wakes),
      log_(log),
      visibility_(cache, counters) {}

UnitTraits ShownUnits::traits_of(const Registration& registration) const {
    const UnitPolicy& policy = registration.policy;
    UnitTraits traits;
    traits.family = registration.family;
    traits.values = cache_.slots(registration.unit);
    traits.importance = static_cast<float>(policy.weight);
    traits.unit_class = policy.unit_class;
    traits.min_interval_ms = policy.min_interval_ms;
    traits.base_interval_ms = policy.base_interval_ms;
    traits.max_interval_ms = policy.max_interval_ms;
    return traits;
}

void ShownUnits::add(const Registration& registration) {
    const UnitId unit = registration.unit;
    const VisibilityPolicy& policy = registration.policy.visibility;
    if (registration.made_by != Aggregate::kNone) {
        visibility_.add_aggregate(unit);
        visibility_.set_aggregate(unit, registration.made_by, registration.is_incomplete);
        return;
    }
    visibility_.add_unit(unit, registration.family, registration.name.get(), policy,
                         registration.aggregate);
    const UnitTraits traits = traits_of(registration);
    if (visibility_.is_read(unit) && !sampler_.add_unit(unit, traits)) {
        log_refused(std::string(registration.name.get().text()));
    }
    if (policy.is_sampled) {
        sampled_[unit] = traits;
    }
}

void ShownUnits::keep(const Registration& registration) {
    const UnitId unit = registration.unit;
    const VisibilityPolicy& policy = registration.policy.visibility;
    if (registration.made_by != Aggregate::kNone) {
        visibility_.set_aggregate(unit, registration.made_by, registration.is_incomplete);
        return;
    }
    const UnitTraits traits = traits_of(registration);
    sampler_.update_unit(unit, traits);
    visibility_.update_unit(unit, registration.family, registration.name.get(), policy);
    if (policy.is_sampled || sampled_.count(unit) > 0) {
        sampled_[unit] = traits;
    }
}

void ShownUnits::remove(UnitId unit) {
    visibility_.remove_unit(unit);
    sampled_.erase(unit);
    sampler_.remove_unit(unit);
}

void ShownUnits::log_refused(const std::string& name) {
    log_.error("core.begin_reading", "unit refused by the sampler: " + name);
}

void ShownUnits::decide(const UnitDirectory& names) {
    for (const Visibility::Change& change : visibility_.decide()) {
        const UnitId unit = change.unit;
        if (change.is_read) {
            if (!sampler_.add_unit(unit, sampled_[unit])) {
                log_refused(names.name_of(unit));
            }
            wakes_.read_soon(unit);  // its interval may be long
        } else {
            sampler_.remove_unit(unit);
            intervals_.set(unit, kIntervalNever);
        }
    }
}

void ShownUnits::tick(std::int64_t now_ns, const UnitDirectory& names) {
    visibility_.tick(now_ns);
    decide(names);
}

UnitAtTick ShownUnits::at_tick(UnitId unit) const {
    // What is not read by itself is made of partitions, and as old as the oldest of them may be.
    if (!sampler_.has(unit)) {
        std::uint32_t bound_ms = sampler_.bound_ms(UnitClass::kPartition);
        visibility_.for_each_member(unit, [&](UnitId member) {
            bound_ms = std::max(bound_ms, sampler_.has(member) ? sampler_.bound_ms(member) : 0);
        });
        return {UnitClass::kPartition, bound_ms, bound_ms};
    }
    const std::uint32_t bound_ms = sampler_.bound_ms(unit);
    const std::uint32_t interval_ms = intervals_.get(unit);
    return {sampler_.class_of(unit), interval_ms == kIntervalNever ? bound_ms : interval_ms,
            bound_ms};
}

}  // namespace remora
