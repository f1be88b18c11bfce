#include "rules/rule_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/limits.h"
#include "config/quantity.h"
#include "rules/yaml.h"
#include "rules/yaml_scalar.h"

namespace remora {
namespace {

using Kind = JsonNode::Kind;

// A key of jmx_exporter's that means something to it and nothing here.
struct OtherKey {
    std::string_view name;
    std::string_view why;
    bool is_refused = false;
};
constexpr std::array<OtherKey, 9> kOtherKeys = {
    {{"hostPort", "the rules are for the JVM that the agent runs in", true},
     {"jmxUrl", "the rules are for the JVM that the agent runs in", true},
     {"username", "no connection is made, so nobody asks for a name", false},
     {"password", "no connection is made, so nobody asks for a password", false},
     {"ssl", "no connection is made", false},
     {"startDelaySeconds", "beans are taken as they come", false},
     {"httpServer", "it is no rule; outputs stand in the configuration", false},
     {"openTelemetry", "it is no rule; outputs stand in the configuration", false},
     {"metricCustomizers", "labels and metrics of attributes are not supported", true}}};

constexpr std::array<std::string_view, 12> kKeys = {"rules",
                                                    "lowercaseOutputName",
                                                    "lowercaseOutputLabelNames",
                                                    "whitelistObjectNames",
                                                    "blacklistObjectNames",
                                                    "includeObjectNames",
                                                    "excludeObjectNames",
                                                    "includeObjectNameAttributes",
                                                    "excludeObjectNameAttributes",
                                                    "autoExcludeObjectNameAttributes",
                                                    "excludeJvmMetrics",
                                                    "inferCounterTypeFromName"};
constexpr std::array<std::string_view, 9> kRuleKeys = {
    "pattern",           "name", "value", "valueFactor", "labels", "help", "type",
    "attrNameSnakeCase", "cache"};

class Reader {
 public:
    Reader(const JsonDocument& document, RuleFileOutcome& outcome)
        : document_(document), outcome_(outcome) {}

    void read(const JsonNode& root, NamesDialect dialect);

 private:
    const JsonNode& node(std::uint32_t index) const { return document_.nodes[index]; }
    const JsonNode* find(const JsonNode& object, std::string_view key) const;

    void complain(const JsonNode& at, const std::string& what) {
        add_problem(outcome_.errors, place_of(document_, at) + ": " + place_ + what);
    }
    void warn(const JsonNode& at, const std::string& what) {
        add_problem(outcome_.warnings, place_of(document_, at) + ": " + place_ + what);
    }
    // What `key` holds and what it should.
    void wrong(const JsonNode& at, std::string_view key, const std::string& expected) {
        complain(at, std::string(key) + ": found " + describe(at) + "; expected " + expected);
    }

    // A node that stands where the key does.
    JsonNode key_node(const JsonMember& member) const {
        JsonNode at;
        at.source = node(member.node).source;
        at.at = member.at;
        return at;
    }
    void warn_of_unknown(const JsonMember& member, std::span<const std::string_view> known);

    void read_keys(const JsonNode& root);
    bool boolean(const JsonNode& object, std::string_view key);
    std::optional<std::string> text(const JsonNode& value, std::string_view key);
    std::vector<ObjectNamePattern> patterns(const JsonNode& list, std::string_view key);
    std::vector<std::pair<ObjectNamePattern, std::set<std::string>>> attributes(
        const JsonNode& root, std::string_view key);
    std::optional<ObjectNamePattern> pattern(const JsonNode& at, std::string_view key,
                                             const std::string& value);

    void read_rules(const JsonNode* list);
    NamingRule read_rule(const JsonNode& from);
    void read_pattern(const JsonNode& from, NamingRule& rule);
    void read_labels(const JsonNode& labels, NamingRule& rule);
    void read_type(const JsonNode& from, NamingRule& rule);
    void read_factor(const JsonNode& from, NamingRule& rule);
    std::optional<Template> expression(const JsonNode& from, std::string_view key,
                                       const NamingRule& rule);
    std::optional<Template> expression(const JsonNode& at, std::string_view key,
                                       const std::string& value, const NamingRule& rule);

    const JsonDocument& document_;
    RuleFileOutcome& outcome_;
    NamingOptions options_;
    std::vector<NamingRule> rules_;
    std::string place_;         // "rule 3: " within rules
    bool has_pattern_ = false;  // the rule that is read, be it a wrong one
};

const JsonNode* Reader::find(const JsonNode& object, std::string_view key) const {
    for (const JsonMember& member : object.members) {
        if (member.key == key) {
            return &node(member.node);
        }
    }
    return nullptr;
}

void Reader::read(const JsonNode& root, NamesDialect dialect) {
    options_.dialect = dialect;
    read_keys(root);
    options_.lower_case_names = boolean(root, "lowercaseOutputName");
    options_.lower_case_labels = boolean(root, "lowercaseOutputLabelNames");
    options_.counters_by_name = boolean(root, "inferCounterTypeFromName");
    options_.without_jvm = boolean(root, "excludeJvmMetrics");
    (void)boolean(root, "autoExcludeObjectNameAttributes");  // attributes that fail are left out
    for (const char* key : {"includeObjectNames", "whitelistObjectNames"}) {
        const JsonNode* list = options_.included ? nullptr : find(root, key);
        if (list != nullptr) {
            options_.included = patterns(*list, key);
        }
    }
    const bool has_new_key = find(root, "excludeObjectNames") != nullptr;
    const char* excluding = has_new_key ? "excludeObjectNames" : "blacklistObjectNames";
    if (const JsonNode* list = find(root, excluding)) {
        options_.excluded = patterns(*list, excluding);
    }
    options_.included_attributes = attributes(root, "includeObjectNameAttributes");
    options_.excluded_attributes = attributes(root, "excludeObjectNameAttributes");
    read_rules(find(root, "rules"));
    if (outcome_.errors.empty()) {
        outcome_.rules = NamingRules(std::move(options_), std::move(rules_));
    }
}

void Reader::warn_of_unknown(const JsonMember& member, std::span<const std::string_view> known) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
        const std::string near = nearest(member.key, {known.begin(), known.end()});
        warn(key_node(member), member.key + ": no such key" + did_you_mean(near));
    }
}

// Complains of keys that are none, and of those that do nothing here.
void Reader::read_keys(const JsonNode& root) {
    for (const JsonMember& member : root.members) {
        const auto other =
            std::find_if(kOtherKeys.begin(), kOtherKeys.end(),
                         [&](const OtherKey& key) { return key.name == member.key; });
        if (other == kOtherKeys.end()) {
            warn_of_unknown(member, kKeys);
            continue;
        }
        const JsonNode at = key_node(member);
        const std::string what = member.key + ": " + std::string(other->why);
        other->is_refused ? complain(at, what) : warn(at, what);
    }
}

bool Reader::boolean(const JsonNode& object, std::string_view key) {
    const JsonNode* value = find(object, key);
    if (value == nullptr) {
        return false;
    }
    if (value->kind != Kind::kBool) {
        wrong(*value, key, "true or false");
    }
    return value->boolean;
}

std::optional<std::string> Reader::text(const JsonNode& value, std::string_view key) {
    if (value.kind == Kind::kText) {
        return value.text;
    }
    const bool is_scalar = value.kind == Kind::kNumber || value.kind == Kind::kBool;
    wrong(value, key, is_scalar ? "text; put it in quotes" : "text");
    return std::nullopt;
}

std::optional<ObjectNamePattern> Reader::pattern(const JsonNode& at, std::string_view key,
                                                 const std::string& value) {
    Result<ObjectNamePattern> parsed = ObjectNamePattern::parse(value);
    if (!parsed) {
        complain(at, std::string(key) + ": found " + in_quotes(value) +
                         "; expected an ObjectName: " + parsed.status().message());
        return std::nullopt;
    }
    return std::move(parsed).value();
}

std::vector<ObjectNamePattern> Reader::patterns(const JsonNode& list, std::string_view key) {
    std::vector<ObjectNamePattern> found;
    if (list.kind != Kind::kArray) {
        wrong(list, key, "a list of ObjectNames");
    }
    for (const std::uint32_t item : list.items) {
        const std::optional<std::string> value = text(node(item), key);
        std::optional<ObjectNamePattern> parsed =
            value ? pattern(node(item), key, *value) : std::nullopt;
        if (parsed) {
            found.push_back(std::move(*parsed));
        }
    }
    return found;
}

std::vector<std::pair<ObjectNamePattern, std::set<std::string>>> Reader::attributes(
    const JsonNode& root, std::string_view key) {
    std::vector<std::pair<ObjectNamePattern, std::set<std::string>>> found;
    const JsonNode* beans = find(root, key);
    if (beans == nullptr) {
        return found;
    }
    if (beans->kind != Kind::kObject) {
        wrong(*beans, key, "ObjectNames, each with a list of attributes");
    }
    for (const JsonMember& bean : beans->members) {
        const JsonNode& list = node(bean.node);
        std::optional<ObjectNamePattern> parsed = pattern(list, key, bean.key);
        if (list.kind != Kind::kArray) {
            wrong(list, key, "a list of attributes");
        } else if (parsed && bean.key.find_first_of("*?") != std::string::npos) {
            warn(list, std::string(key) + ": " + in_quotes(bean.key) +
                           " is no pattern here, so it names no bean");
            continue;
        }
        std::set<std::string> names;
        for (const std::uint32_t item : list.items) {
            names.insert(text(node(item), key).value_or(""));
        }
        if (parsed) {
            found.emplace_back(std::move(*parsed), std::move(names));
        }
    }
    return found;
}

void Reader::read_rules(const JsonNode* list) {
    if (list == nullptr) {
        rules_.emplace_back();  // one that takes everything
        return;
    }
    if (list->kind != Kind::kArray) {
        wrong(*list, "rules", "a list; [] is one without rules");
        return;
    }
    if (list->items.size() > kRulesMax) {
        complain(*list, "rules: found " + std::to_string(list->items.size()) +
                            "; expected at most " + std::to_string(kRulesMax));
        return;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
        place_ = "rule " + std::to_string(i + 1) + ": ";
        const JsonNode& from = node(list->items[i]);
        if (from.kind != Kind::kObject) {
            complain(from, "found " + describe(from) + "; expected keys such as pattern and name");
            continue;
        }
        rules_.push_back(read_rule(from));
    }
    place_.clear();
}

NamingRule Reader::read_rule(const JsonNode& from) {
    NamingRule rule;
    rule.at = from.at;
    for (const JsonMember& member : from.members) {
        warn_of_unknown(member, kRuleKeys);
    }
    rule.has_snake_case = boolean(from, "attrNameSnakeCase");
    rule.is_cached = boolean(from, "cache");
    read_pattern(from, rule);
    read_type(from, rule);
    read_factor(from, rule);
    rule.name = expression(from, "name", rule);
    rule.help = expression(from, "help", rule);
    rule.value = expression(from, "value", rule);
    const JsonNode* labels = find(from, "labels");
    if (labels != nullptr) {
        read_labels(*labels, rule);
    }
    const JsonNode* name = find(from, "name");
    const bool has_name = name != nullptr && name->kind != Kind::kNull;
    for (const char* key : {"labels", "help"}) {
        const JsonNode* needing = find(from, key);
        if (needing != nullptr && needing->kind != Kind::kNull && !has_name) {
            complain(*needing, std::string(key) + ": needs a name in the same rule");
        }
    }
    return rule;
}

void Reader::read_pattern(const JsonNode& from, NamingRule& rule) {
    const JsonNode* given = find(from, "pattern");
    has_pattern_ = given != nullptr;
    if (given == nullptr) {
        return;
    }
    const std::optional<std::string> value = text(*given, "pattern");
    if (!value) {
        return;
    }
    rule.pattern_text = *value;
    Result<JavaRegex> compiled = JavaRegex::compile(*value);
    if (!compiled) {
        complain(*given, "pattern: " + compiled.status().message());
        return;
    }
    rule.pattern = std::move(compiled).value();
}

void Reader::read_type(const JsonNode& from, NamingRule& rule) {
    const JsonNode* given = find(from, "type");
    const std::string value = given == nullptr || given->kind == Kind::kNull
                                  ? "UNKNOWN"
                                  : text(*given, "type").value_or("UNKNOWN");
    if (value == "COUNTER" || value == "GAUGE") {
        rule.type = value == "COUNTER" ? MetricType::kCounter : MetricType::kGauge;
    } else if (value != "UNTYPED" && value != "UNKNOWN") {
        warn(*given, "type: found " + in_quotes(value) +
                         ", which counts as UNTYPED; expected COUNTER, GAUGE or UNTYPED");
    }
}

void Reader::read_factor(const JsonNode& from, NamingRule& rule) {
    const JsonNode* given = find(from, "valueFactor");
    if (given == nullptr) {
        return;
    }
    const std::optional<double> number =
        given->kind == Kind::kNumber ? given->number : java_double(given->text);
    if (!number) {
        warn(*given,
             "valueFactor: found " + describe(*given) + ", which counts as 1; expected a number");
    }
    rule.factor = number.value_or(1);
}

std::optional<Template> Reader::expression(const JsonNode& from, std::string_view key,
                                           const NamingRule& rule) {
    const JsonNode* given = find(from, key);
    if (given == nullptr || (given->kind == Kind::kNull && key != "value")) {
        return std::nullopt;
    }
    if (key == "value" && given->kind == Kind::kNumber) {
        return expression(*given, key, number_text(given->number), rule);
    }
    const std::optional<std::string> value = text(*given, key);
    if (!value || (key == "value" && value->empty())) {
        return std::nullopt;
    }
    return expression(*given, key, *value, rule);
}

std::optional<Template> Reader::expression(const JsonNode& at, std::string_view key,
                                           const std::string& value, const NamingRule& rule) {
    if (!rule.pattern) {
        if (!has_pattern_) {
            complain(at, std::string(key) + ": needs a pattern in the same rule");
        }
        return std::nullopt;
    }
    Result<Template> parsed = Template::parse(value, *rule.pattern);
    if (!parsed) {
        complain(at, std::string(key) + ": found " + in_quotes(value) + ": " +
                         parsed.status().message());
        return std::nullopt;
    }
    return std::move(parsed).value();
}

void Reader::read_labels(const JsonNode& labels, NamingRule& rule) {
    if (labels.kind != Kind::kObject) {
        wrong(labels, "labels", "names, each with its value");
        return;
    }
    std::map<std::string, const JsonNode*> sorted;
    for (const JsonMember& member : labels.members) {
        sorted[member.key] = &node(member.node);
    }
    for (const auto& [key, value] : sorted) {
        const std::string path = "labels." + key;
        const std::optional<std::string> given = text(*value, path);
        if (!given) {
            continue;
        }
        std::optional<Template> name = expression(*value, path, key, rule);
        std::optional<Template> content =
            name ? expression(*value, path, *given, rule) : std::nullopt;
        if (content) {
            rule.labels.push_back({std::move(*name), std::move(*content)});
        }
    }
}

}  // namespace

RuleFileOutcome parse_rule_file(std::string_view text, const std::string& name,
                                NamesDialect dialect) {
    RuleFileOutcome outcome;
    JsonDocument document;
    const JsonSource source{JsonSource::Kind::kFile, name};
    const std::uint32_t root = parse_yaml(text, source, document, outcome.errors, outcome.warnings);
    JsonNode empty;
    empty.kind = Kind::kObject;
    const bool is_empty = root == kNoNode || document.nodes[root].kind == Kind::kNull;
    const JsonNode& from = is_empty ? empty : document.nodes[root];
    // What was read up to a mistake in YAML need not be what was meant.
    if (!outcome.errors.empty() && (is_empty || from.kind != Kind::kObject)) {
        return outcome;
    }
    if (from.kind != Kind::kObject) {
        add_problem(outcome.errors, place_of(document, from) + ": found " + describe(from) +
                                        "; expected keys such as rules");
        return outcome;
    }
    Reader(document, outcome).read(from, dialect);
    return outcome;
}

}  // namespace remora
