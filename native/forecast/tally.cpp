#include "forecast/tally.h"

#include <algorithm>

namespace remora {
namespace {

std::string line_of(const Bean& bean, const Selection& selection) {
    std::string line(bean.name.text());
    for (const Slot& slot : selection.slots) {
        line += '\t';
        line += slot.path;
    }
    return line;
}

}  // namespace

TallyBuilder::TallyBuilder(const Config& config, bool with_names)
    : with_names_(with_names), selector_(config), unmatched_(config), admission_(config.limits) {
    sample_.set_size(config.topics.partition_sample);
}

std::optional<FamilyId> TallyBuilder::add(const Bean& bean) {
    const auto next = static_cast<FamilyId>(families_.size());
    FamilyTally& family =
        families_.try_emplace(family_name(bean.name), FamilyTally{next, 0, 0, 0, 0, {}})
            .first->second;
    ++tally_.beans;
    ++family.beans;
    unmatched_.see(bean);
    const Selection selection = selector_.select(bean);
    const auto series = static_cast<std::uint32_t>(selection.slots.size());
    if (!selection.wanted) {
        ++tally_.refusals[std::string(reason_text(selection.reason))];
        return std::nullopt;
    }
    if (admission_.admit(family.id, series, selection.claim) != Cap::kNone) {
        ++tally_.refusals["over a cap of limits"];
        return std::nullopt;
    }
    CollectedBean collected{selection.policy, series, &family, nullptr, "", ""};
    if (selection.policy.visibility.is_sampled) {
        collected.partition =
            sample_.add(static_cast<UnitId>(collected_.size()), unquote(bean.name.get("topic")),
                        partition_number(bean.name.get("partition")), true, false);
    }
    if (selection.policy.visibility.aggregate != Aggregate::kNone) {
        collected.aggregate = without_partition(bean.name);
    }
    if (with_names_) {
        collected.line = line_of(bean, selection);
    }
    collected_.push_back(std::move(collected));
    return family.id;
}

// There are no values here: of a top list it is known how many beans are in it, not which.
void TallyBuilder::count_shown(const CollectedBean& bean) {
    const VisibilityPolicy& policy = bean.policy.visibility;
    const bool is_outside = bean.partition != nullptr && policy.is_sampled &&
                            !PartitionSample::is_shown(bean.partition);
    if (is_outside && policy.sleeps_unseen()) {
        ++tally_.refusals["outside the partition sample, unless in trouble"];
        return;
    }
    ++bean.family->units;
    bean.family->values += bean.series;
    ++bean.family->reads[{bean.policy.unit_class, bean.policy.min_interval_ms,
                          bean.policy.base_interval_ms, bean.policy.max_interval_ms}];
    if (policy.aggregate != Aggregate::kNone && aggregates_.insert(bean.aggregate).second) {
        bean.family->series += bean.series;
    }
    if (is_outside) {
        ++tally_.refusals[policy.aggregate == Aggregate::kNone
                              ? "outside the partition sample, read to know of trouble"
                              : "read, and shown in the sum or maximum of its topic"];
        return;
    }
    if (policy.top > 0 && ++in_top_list_[bean.family->id] > policy.top) {
        ++tally_.refusals["read, and not shown while not among the top"];
        return;
    }
    bean.family->series += bean.series;
    if (with_names_) {
        tally_.names.push_back(bean.line);
    }
}

Tally TallyBuilder::finish() {
    tally_.unmatched = unmatched_.sentence();
    tally_.unanswered = selector_.take_unanswered().sentences;
    sample_.decide([](UnitId, bool) {});
    for (const CollectedBean& bean : collected_) {
        count_shown(bean);
    }
    for (const auto& [name, family] : families_) {
        tally_.units += family.units;
        tally_.series += family.series;
    }
    tally_.families.assign(families_.begin(), families_.end());
    std::stable_sort(
        tally_.families.begin(), tally_.families.end(),
        [](const auto& a, const auto& b) { return a.second.series > b.second.series; });
    return std::move(tally_);
}

}  // namespace remora
