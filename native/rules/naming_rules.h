// A rule file, compiled: which values a page has, and what they are called there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/document.h"
#include "match/java_regex.h"
#include "match/pattern.h"
#include "model/bean.h"
#include "model/object_name.h"
#include "model/series.h"
#include "rules/template.h"

namespace remora {

struct NamingRule {
    struct LabelRule {
        Template name;
        Template value;
    };

    Position at;                       // of the rule in its file
    std::string pattern_text;          // empty without a pattern
    std::optional<JavaRegex> pattern;  // without one it takes every value
    std::optional<Template> name;      // without one the name is made of the bean's
    std::optional<Template> value;     // instead of the bean's
    std::optional<Template> help;
    std::vector<LabelRule> labels;
    double factor = 1;
    MetricType type = MetricType::kUntyped;
    bool has_snake_case = false;  // the attribute's name as snake_case() has it
    bool is_cached = false;       // matches against "<cache>" instead of the value

    // Whether another value of the same attribute may be named otherwise, for numbers and booleans.
    // For texts it may unless the rule is cached.
    bool looks_at_values() const {
        return pattern && !is_cached && (pattern->reaches_value() || has_whole_line());
    }

 private:
    // "$0" is the line with the value in it.
    bool has_whole_line() const {
        return (name && name->has_whole_line()) || (value && value->has_whole_line()) ||
               (help && help->has_whole_line()) ||
               std::any_of(labels.begin(), labels.end(), [](const LabelRule& label) {
                   return label.name.has_whole_line() || label.value.has_whole_line();
               });
    }
};

// One value of a bean, as rules see it. Views hold during the call.
struct NamingSample {
    const ObjectName* bean = nullptr;
    std::vector<std::string_view> keys;           // of composite values, the outermost first
    std::string_view attribute;                   // the innermost name
    std::optional<std::string_view> description;  // of the attribute, if it has one
    ValueType type = ValueType::kNumber;
    std::string_view value;  // what toString() of Java makes of it
};

// What rules make of a sample.
struct NamingOutcome {
    enum class Kind : std::uint8_t {
        kSeries,
        kNoRule,     // none fits
        kNoNumber,   // a text without `value` in the rule, or a `value` that is no number
        kNoName,     // nothing is left of the name
        kTwoLabels,  // with one name
        kGivenUp,    // a pattern that needs too many steps for this sample
    };

    Kind kind = Kind::kNoRule;
    std::size_t rule = 0;         // index of the one that decided; none for kNoRule
    Series series;                // for kSeries
    std::optional<double> value;  // of the rule instead of the bean's; before the series' scale
    // The name without what the dialect gives to counters. Series of one such name are one family:
    // jmx_exporter makes them untyped when their types differ.
    std::string family;
};

struct NamingOptions {
    NamesDialect dialect = NamesDialect::kExporter1x;
    bool lower_case_names = false;
    bool lower_case_labels = false;
    bool counters_by_name = false;  // a name that ends in "_total" is a counter
    bool without_jvm = false;       // the JVM's own beans, unless they are included by name
    std::optional<std::vector<ObjectNamePattern>> included;  // without it: all
    std::vector<ObjectNamePattern> excluded;
    // Attributes of exactly these beans. When any are included, other beans have none.
    std::vector<std::pair<ObjectNamePattern, std::set<std::string>>> included_attributes;
    std::vector<std::pair<ObjectNamePattern, std::set<std::string>>> excluded_attributes;
};

// Thread safety: immutable; any number of threads.
class NamingRules {
 public:
    NamingRules() = default;
    NamingRules(NamingOptions options, std::vector<NamingRule> rules)
        : options_(std::move(options)), rules_(std::move(rules)) {}

    const NamingOptions& options() const { return options_; }
    const std::vector<NamingRule>& rules() const { return rules_; }

    bool takes(const ObjectName& bean) const;
    // Requires that it takes the bean. `attribute`: the outermost name of a composite value.
    bool takes(const ObjectName& bean, std::string_view attribute) const;

    // The first rule that fits decides, also when it then makes no series. The same sample has the
    // same outcome always.
    NamingOutcome apply(const NamingSample& sample) const;

    // Whether another value may have another outcome, but for the number itself: then the sample
    // must be looked at again when its value changes. True when in doubt.
    bool depends_on_value(const NamingSample& sample) const;

    // The name that a series of `family` has when its type is `type`, with NamingOptions::dialect.
    void retype(Series& series, const std::string& family, MetricType type) const;

    // What tells a sample from others of its name and labels: as rule `rule` sees it, without the
    // value.
    std::string line_without_value(std::size_t rule, const NamingSample& sample) const;

    // Whether rule `rule` fits, whatever the rules before it do.
    Regex::Answer fits(std::size_t rule, const NamingSample& sample) const;

 private:
    using Groups = std::vector<std::optional<std::string_view>>;

    NamingOutcome::Kind make_series(const NamingRule& rule, const NamingSample& sample,
                                    const Groups& groups, NamingOutcome& outcome) const;
    bool name_by_rule(const NamingRule& rule, const Groups& groups, Series& series) const;
    bool name_by_bean(const NamingRule& rule, const NamingSample& sample, Series& series) const;
    bool add_label(std::string name, std::string value, Series& series) const;

    NamingOptions options_;
    std::vector<NamingRule> rules_;
};

}  // namespace remora
