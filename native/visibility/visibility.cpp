#include "visibility/visibility.h"

#include <algorithm>

#include "base/grow.h"

namespace remora {

Visibility::Visibility(Cache& cache, CounterTable& counters)
    : cache_(cache), counters_(counters), aggregates_(counters) {}

void Visibility::add_unit(UnitId unit, FamilyId family, const ObjectName& name,
                          const VisibilityPolicy& policy, UnitId aggregate) {
    if (policy == VisibilityPolicy{}) {
        return;
    }
    if (unit >= states_.size()) {
        grow(states_, unit + 1);
    }
    states_[unit] = State{};
    states_[unit].aggregate = aggregate;
    if (aggregate != kNoUnit) {
        aggregates_.add_member(aggregate, unit);
    }
    enter(unit, family, name, policy);
    // Not before decide() has found its partition among those that are shown.
    if (states_[unit].partition != nullptr && policy.is_sampled) {
        hide(unit, kOutsideSample, true);
        set_asleep(unit, policy.sleeps_unseen());
    }
}

void Visibility::update_unit(UnitId unit, FamilyId family, const ObjectName& name,
                             const VisibilityPolicy& policy) {
    if (unit >= states_.size()) {
        if (policy == VisibilityPolicy{}) {
            return;
        }
        grow(states_, unit + 1);
    }
    if (states_[unit].policy == policy) {
        return;
    }
    leave(unit);
    enter(unit, family, name, policy);
    if (!policy.is_sampled) {
        hide(unit, kOutsideSample, false);
        set_asleep(unit, false);
    }
}

void Visibility::enter(UnitId unit, FamilyId family, const ObjectName& name,
                       const VisibilityPolicy& policy) {
    State& state = states_[unit];
    state.family = static_cast<std::uint16_t>(family);
    state.policy = policy;
    if (policy.needs_partition()) {
        state.partition =
            sample_.add(unit, unquote(name.get("topic")), partition_number(name.get("partition")),
                        policy.is_sampled, policy.signals_trouble);
    }
    if (policy.top > 0) {
        state.top = top_list(state.family, policy.top);
        state.top->add(unit, policy.grows);
    }
    hide(unit, kNotAtTop, policy.top > 0);
}

void Visibility::leave(UnitId unit) {
    State& state = states_[unit];
    if (state.partition != nullptr) {
        sample_.remove(unit, state.partition);
        state.partition = nullptr;
    }
    if (state.top != nullptr) {
        state.top->remove(unit);
        if (state.top->is_empty()) {
            std::erase_if(top_lists_, [&](const auto& it) { return it.get() == state.top; });
        }
        state.top = nullptr;
    }
}

void Visibility::remove_unit(UnitId unit) {
    aggregates_.remove(unit);
    if (unit >= states_.size()) {
        return;
    }
    leave(unit);
    hide(unit, kOutsideSample, false);
    hide(unit, kNotAtTop, false);
    if (states_[unit].aggregate != kNoUnit) {
        aggregates_.remove_member(states_[unit].aggregate, unit);
    }
    std::erase_if(changes_, [unit](const Change& change) { return change.unit == unit; });
    states_[unit] = State{};
}

TopList* Visibility::top_list(FamilyId family, std::uint32_t size) {
    for (const std::unique_ptr<TopList>& list : top_lists_) {
        if (list->family() == family && list->size() == size) {
            return list.get();
        }
    }
    return top_lists_.emplace_back(std::make_unique<TopList>(family, size)).get();
}

void Visibility::hide(UnitId unit, Reason reason, bool hides) {
    State& state = states_[unit];
    const bool was_hidden = state.hidden != 0;
    state.hidden = static_cast<std::uint8_t>(hides ? state.hidden | reason
                                                   : state.hidden & ~static_cast<unsigned>(reason));
    const bool is_hidden = state.hidden != 0;
    if (is_hidden == was_hidden) {
        return;
    }
    cache_.set_hidden(unit, is_hidden);
    const std::uint64_t series = cache_.slots(unit);
    if (state.family >= hidden_series_.size()) {
        hidden_series_.resize(state.family + 1U);
    }
    hidden_series_[state.family] += is_hidden ? series : 0 - series;
    hidden_total_ += is_hidden ? series : 0 - series;
    counters_.set(Counter::kSeriesHidden, hidden_total_);
}

void Visibility::set_asleep(UnitId unit, bool asleep) {
    if (states_[unit].is_asleep == asleep) {
        return;
    }
    states_[unit].is_asleep = asleep;
    if (asleep) {
        cache_.forget(unit);
    }
    changes_.push_back({unit, !asleep});
}

void Visibility::tick(std::int64_t now_ns) {
    sample_.look_for_trouble(cache_, now_ns);
    for (const std::unique_ptr<TopList>& list : top_lists_) {
        list->update(cache_,
                     [this](UnitId unit, bool is_shown) { hide(unit, kNotAtTop, !is_shown); });
    }
    aggregates_.update(cache_);
}

const std::vector<Visibility::Change>& Visibility::decide() {
    sample_.decide([this](UnitId unit, bool is_shown) {
        hide(unit, kOutsideSample, !is_shown);
        set_asleep(unit, !is_shown && states_[unit].policy.sleeps_unseen());
    });
    decided_.clear();
    decided_.swap(changes_);
    return decided_;
}

}  // namespace remora
