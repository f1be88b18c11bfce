#include "tune/limits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/bounded_json.h"
#include "config/parse.h"
#include "model/object_name.h"

namespace remora {
namespace {

constexpr const char* kAtEachTick =
    "sampling.base_interval: alerts and the broker are read at each tick";

constexpr const char* kNotOneFamily = "the rule is not about one family that is collected";

Status refuse(std::string why) {
    return Status(Code::kState, std::move(why));
}

// The configuration with what a suggestion may change as it was.
Config with_old_values(Config after, const Config& before) {
    after.rules = before.rules;
    after.sampling.base_interval_ms = before.sampling.base_interval_ms;
    after.sampling.min_interval_ms = before.sampling.min_interval_ms;
    after.sampling.topic_max_interval_ms = before.sampling.topic_max_interval_ms;
    after.sampling.client_max_interval_ms = before.sampling.client_max_interval_ms;
    after.sampling.partition_max_interval_ms = before.sampling.partition_max_interval_ms;
    for (std::size_t i = 0; i < std::min(after.outputs.size(), before.outputs.size()); ++i) {
        after.outputs[i].emit = before.outputs[i].emit;
        after.outputs[i].spread = before.outputs[i].spread;
        after.outputs[i].interval_ms = before.outputs[i].interval_ms;
    }
    return after;
}

Status hold_bound(std::int64_t after_ms, std::int64_t before_ms, const char* key) {
    return after_ms <= std::max(before_ms, kAgeMsMax)
               ? Status::ok()
               : refuse(std::string(key) + ": values would get older than five minutes");
}

Status hold_sampling(const SamplingConfig& after, const SamplingConfig& before) {
    if (after.base_interval_ms < before.base_interval_ms) {
        return refuse(kAtEachTick);
    }
    // Not set, it is the base interval.
    const bool follows = before.min_interval_ms == before.base_interval_ms;
    if (after.min_interval_ms != (follows ? after.base_interval_ms : before.min_interval_ms)) {
        return refuse("sampling.min_interval: it is the operator's to decide");
    }
    Status held =
        hold_bound(after.base_interval_ms, before.base_interval_ms, "sampling.base_interval");
    if (held) {
        held = hold_bound(after.topic_max_interval_ms, before.topic_max_interval_ms,
                          "sampling.topic_max_interval");
    }
    if (held) {
        held = hold_bound(after.client_max_interval_ms, before.client_max_interval_ms,
                          "sampling.client_max_interval");
    }
    if (held) {
        held = hold_bound(after.partition_max_interval_ms, before.partition_max_interval_ms,
                          "sampling.partition_max_interval");
    }
    return held;
}

Status hold_base_interval(const AgentProfile& profile, const SamplingConfig& after,
                          const SamplingConfig& before) {
    const double tick_ms = std::round(profile.tick_interval_s * 1e3);
    return after.base_interval_ms == before.base_interval_ms ||
                   static_cast<double>(after.base_interval_ms) <= tick_ms
               ? Status::ok()
               : refuse(kAtEachTick);
}

bool is_read_less_often(const RuleConfig& rule) {
    return rule.interval_ms > 0 || rule.min_interval_ms > 0 || rule.max_interval_ms > 0;
}

// Whether the pattern is about one family, or a part of it: nothing but what distinguishes the
// beans of a family stands open in it.
bool is_of_one_family(const std::string& match) {
    const auto family = [](const std::string& text) {
        const Result<ObjectName> name = ObjectName::parse(text);
        return name ? family_name(name.value()) : "";
    };
    std::string closed = match;
    std::replace_if(
        closed.begin(), closed.end(), [](char c) { return c == '*' || c == '?'; }, 'x');
    return !family(match).empty() && family(match) == family(closed);
}

// Of one that a suggestion adds.
Status hold_rule(const RuleConfig& rule) {
    if (!rule.where.empty() || !is_of_one_family(rule.match)) {
        return refuse(kNotOneFamily);
    }
    if (rule.action == RuleAction::kInclude || rule.unit_class || rule.importance) {
        return refuse("the rule moves beans to another class");
    }
    return hold_bound(std::max({rule.interval_ms, rule.min_interval_ms, rule.max_interval_ms}), 0,
                      "rules");
}

std::vector<FamilyProfile>::const_iterator family_of(const AgentProfile& profile,
                                                     const std::string& match) {
    const Result<ObjectName> name = ObjectName::parse(match);
    return std::find_if(
        profile.families.begin(), profile.families.end(),
        [&](const FamilyProfile& one) { return name && one.name == family_name(name.value()); });
}

// Its reads fail, so there is nothing of it to get old.
bool is_quarantined(const AgentProfile& profile, const std::string& bean) {
    return std::any_of(profile.quarantined.begin(), profile.quarantined.end(),
                       [&](const QuarantinedProfile& one) { return one.name == bean; });
}

Status hold_rule_of_family(const AgentProfile& profile, const RuleConfig& rule) {
    const auto family = family_of(profile, rule.match);
    if (family == profile.families.end()) {
        return refuse(kNotOneFamily);
    }
    if (family->unit_class == UnitClass::kAlert) {
        return refuse("it is an alert");
    }
    if (family->is_named) {
        return refuse("a rule or select.include asks for it");
    }
    const bool gets_old = is_read_less_often(rule) || (rule.action == RuleAction::kExclude &&
                                                       !is_quarantined(profile, rule.match));
    if (gets_old && family->unit_class == UnitClass::kBroker) {
        return refuse("it is of the whole broker, whose bounds on age stay");
    }
    return Status::ok();
}

Status hold_rules(const std::vector<RuleConfig>& after, const std::vector<RuleConfig>& before) {
    if (after.size() < before.size() || !std::equal(before.begin(), before.end(), after.begin())) {
        return refuse("rules: those of the operator stay, and stay first");
    }
    for (std::size_t i = before.size(); i < after.size(); ++i) {
        Status held = hold_rule(after[i]);
        if (!held) {
            return held;
        }
    }
    return Status::ok();
}

Status hold_output(const AgentProfile& profile, const Config& before, const OutputConfig& after,
                   std::size_t at) {
    const OutputConfig& old = before.outputs[at];
    if (after.interval_ms == old.interval_ms) {
        return Status::ok();
    }
    const auto measured =
        std::find_if(profile.outputs.begin(), profile.outputs.end(),
                     [&](const OutputProfile& output) { return output.name == after.name; });
    if (measured == profile.outputs.end() || measured->skipped_share <= 0) {
        return refuse("outputs." + std::to_string(at) + ".interval: none of its ticks is skipped");
    }
    const std::int64_t base_ms = before.sampling.base_interval_ms;
    return static_cast<double>(after.interval_ms) <=
                   interval_in_fact_ms(old, *measured, base_ms) + static_cast<double>(base_ms)
               ? Status::ok()
               : refuse("outputs." + std::to_string(at) + ".interval: longer than ticks come now");
}

}  // namespace

double interval_in_fact_ms(const OutputConfig& output, const OutputProfile& measured,
                           std::int64_t base_ms) {
    const auto configured_ms = static_cast<double>(std::max(output.interval_ms, base_ms));
    return configured_ms / std::max(1 - measured.skipped_share, 0.01);
}

Result<Config> hold_fixed_limits(const Written& written, const Config& before,
                                 const nlohmann::json& patch) {
    nlohmann::json changed = nlohmann::json::parse(written.text, nullptr, false);
    if (!changed.is_object()) {
        return refuse("the configuration is no JSON object");
    }
    changed.merge_patch(patch);
    // What is wrong with it is no mistake of the operator's file.
    ParseOutcome outcome =
        parse_config(json_text(changed), "as changed", written.environment, written.arguments);
    if (!outcome.is_ok()) {
        return Status(Code::kInvalidConfig, outcome.error_text());
    }
    Config& after = outcome.config;
    if (after == before) {
        return refuse("the environment or the agent's arguments decide about it");
    }
    if (!(with_old_values(after, before) == before)) {
        return refuse("it changes what is the operator's to decide");
    }
    Status held = hold_sampling(after.sampling, before.sampling);
    if (held) {
        held = hold_rules(after.rules, before.rules);
    }
    for (std::size_t i = 0; held && i < after.outputs.size(); ++i) {
        held = hold_bound(after.outputs[i].interval_ms, before.outputs[i].interval_ms, "interval");
    }
    if (!held) {
        return held;
    }
    return std::move(after);
}

Result<Config> hold_limits(const AgentProfile& profile, const Written& written,
                           const Config& before, const nlohmann::json& patch) {
    Result<Config> changed = hold_fixed_limits(written, before, patch);
    if (!changed) {
        return changed;
    }
    const Config& after = changed.value();
    Status held = hold_base_interval(profile, after.sampling, before.sampling);
    for (std::size_t i = before.rules.size(); held && i < after.rules.size(); ++i) {
        held = hold_rule_of_family(profile, after.rules[i]);
    }
    for (std::size_t i = 0; held && i < after.outputs.size(); ++i) {
        held = hold_output(profile, before, after.outputs[i], i);
    }
    if (!held) {
        return held;
    }
    return changed;
}

std::string outgrown_limit(const AgentProfile& profile, const Edit& edit) {
    if (edit.keys.contains("base_interval") && profile.tick_interval_s > profile.base_interval_s) {
        return "ticks come less often than it says by now";
    }
    if (edit.section != "rules") {
        return "";
    }
    const auto family = family_of(profile, edit.keys.value("match", ""));
    if (family == profile.families.end()) {
        return "";  // left out by the edit itself
    }
    if (family->unit_class == UnitClass::kAlert) {
        return "it is an alert by now";
    }
    const bool is_less_often = edit.keys.contains("interval") ||
                               edit.keys.contains("min_interval") ||
                               edit.keys.contains("max_interval");
    return is_less_often && family->unit_class == UnitClass::kBroker
               ? "it is of the whole broker by now"
               : "";
}

}  // namespace remora
