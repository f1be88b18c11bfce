#include "select/rules.h"

#include <algorithm>
#include <utility>

namespace remora {
namespace {

std::string index_key(std::string_view domain, std::string_view type) {
    std::string key;
    key.reserve(domain.size() + type.size() + 1);
    key += domain;
    key += ':';
    key += type;
    return key;
}

template <typename T>
void take_first(T& into, const T& value, const T& unset) {
    if (into == unset) {
        into = value;
    }
}

}  // namespace

bool LabelRegex::matches(const ObjectName& name) const {
    for (const KeyProperty& property : name.properties()) {
        if (property.key == label) {
            const bool quoted = !property.value.empty() && property.value.front() == '"';
            return quoted ? regex.matches(unquote(property.value)) : regex.matches(property.value);
        }
    }
    return false;
}

std::vector<LabelRegex> compile_label_regexes(const std::string& key,
                                              const std::vector<TextPair>& pairs) {
    std::vector<LabelRegex> compiled;
    for (const TextPair& pair : pairs) {
        Result<ConfiguredRegex> regex =
            ConfiguredRegex::compile(key + "." + pair.first, pair.second);
        if (regex) {
            compiled.push_back({pair.first, std::move(regex).value()});
        }
    }
    return compiled;
}

PatternIndex::PatternIndex(const std::vector<std::string>& patterns) {
    for (const std::string& text : patterns) {
        Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(text);
        if (!pattern) {
            continue;  // the parser has refused the configuration
        }
        const auto position = static_cast<std::uint32_t>(patterns_.size());
        const std::string_view domain = pattern.value().exact_domain();
        const std::string_view type = pattern.value().exact_value("type");
        if (domain.empty() || type.empty()) {
            general_.push_back(position);
        } else {
            by_type_[index_key(domain, type)].push_back(position);
        }
        patterns_.push_back(std::move(pattern).value());
    }
}

const std::vector<std::uint32_t>* PatternIndex::find(const ObjectName& name) const {
    if (by_type_.empty()) {
        return nullptr;
    }
    const auto found = by_type_.find(index_key(name.domain(), name.get("type")));
    return found == by_type_.end() ? nullptr : &found->second;
}

bool PatternIndex::matches_any(const ObjectName& name) const {
    bool found = false;
    for_each_match(name, [&found](std::uint32_t) {
        found = true;
        return false;
    });
    return found;
}

RuleSet::RuleSet(const std::vector<RuleConfig>& rules) : rules_(rules) {
    std::vector<std::string> patterns;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        patterns.push_back(rules_[i].match);
        where_.push_back(
            compile_label_regexes("rules." + std::to_string(i) + ".where", rules_[i].where));
    }
    index_ = PatternIndex(patterns);
}

void RuleSet::add_regexes(std::vector<ConfiguredRegex>& all) const {
    for (const std::vector<LabelRegex>& labels : where_) {
        for (const LabelRegex& label : labels) {
            all.push_back(label.regex);
        }
    }
}

RuleOutcome RuleSet::apply(const ObjectName& name) const {
    RuleOutcome outcome;
    index_.for_each_match(name, [&](std::uint32_t i) {
        const RuleConfig& rule = rules_[i];
        const bool here = std::all_of(where_[i].begin(), where_[i].end(),
                                      [&](const LabelRegex& label) { return label.matches(name); });
        if (!here) {
            return true;
        }
        outcome.is_named = true;
        take_first(outcome.action, rule.action, RuleAction::kKeep);
        take_first(outcome.unit_class, rule.unit_class, {});
        take_first(outcome.importance, rule.importance, {});
        take_first(outcome.top, rule.top, 0U);
        take_first(outcome.aggregate, rule.aggregate, {});
        // One setting: a rule that fixes the interval leaves no bounds to later ones, and the other
        // way round.
        if (outcome.interval_ms == 0 && outcome.min_interval_ms == 0 &&
            outcome.max_interval_ms == 0) {
            outcome.interval_ms = rule.interval_ms;
            outcome.min_interval_ms = rule.min_interval_ms;
            outcome.max_interval_ms = rule.max_interval_ms;
        }
        if (outcome.attributes == nullptr && !rule.attributes.empty()) {
            outcome.attributes = &rule.attributes;
        }
        return true;
    });
    return outcome;
}

}  // namespace remora
