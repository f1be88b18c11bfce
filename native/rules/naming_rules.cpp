#include "rules/naming_rules.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "rules/rule_names.h"
#include "rules/yaml_scalar.h"

namespace remora {
namespace {

constexpr std::array<std::string_view, 11> kJvmDomains = {"com.sun.management",
                                                          "com.sun.management.jmxremote",
                                                          "java.lang",
                                                          "java.nio",
                                                          "java.util.logging",
                                                          "javax.management",
                                                          "javax.management.remote",
                                                          "jdk.internal",
                                                          "jdk.management",
                                                          "jdk.management.jfr",
                                                          "sun.management"};

// Texts of the JVM that say nothing of it as a number, and are long.
constexpr std::array<std::string_view, 4> kLongTexts = {"SystemProperties", "ClassPath",
                                                        "BootClassPath", "LibraryPath"};

template <std::size_t kSize>
bool is_one_of(const std::array<std::string_view, kSize>& words, std::string_view text) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool any_matches(const std::vector<ObjectNamePattern>& patterns, const ObjectName& bean) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&bean](const ObjectNamePattern& pattern) { return pattern.matches(bean); });
}

bool lists(const std::vector<std::pair<ObjectNamePattern, std::set<std::string>>>& beans,
           const ObjectName& bean, std::string_view attribute) {
    return std::any_of(beans.begin(), beans.end(), [&](const auto& entry) {
        return entry.second.count(std::string(attribute)) > 0 && entry.first.matches(bean);
    });
}

// The line that a pattern is searched in up to the value: "domain<k=v, k2=v2><key>attribute: ".
std::string line_before_value(const NamingRule& rule, const NamingSample& sample) {
    std::string line(sample.bean->domain());
    const char* between = "<";
    for (const KeyProperty& property : sample.bean->properties()) {
        line.append(between).append(property.key).append("=").append(property.value);
        between = ", ";
    }
    line += sample.bean->properties().empty() ? "<><" : "><";
    between = "";
    for (const std::string_view key : sample.keys) {
        line.append(between).append(key);
        between = ", ";
    }
    line += ">";
    line += rule.has_snake_case ? snake_case(sample.attribute) : sample.attribute;
    return line += ": ";
}

std::string line_of(const NamingRule& rule, const NamingSample& sample) {
    std::string line = line_before_value(rule, sample);
    line += rule.is_cached ? "<cache>" : sample.value;
    return line;
}

// Whether the rule fits some value of the sample and not others, or makes other names of them.
bool depends_on_value_of(const NamingRule& rule, const NamingSample& sample) {
    return rule.pattern && !rule.is_cached &&
           (sample.type == ValueType::kText ||
            (rule.looks_at_values() && rule.pattern->may_match(line_before_value(rule, sample))));
}

// The lines of one sample, each made when the first rule asks for it.
class Lines {
 public:
    explicit Lines(const NamingSample& sample) : sample_(sample) {}

    std::string_view of(const NamingRule& rule) {
        std::string& line = lines_[(rule.has_snake_case ? 1U : 0U) + (rule.is_cached ? 2U : 0U)];
        if (line.empty()) {
            line = line_of(rule, sample_);
        }
        return line;
    }

 private:
    const NamingSample& sample_;
    std::array<std::string, 4> lines_;
};

std::string default_help(const NamingSample& sample) {
    const auto value_of = [&sample](std::string_view key) {
        return sample.bean->has(key) ? std::string(sample.bean->get(key)) : std::string("null");
    };
    std::string help;
    if (sample.description && *sample.description != sample.attribute) {
        help.append(*sample.description).append(" ");
    }
    help.append(sample.bean->domain()).append(":name=" + value_of("name"));
    help.append(",type=" + value_of("type")).append(",attribute=").append(sample.attribute);
    return help;
}

std::string path_of(const NamingSample& sample) {
    std::string path;
    for (const std::string_view key : sample.keys) {
        path.append(key).append(".");
    }
    return path.append(sample.attribute);
}

}  // namespace

bool NamingRules::takes(const ObjectName& bean) const {
    const bool is_included = !options_.included || any_matches(*options_.included, bean);
    if (!is_included || any_matches(options_.excluded, bean)) {
        return false;
    }
    return !options_.without_jvm || options_.included || !is_one_of(kJvmDomains, bean.domain());
}

bool NamingRules::takes(const ObjectName& bean, std::string_view attribute) const {
    if (lists(options_.excluded_attributes, bean, attribute)) {
        return false;
    }
    const bool is_long = bean.domain() == "java.lang" && bean.get("type") == "Runtime" &&
                         is_one_of(kLongTexts, attribute);
    const bool is_recorder =
        bean.domain() == "jdk.management.jfr" && bean.get("type") == "FlightRecorder";
    return !is_long && !is_recorder &&
           (options_.included_attributes.empty() ||
            lists(options_.included_attributes, bean, attribute));
}

Regex::Answer NamingRules::fits(std::size_t rule, const NamingSample& sample) const {
    Groups groups;
    const NamingRule& asked = rules_[rule];
    return asked.pattern ? asked.pattern->match(line_of(asked, sample), groups)
                         : Regex::Answer::kYes;
}

bool NamingRules::depends_on_value(const NamingSample& sample) const {
    Lines lines(sample);
    Groups groups;
    for (const NamingRule& rule : rules_) {
        if (depends_on_value_of(rule, sample)) {
            return true;
        }
        if (!rule.pattern || rule.pattern->match(lines.of(rule), groups) != Regex::Answer::kNo) {
            return false;
        }
    }
    return false;
}

void NamingRules::retype(Series& series, const std::string& family, MetricType type) const {
    series.type = type;
    series.name = final_name(family, type, options_.dialect);
    series.metric_family = series.name;
}

// The last colon, as jmx_exporter has it: it may be one of the value.
std::string NamingRules::line_without_value(std::size_t rule, const NamingSample& sample) const {
    const std::string line = line_of(rules_[rule], sample);
    return line.substr(0, line.rfind(':'));
}

NamingOutcome NamingRules::apply(const NamingSample& sample) const {
    NamingOutcome outcome;
    Lines lines(sample);
    Groups groups;
    for (const NamingRule& rule : rules_) {
        const Regex::Answer answer =
            rule.pattern ? rule.pattern->match(lines.of(rule), groups) : Regex::Answer::kYes;
        if (answer == Regex::Answer::kNo) {
            continue;
        }
        outcome.rule = static_cast<std::size_t>(&rule - rules_.data());
        outcome.kind = answer == Regex::Answer::kUnknown
                           ? NamingOutcome::Kind::kGivenUp
                           : make_series(rule, sample, groups, outcome);
        break;
    }
    return outcome;
}

NamingOutcome::Kind NamingRules::make_series(const NamingRule& rule, const NamingSample& sample,
                                             const Groups& groups, NamingOutcome& outcome) const {
    Series series;
    if (rule.value) {
        outcome.value = java_double(rule.value->expand(groups));
    }
    const bool has_number =
        rule.value ? outcome.value.has_value() : sample.type != ValueType::kText;
    if (!has_number || sample.type == ValueType::kOther) {
        return NamingOutcome::Kind::kNoNumber;
    }
    series.type = rule.type;
    const bool is_named =
        rule.name ? name_by_rule(rule, groups, series) : name_by_bean(rule, sample, series);
    if (!is_named) {
        return NamingOutcome::Kind::kTwoLabels;
    }
    if (series.name.empty()) {
        return NamingOutcome::Kind::kNoName;
    }
    if (options_.lower_case_names) {
        series.name = lower_case(series.name);
    }
    if (options_.counters_by_name && series.name.ends_with("_total")) {
        series.type = MetricType::kCounter;
    }
    outcome.family = final_name(series.name, MetricType::kUntyped, options_.dialect);
    retype(series, outcome.family, series.type);
    series.help = rule.help ? rule.help->expand(groups) : default_help(sample);
    // A boolean is 1 or 0, whatever the factor says.
    series.scale = !rule.value && sample.type == ValueType::kBoolean ? 1 : rule.factor;
    series.rule = series.scale == 1 ? ValueRule::kAsIs : ValueRule::kScaled;
    series.attribute = path_of(sample);
    outcome.series = std::move(series);
    return NamingOutcome::Kind::kSeries;
}

// False when there is a label of that name.
bool NamingRules::add_label(std::string name, std::string value, Series& series) const {
    if (options_.lower_case_labels) {
        name = lower_case(name);
    }
    const bool is_new = std::none_of(series.labels.begin(), series.labels.end(),
                                     [&name](const Label& other) { return other.name == name; });
    series.labels.push_back({std::move(name), std::move(value)});
    return is_new;
}

// False when two labels have one name.
bool NamingRules::name_by_rule(const NamingRule& rule, const Groups& groups, Series& series) const {
    series.name = safe_name(rule.name->expand(groups));
    for (const NamingRule::LabelRule& wanted : rule.labels) {
        std::string name = safe_name(wanted.name.expand(groups));
        std::string value = wanted.value.expand(groups);
        if (!name.empty() && !value.empty() &&
            !add_label(std::move(name), std::move(value), series)) {
            return false;
        }
    }
    return true;
}

// The value of the first key property goes into the name, the others become labels. False when two
// of these have one name.
bool NamingRules::name_by_bean(const NamingRule& rule, const NamingSample& sample,
                               Series& series) const {
    const std::vector<KeyProperty>& properties = sample.bean->properties();
    std::string name(sample.bean->domain());
    if (!properties.empty()) {
        name.append("_").append(properties.front().value);
    }
    for (const std::string_view key : sample.keys) {
        name.append("_").append(key);
    }
    name.append("_");
    name += rule.has_snake_case ? snake_case(sample.attribute) : sample.attribute;
    series.name = safe_name(name);
    for (std::size_t i = 1; i < properties.size(); ++i) {
        if (!add_label(safe_name(properties[i].key), std::string(properties[i].value), series)) {
            return false;
        }
    }
    return true;
}

}  // namespace remora
