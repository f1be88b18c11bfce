#include "tune/tuning_state.h"

#include <nlohmann/json.hpp>

namespace remora {
namespace {

constexpr int kVersion = 1;

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Edit, section, output, keys)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Change, id, rule, subject, kinds, edit, ground, figure, before,
                                   after, noise, since_wall_ms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Rest, subject, until_wall_ms, rest_s)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TuningState, next_id, kept, trial, rests)

std::string print_state(const TuningState& state) {
    nlohmann::json json = state;
    json["version"] = kVersion;
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<TuningState> parse_state(std::string_view text) {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    try {
        if (json.at("version").get<int>() != kVersion) {
            return Status(Code::kCorrupt, "found version " + json.at("version").dump() +
                                              "; expected " + std::to_string(kVersion));
        }
        TuningState state = json.get<TuningState>();
        for (const Change& change : state.kept) {
            if (change.edit.is_empty() || !change.edit.keys.is_object()) {
                return Status(Code::kCorrupt, "found a change that changes nothing");
            }
        }
        return state;
    } catch (const nlohmann::json::exception& error) {
        return Status(Code::kCorrupt, std::string("is no state of the optimizer: ") + error.what());
    }
}

}  // namespace remora
