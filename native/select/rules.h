// Rules, pattern lists and label filters, indexed so that a bean meets only those that can match
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "match/configured_regex.h"
#include "match/pattern.h"
#include "select/profile.h"

namespace remora {

// A regular expression on the unquoted value of one key property.
struct LabelRegex {
    std::string label;
    ConfiguredRegex regex;

    // True when the bean has the property and its value matches.
    bool matches(const ObjectName& name) const;
};

// `key` is the configuration's of the whole object, like "select.label_include".
std::vector<LabelRegex> compile_label_regexes(const std::string& key,
                                              const std::vector<TextPair>& pairs);

// Patterns by their exact domain and `type`, so that 50 patterns cost a bean one look-up and a few
// comparisons.
class PatternIndex {
 public:
    PatternIndex() = default;
    explicit PatternIndex(const std::vector<std::string>& patterns);

    // Positions (in the list) of the patterns that match, ascending, until `use` returns false.
    template <typename Use>
    void for_each_match(const ObjectName& name, Use use) const {
        static const std::vector<std::uint32_t> kNone;
        const std::vector<std::uint32_t>* exact = find(name);
        const std::vector<std::uint32_t>& by_type = exact == nullptr ? kNone : *exact;
        std::size_t a = 0;
        std::size_t b = 0;
        while (a < by_type.size() || b < general_.size()) {
            const bool from_type =
                b >= general_.size() || (a < by_type.size() && by_type[a] < general_[b]);
            const std::uint32_t next = from_type ? by_type[a++] : general_[b++];
            if (patterns_[next].matches(name) && !use(next)) {
                return;
            }
        }
    }

    bool matches_any(const ObjectName& name) const;
    bool is_empty() const { return patterns_.empty(); }

 private:
    const std::vector<std::uint32_t>* find(const ObjectName& name) const;

    std::vector<ObjectNamePattern> patterns_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> by_type_;  // "domain:type"
    std::vector<std::uint32_t> general_;  // those whose domain or type is open
};

// What the rules say of a bean: each setting by the first rule that matches and sets it.
struct RuleOutcome {
    bool is_named = false;  // a rule matches
    RuleAction action = RuleAction::kKeep;
    std::optional<UnitClass> unit_class;
    std::optional<Importance> importance;
    std::int64_t interval_ms = 0;
    std::int64_t min_interval_ms = 0;
    std::int64_t max_interval_ms = 0;
    const std::vector<std::string>* attributes = nullptr;  // lives as long as the RuleSet
    std::uint32_t top = 0;
    std::optional<Aggregate> aggregate;
};

class RuleSet {
 public:
    explicit RuleSet(const std::vector<RuleConfig>& rules);

    RuleOutcome apply(const ObjectName& name) const;
    // Appends the expressions that it matches.
    void add_regexes(std::vector<ConfiguredRegex>& all) const;

 private:
    std::vector<RuleConfig> rules_;
    std::vector<std::vector<LabelRegex>> where_;
    PatternIndex index_;
};

}  // namespace remora
