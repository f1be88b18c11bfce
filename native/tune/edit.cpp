#include "tune/edit.h"

#include <remora/version.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/formatted.h"
#include "base/hash.h"
#include "config/keys.h"
#include "config/parse.h"
#include "config/print.h"

namespace remora {
namespace {

using nlohmann::json;

std::vector<OutputConfig>::const_iterator find_output(const Config& config,
                                                      const std::string& name) {
    return std::find_if(config.outputs.begin(), config.outputs.end(),
                        [&](const OutputConfig& output) { return output.name == name; });
}

json change_output(const json& document, const Config& config, const Edit& edit) {
    const auto at =
        static_cast<std::size_t>(find_output(config, edit.output) - config.outputs.begin());
    // Without a list there is the default output.
    json all = document.value("outputs", json::array({json::object()}));
    if (!all.is_array() || at >= all.size()) {
        return nullptr;
    }
    all[at].merge_patch(edit.keys);
    return {{"outputs", all}};
}

// Which kinds there are.
class Kinds {
 public:
    void add(ChangeKind kind, bool differs) { found_[static_cast<std::size_t>(kind)] |= differs; }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < found_.size(); ++i) {
            if (found_[i]) {
                all.emplace_back(change_kind_names()[i]);
            }
        }
        return all;
    }

 private:
    std::array<bool, static_cast<std::size_t>(ChangeKind::kOutputInterval) + 1> found_{};
};

}  // namespace

json patch_of(const json& document, const Config& config, const Edit& edit) {
    if (edit.section == "rules") {
        json all = document.value("rules", json::array());
        all.push_back(edit.keys);
        return {{"rules", all}};
    }
    if (edit.section == "outputs") {
        return change_output(document, config, edit);
    }
    return edit.is_empty() ? json() : json{{edit.section, edit.keys}};
}

std::vector<std::string> kinds_of(const Config& before, const Config& after) {
    Kinds kinds;
    const SamplingConfig& was = before.sampling;
    const SamplingConfig& is = after.sampling;
    kinds.add(ChangeKind::kBaseInterval, is.base_interval_ms != was.base_interval_ms);
    kinds.add(ChangeKind::kBounds,
              is.topic_max_interval_ms != was.topic_max_interval_ms ||
                  is.client_max_interval_ms != was.client_max_interval_ms ||
                  is.partition_max_interval_ms != was.partition_max_interval_ms);
    for (std::size_t i = before.rules.size(); i < after.rules.size(); ++i) {
        const RuleConfig& rule = after.rules[i];
        kinds.add(ChangeKind::kInterval,
                  rule.interval_ms > 0 || rule.min_interval_ms > 0 || rule.max_interval_ms > 0);
        kinds.add(ChangeKind::kExclude, rule.action == RuleAction::kExclude);
        kinds.add(ChangeKind::kStatistics, !rule.attributes.empty());
        kinds.add(ChangeKind::kTop, rule.top > 0 || rule.aggregate);
    }
    for (std::size_t i = 0; i < std::min(before.outputs.size(), after.outputs.size()); ++i) {
        const OutputConfig& old = before.outputs[i];
        const OutputConfig& fresh = after.outputs[i];
        kinds.add(ChangeKind::kEmit, fresh.emit != old.emit);
        kinds.add(ChangeKind::kSpread, fresh.spread != old.spread);
        kinds.add(ChangeKind::kOutputInterval, fresh.interval_ms != old.interval_ms);
    }
    return kinds.names();
}

std::string ground_of(const Config& config, const Edit& edit) {
    ParseOutcome ground;
    ground.config.outputs.clear();
    if (edit.section == "rules") {
        ground.config.rules = config.rules;
        ground.config.select = config.select;
    }
    // How often a family is read is another thing under other bounds.
    if (edit.section != "rules" || edit.keys.contains("interval")) {
        ground.config.sampling = config.sampling;
        const auto output = find_output(config, edit.output);
        if (output != config.outputs.end()) {
            ground.config.outputs = {*output};
        }
    }
    // Another version may have other opinions about a bean.
    const std::uint64_t hash = hash_64(print_config(ground), hash_64(REMORA_VERSION));
    return formatted("%016llx", static_cast<unsigned long long>(hash));
}

}  // namespace remora
