#include "select/profile.h"

#include <algorithm>

#include "match/pattern.h"

namespace remora {
namespace {

// What profile all gives to beans without a row.
constexpr ProfileRow kAnyBean = {"*", "*", "", Importance::kNormal};

bool is_single_word(std::string_view choices) {
    return choices.find_first_of(" *?") == std::string_view::npos;
}

}  // namespace

double weight_of(Importance importance) {
    switch (importance) {
        case Importance::kLow:
            return 0.25;
        case Importance::kNormal:
            return 1.0;
        case Importance::kHigh:
            return 4.0;
        case Importance::kAlert:
            return 16.0;
    }
    return 1.0;
}

bool matches_choice(std::string_view choices, std::string_view value) {
    if (choices.empty()) {
        return true;
    }
    while (!choices.empty()) {
        const std::size_t space = std::min(choices.find(' '), choices.size());
        if (glob_matches(choices.substr(0, space), value)) {
            return true;
        }
        choices.remove_prefix(std::min(space + 1, choices.size()));
    }
    return false;
}

ProfileTable::ProfileTable(Profile profile) : profile_(profile) {
    for (const ProfileRow& row : profile_rows()) {
        if (profile == Profile::kMinimal && !row.minimal) {
            continue;
        }
        if (is_single_word(row.type)) {
            by_type_[row.type].push_back(&row);
        } else {
            any_type_.push_back(&row);
        }
    }
}

const ProfileRow* ProfileTable::find(const ObjectName& name) const {
    const std::string_view type = name.get("type");
    const auto fits = [&](const ProfileRow& row) {
        if (!matches_choice(row.domain, name.domain()) || !matches_choice(row.type, type) ||
            !matches_choice(row.names, name.get("name"))) {
            return false;
        }
        if (profile_ == Profile::kAll) {
            return true;  // for its importance alone
        }
        const std::string_view request = name.get("request");
        const std::string_view kind = request.empty() ? name.get("delayedOperation") : request;
        const bool topic_fits =
            (row.per_topic && profile_ != Profile::kMinimal) || !name.has("topic");
        return topic_fits && matches_choice(row.kinds, kind);
    };
    const auto found = by_type_.find(type);
    if (found != by_type_.end()) {
        for (const ProfileRow* row : found->second) {
            if (fits(*row)) {
                return row;
            }
        }
    }
    for (const ProfileRow* row : any_type_) {
        if (fits(*row)) {
            return row;
        }
    }
    return profile_ == Profile::kAll ? &kAnyBean : nullptr;
}

}  // namespace remora
