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

Teller::Teller(const Config& config, bool with_names)
    : with_names_(with_names), selector_(config), unmatched_(config), admission_(config.limits) {
    sample_.set_size(config.topics.partition_sample);
}

std::optional<FamilyId> Teller::add(const Bean& bean) {
    const auto next = static_cast<FamilyId>(families_.size());
    FamilyTally& family =
        families_.try_emplace(family_name(bean.name), FamilyTally{next, 0, 0, 0, 0, {}})
            .first->second;
    ++found_.beans;
    ++family.beans;
    unmatched_.see(bean);
    const Selection selection = selector_.select(bean);
    const auto series = static_cast<std::uint32_t>(selection.slots.size());
    if (!selection.wanted) {
        ++found_.refusals[std::string(reason_text(selection.reason))];
        return std::nullopt;
    }
    if (admission_.admit(family.id, series, selection.claim) != Cap::kNone) {
        ++found_.refusals["over a cap of limits"];
        return std::nullopt;
    }
    Pick pick{selection.policy, series, &family, nullptr, "", ""};
    if (selection.policy.visibility.is_sampled) {
        pick.partition =
            sample_.add(static_cast<UnitId>(picks_.size()), unquote(bean.name.get("topic")),
                        partition_number(bean.name.get("partition")), true, false);
    }
    if (selection.policy.visibility.aggregate != Aggregate::kNone) {
        pick.topic_name = without_partition(bean.name);
    }
    if (with_names_) {
        pick.line = line_of(bean, selection);
    }
    picks_.push_back(std::move(pick));
    return family.id;
}

// What is not shown of what is collected, without values: of a top list it is known how many
// remain, not which.
void Teller::show(const Pick& pick) {
    const VisibilityPolicy& policy = pick.policy.visibility;
    const bool is_outside = pick.partition != nullptr && policy.is_sampled &&
                            !PartitionSample::is_shown(pick.partition);
    if (is_outside && policy.sleeps_unseen()) {
        ++found_.refusals["outside the partition sample, unless in trouble"];
        return;
    }
    ++pick.family->units;
    pick.family->values += pick.series;
    ++pick.family->reads[{pick.policy.unit_class, pick.policy.min_interval_ms,
                          pick.policy.base_interval_ms, pick.policy.max_interval_ms}];
    if (policy.aggregate != Aggregate::kNone && made_.insert(pick.topic_name).second) {
        pick.family->series += pick.series;
    }
    if (is_outside) {
        ++found_.refusals[policy.aggregate == Aggregate::kNone
                              ? "outside the partition sample, read to know of trouble"
                              : "read, and shown in the sum or maximum of its topic"];
        return;
    }
    if (policy.top > 0 && ++at_top_[pick.family->id] > policy.top) {
        ++found_.refusals["read, and not shown while not among the top"];
        return;
    }
    pick.family->series += pick.series;
    if (with_names_) {
        found_.names.push_back(pick.line);
    }
}

Tally Teller::finish() {
    found_.unmatched = unmatched_.sentence();
    found_.unanswered = selector_.take_unanswered().sentences;
    sample_.decide([](UnitId, bool) {});
    for (const Pick& pick : picks_) {
        show(pick);
    }
    for (const auto& [name, family] : families_) {
        found_.units += family.units;
        found_.series += family.series;
    }
    found_.families.assign(families_.begin(), families_.end());
    std::stable_sort(
        found_.families.begin(), found_.families.end(),
        [](const auto& a, const auto& b) { return a.second.series > b.second.series; });
    return std::move(found_);
}

}  // namespace remora
