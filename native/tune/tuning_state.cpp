#include "tune/tuning_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bounded_json.h"
#include "base/formatted.h"
#include "base/hash.h"

namespace remora {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Edit, section, output, keys)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Change, id, rule, subject, kinds, edit, ground, figure, before,
                                   after, noise, since_wall_ms, window)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Rest, subject, until_wall_ms, rest_s)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TuningState, next_id, kept, trial, rests)

namespace {

using nlohmann::json;

constexpr int kVersion = 2;

// Of all but the sum itself.
std::string sum_of(const json& all) {
    return formatted("%016llx", static_cast<unsigned long long>(hash_64(json_text(all))));
}

Status corrupt(const std::string& found) {
    return Status(Code::kCorrupt, "found " + found +
                                      "; expected what an agent of this version has written, "
                                      "unchanged");
}

// Whoever wrote the sum too may still have written anything.
bool can_be(const Change& change) {
    return !change.edit.is_empty() && change.edit.keys.is_object();
}

bool can_be(const Rest& rest) {
    return rest.until_wall_ms >= 0 && rest.rest_s >= 0 && rest.rest_s <= kRestMaxS;
}

bool can_be(const TuningState& state) {
    const auto all = [](const auto& list) {
        return std::all_of(list.begin(), list.end(), [](const auto& one) { return can_be(one); });
    };
    return state.kept.size() <= kKeptMax && state.trial.size() <= 1 && all(state.kept) &&
           all(state.trial) && all(state.rests);
}

}  // namespace

std::string print_state(const TuningState& state) {
    json all = state;
    all["version"] = kVersion;
    all["sum"] = sum_of(all);
    return json_text(all, 2) + "\n";
}

Result<TuningState> parse_state(std::string_view text) {
    json all = parse_bounded(text);
    if (!all.is_object() || !all.contains("version")) {
        return corrupt("no state of the optimizer");
    }
    if (all["version"] != kVersion) {
        return Status(Code::kCorrupt, "found version " + json_text(all["version"]).substr(0, 40) +
                                          "; expected " + std::to_string(kVersion));
    }
    const json sum = all.value("sum", json());
    all.erase("sum");
    if (sum != sum_of(all)) {
        return corrupt("a file that was edited or damaged");
    }
    try {
        TuningState state = all.get<TuningState>();
        if (can_be(state)) {
            return state;
        }
    } catch (const json::exception&) {
        return corrupt("another kind of value than a state has");
    }
    return corrupt("a change or a rest that cannot be");
}

}  // namespace remora
