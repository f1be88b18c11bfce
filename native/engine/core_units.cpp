// How units come to the core and leave it.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/grow.h"
#include "engine/core.h"
#include "kafka/beans.h"

namespace remora {
std::string Core::name_of(UnitId unit) const {
    return unit < unit_families_.size() ? unit_names_.get(unit, family_names_[unit_families_[unit]])
                                        : std::string();
}

// Units whose values the core itself looks at.
UnitId* Core::place_of(std::string_view object_name) {
    return object_name == kUnderReplicatedPartitions ? &under_replicated_
           : object_name == kUnderMinIsrPartitions   ? &under_min_isr_
                                                     : nullptr;
}

void Core::handle_control() {
    ControlItem* raw = nullptr;
    // The item was pushed before the message that announces it.
    const bool is_there = channels_.control.try_pop(raw);
    REMORA_ASSERT(is_there);
    const std::unique_ptr<ControlItem> item(raw);
    switch (item->kind) {
        case ControlItem::Kind::kUnit:
            add_unit(item->registration);
            return;
        case ControlItem::Kind::kText:
            cache_.set_text(item->text_id, item->text);
            return;
        case ControlItem::Kind::kUndescribed:
            on_undescribed(*item);
            return;
        case ControlItem::Kind::kRefused:
            name_family(item->registration.family, item->registration.family_name);
            series_refused_.resize(std::max(series_refused_.size(), family_names_.size()));
            series_refused_[item->registration.family] = item->series_refused;
            return;
        case ControlItem::Kind::kSwept:
            for (const UnitId unit : item->whole) {
                visibility_.set_whole(unit);
            }
            if (reload_ != nullptr && item->generation == reload_->generation) {
                is_swept_ = true;
                swept_ns_ = clock_.monotonic_ns();
                visibility_.set_partition_sample(reload_->config.topics.partition_sample);
            }
            return;
    }
}

void Core::name_family(FamilyId family, const std::string& name) {
    if (family >= family_names_.size()) {
        family_names_.resize(family + 1);
        family_costs_.reserve(family_names_.size());
    }
    if (family_names_[family].empty()) {
        family_names_[family] = name;
        if (trace_ != nullptr) {
            trace_->add_family(family, name);
        }
    }
}

void Core::add_unit(Registration& registration) {
    const UnitId unit = registration.unit;
    UnitTraits traits;
    traits.family = registration.family;
    traits.values = static_cast<std::uint16_t>(
        registration.series.empty() ? cache_.slots(unit) : registration.series.size());
    traits.importance = static_cast<float>(registration.policy.weight);
    traits.unit_class = registration.policy.unit_class;
    traits.interval_ms_min = registration.policy.min_interval_ms;
    traits.interval_ms_base = registration.policy.base_interval_ms;
    traits.interval_ms_max = registration.policy.max_interval_ms;
    const VisibilityPolicy& policy = registration.policy.visibility;
    const ObjectName& name = registration.name.get();
    if (registration.is_kept) {
        REMORA_ASSERT(cache_.has(unit));
        if (registration.made_by == Aggregate::kNone) {
            sampler_.update_unit(unit, traits);
            visibility_.update_unit(unit, registration.family, name, policy);
            if (policy.is_sampled || sampled_.count(unit) > 0) {
                sampled_[unit] = traits;
            }
        } else {
            visibility_.set_aggregate(unit, registration.made_by, registration.is_incomplete);
        }
        add_to_fresh_outputs(registration);
        return;
    }
    name_family(registration.family, registration.family_name);
    if (!cache_.add_unit(unit, static_cast<std::uint16_t>(registration.series.size()),
                         registration.family)) {
        log_.error("core.add_unit", "unit refused by the core: " + std::string(name.text()));
        return;
    }
    if (registration.made_by != Aggregate::kNone) {
        visibility_.add_aggregate(unit);
        visibility_.set_aggregate(unit, registration.made_by, registration.is_incomplete);
    } else {
        visibility_.add_unit(unit, registration.family, name, policy, registration.aggregate);
        if (visibility_.is_read(unit)) {
            begin_reading(unit, traits, name.text());
        }
    }
    if (policy.is_sampled) {
        sampled_[unit] = traits;
    }
    if (UnitId* place = place_of(name.text())) {
        *place = unit;
    }
    for (const auto& output : outputs_) {
        output->add_unit(registration);
    }
    add_to_fresh_outputs(registration);
    if (trace_ != nullptr) {
        trace_->add_unit(unit,
                         {registration.family, registration.kind, traits.unit_class,
                          static_cast<std::uint16_t>(registration.series.size()), name.text()});
    }
    if (unit >= unit_families_.size()) {
        grow(unit_families_, unit + 1UL);
        grow(drawn_state_, unit + 1UL);
    }
    unit_families_[unit] = static_cast<std::uint16_t>(registration.family);
    unit_names_.set(unit, family_names_[registration.family], name.text());
}

void Core::add_to_fresh_outputs(const Registration& registration) {
    if (reload_ == nullptr || registration.series.empty()) {
        return;
    }
    for (const Reload::Output& output : reload_->outputs) {
        if (output.fresh != nullptr) {
            output.fresh->add_unit(registration);
        }
    }
}

void Core::remove_unit(UnitId unit) {
    if (!cache_.has(unit)) {
        return;
    }
    for (const auto& output : outputs_) {
        output->remove_unit(unit);
    }
    if (reload_ != nullptr) {
        for (const Reload::Output& output : reload_->outputs) {
            if (output.fresh != nullptr) {
                output.fresh->remove_unit(unit);
            }
        }
    }
    if (trace_ != nullptr) {
        trace_->remove_unit(unit);
    }
    visibility_.remove_unit(unit);
    sampled_.erase(unit);
    const std::string name = name_of(unit);
    if (UnitId* place = place_of(name); place != nullptr && *place == unit) {
        *place = kNoUnit;
    }
    std::erase(read_soon_, unit);
    cache_.remove_unit(unit);
    sampler_.remove_unit(unit);
    drawn_state_[unit] = Drawn::kNo;
    unit_names_.erase(unit);
    freed_waiting_.push_back(unit);
}

void Core::begin_reading(UnitId unit, const UnitTraits& traits, std::string_view name) {
    if (!sampler_.add_unit(unit, traits)) {
        log_.error("core.begin_reading", "unit refused by the sampler: " + std::string(name));
    }
}

// A unit that is not shown is not read either, unless something is made of it.
void Core::apply_visibility() {
    for (const Visibility::Change& change : visibility_.settle()) {
        const UnitId unit = change.unit;
        if (change.is_read) {
            begin_reading(unit, sampled_[unit], name_of(unit));
            read_soon_.push_back(unit);  // its interval may be long
        } else {
            sampler_.remove_unit(unit);
            intervals_.set(unit, kIntervalNever);
        }
    }
}

void Core::give_back_ids() {
    while (!freed_waiting_.empty() && channels_.freed.try_push(freed_waiting_.back())) {
        freed_waiting_.pop_back();
    }
}

}  // namespace remora
