// Rule files: what is wrong with one is said at once, with line and column.
#include "rules/rule_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace remora {
namespace {

RuleFileOutcome parse(const std::string& text) {
    return parse_rule_file(text, "r.yml", NamesDialect::kExporter1x);
}

std::vector<std::string> errors_of(const std::string& text) {
    std::vector<std::string> texts;
    for (const Problem& error : parse(text).errors) {
        texts.push_back(error.text);
    }
    return texts;
}

std::vector<std::string> warnings_of(const std::string& text) {
    const RuleFileOutcome outcome = parse(text);
    EXPECT_TRUE(outcome.is_ok()) << outcome.errors.front().text;
    std::vector<std::string> texts;
    for (const Problem& warning : outcome.warnings) {
        texts.push_back(warning.text);
    }
    return texts;
}

using Texts = std::vector<std::string>;

TEST(RuleFileTest, AnEmptyFileHasOneRuleThatTakesEverything) {
    for (const char* text : {"", "---\n", "# nothing\n", "{}", "lowercaseOutputName: no"}) {
        const RuleFileOutcome outcome = parse(text);
        ASSERT_TRUE(outcome.is_ok()) << text;
        ASSERT_EQ(outcome.rules.rules().size(), 1U) << text;
        EXPECT_FALSE(outcome.rules.rules()[0].pattern);
        EXPECT_FALSE(outcome.rules.options().included);
    }
    EXPECT_EQ(parse("rules: []").rules.rules().size(), 0U);
}

TEST(RuleFileTest, ReadsEveryKey) {
    const RuleFileOutcome outcome = parse(R"(lowercaseOutputName: true
lowercaseOutputLabelNames: on
inferCounterTypeFromName: yes
excludeJvmMetrics: True
autoExcludeObjectNameAttributes: false
whitelistObjectNames: ["a:*"]
blacklistObjectNames: ["a:b=c"]
includeObjectNameAttributes:
  "a:x=y": [A, B]
excludeObjectNameAttributes:
  'a:x=z': [C]
rules:
- pattern: 'a<(.*)>'
  name: a_$1
  value: 010
  valueFactor: 1e-3
  labels: {b: "$1", a: 'x'}
  help: helps
  type: COUNTER
  attrNameSnakeCase: true
  cache: true
)");
    ASSERT_TRUE(outcome.is_ok()) << outcome.errors.front().text;
    EXPECT_TRUE(outcome.warnings.empty());
    const NamingOptions& options = outcome.rules.options();
    EXPECT_TRUE(options.lower_case_names && options.lower_case_labels);
    EXPECT_TRUE(options.counters_by_name && options.without_jvm);
    ASSERT_TRUE(options.included);
    EXPECT_EQ(options.included->at(0).text(), "a:*");
    EXPECT_EQ(options.excluded.at(0).text(), "a:b=c");
    EXPECT_EQ(options.included_attributes.at(0).second, (std::set<std::string>{"A", "B"}));
    EXPECT_EQ(options.excluded_attributes.at(0).first.text(), "a:x=z");
    const NamingRule& rule = outcome.rules.rules().at(0);
    EXPECT_EQ(rule.pattern_text, "a<(.*)>");
    EXPECT_EQ(rule.at.line, 13U);
    EXPECT_EQ(rule.at.column, 3U);
    EXPECT_EQ(rule.name->expand({"whole", "g"}), "a_g");
    EXPECT_EQ(rule.value->expand({"whole", "g"}), "8");
    EXPECT_EQ(rule.help->expand({"whole", "g"}), "helps");
    EXPECT_EQ(rule.factor, 1e-3);
    ASSERT_EQ(rule.labels.size(), 2U);
    EXPECT_EQ(rule.labels[0].name.expand({"whole", "g"}), "a");
    EXPECT_EQ(rule.labels[1].value.expand({"whole", "g"}), "g");
    EXPECT_EQ(rule.type, MetricType::kCounter);
    EXPECT_TRUE(rule.has_snake_case && rule.is_cached);
}

TEST(RuleFileTest, ReportsEverythingThatIsWrong) {
    EXPECT_EQ(
        errors_of(R"(lowercaseOutputName: 1
whitelistObjectNames: ["kafka.server", 5]
jmxUrl: service:jmx
excludeObjectNameAttributes:
  "a:b=c": D
rules:
- pattern: a\h
  name: x
- pattern: (a)
  name: $2
  labels:
    n: 5
    "$x": v
- name: x
- pattern: a
  help: h
- value: 1
- 7
- pattern: 5
  name: x
  type: [GAUGE]
- pattern:
- pattern: a
  labels:
)"),
        (Texts{
            "r.yml:3:1: jmxUrl: the rules are for the JVM that the agent runs in",
            "r.yml:1:22: lowercaseOutputName: found the number 1; expected true or false",
            "r.yml:2:24: whitelistObjectNames: found \"kafka.server\"; expected an ObjectName: "
            "no ':' between domain and properties at character 13",
            "r.yml:2:40: whitelistObjectNames: found the number 5; expected text; put it in "
            "quotes",
            "r.yml:5:12: excludeObjectNameAttributes: found the text \"D\"; expected a list "
            "of attributes",
            "r.yml:7:12: rule 1: pattern: \\h: such an escape is not supported at character "
            "2",
            "r.yml:10:9: rule 2: name: found \"$2\": $2, and the pattern has 1 groups",
            "r.yml:13:11: rule 2: labels.$x: found \"$x\": a \"$\" names no group; \"\\$\" is "
            "the character",
            "r.yml:12:8: rule 2: labels.n: found the number 5; expected text; put it in "
            "quotes",
            "r.yml:14:9: rule 3: name: needs a pattern in the same rule",
            "r.yml:16:9: rule 4: help: needs a name in the same rule",
            "r.yml:17:10: rule 5: value: needs a pattern in the same rule",
            "r.yml:18:3: rule 6: found the number 7; expected keys such as pattern and name",
            "r.yml:19:12: rule 7: pattern: found the number 5; expected text; put it in "
            "quotes",
            "r.yml:21:9: rule 7: type: found an array; expected text",
            "r.yml:22:3: rule 8: pattern: found null; expected text",
            "r.yml:24:3: rule 9: labels: found null; expected names, each with its value",
        }));
}

TEST(RuleFileTest, AFileWithAnErrorHasNoRules) {
    EXPECT_TRUE(parse("rules:\n- {}\n- 5\n").rules.rules().empty());
}

TEST(RuleFileTest, ReportsWhatIsNoYaml) {
    for (const char* text : {"rules:\n- help: 'it''s\n", "rules:\n- help: \"a\\\"\n"}) {
        EXPECT_EQ(errors_of(text), Texts{"r.yml:2:9: not YAML: a quote that does not end"});
    }
    EXPECT_EQ(errors_of("a: b: c\n").front().substr(0, 9), "r.yml:1:5");
    EXPECT_EQ(errors_of("- a\n"), Texts{"r.yml:1:1: found an array; expected keys such as rules"});
    EXPECT_EQ(errors_of("rules:"), Texts{"r.yml:1:1: rules: found null; expected a list; [] is "
                                         "one without rules"});
    EXPECT_EQ(errors_of("rules: []\n---\nrules: []\n"),
              Texts{"r.yml: more than one document; expected one"});
    EXPECT_EQ(errors_of("a: &a [*a]\n"), Texts{"r.yml:1:8: an alias within what it names"});
    EXPECT_EQ(errors_of("rules: !!binary abc\n"),
              Texts{"r.yml:1:8: the tag \"tag:yaml.org,2002:binary\" is not supported"});
    EXPECT_EQ(errors_of("? [a]\n: b\n"), Texts{"r.yml:1:3: a key that is an array; expected text"});
    EXPECT_EQ(errors_of("<<: 5\n"), Texts{"r.yml:1:5: \"<<\" takes an object or a list of them"});
    EXPECT_EQ(errors_of("rules: []\nwhitelistObjectNames: [\"a:b=\xff,*\"]\n"),
              Texts{"r.yml:2:29: the byte 0xFF is no UTF-8; expected a file in UTF-8"});
    const std::string deep = std::string(40, '[') + std::string(40, ']');
    EXPECT_EQ(errors_of("a: " + deep).front(), "r.yml:1:35: nested deeper than 32 levels");
    EXPECT_FALSE(errors_of("a: " + std::string(100'000, '[')).empty());
}

TEST(RuleFileTest, WarnsOfWhatHasNoEffect) {
    EXPECT_EQ(warnings_of(R"(lowercaseOutputNames: true
startDelaySeconds: 5
httpServer: {}
zebra: 1
"excludeObjectNameAttributes": {"a:b=*": [C]}
rules:
- pattern: a
  patern: b
  type: gauge
  valueFactor: ten
  type: SUMMARY
)"),
              (Texts{
                  "r.yml:11:3: the key \"type\" stands twice in one object; the last one counts",
                  "r.yml:1:1: lowercaseOutputNames: no such key; did you mean "
                  "\"lowercaseOutputName\"?",
                  "r.yml:2:1: startDelaySeconds: beans are taken as they come",
                  "r.yml:3:1: httpServer: it is no rule; outputs stand in the configuration",
                  "r.yml:4:1: zebra: no such key",
                  "r.yml:5:42: excludeObjectNameAttributes: \"a:b=*\" is no pattern here, so it "
                  "names no bean",
                  "r.yml:8:3: rule 1: patern: no such key; did you mean \"pattern\"?",
                  "r.yml:11:9: rule 1: type: found \"SUMMARY\", which counts as UNTYPED; expected "
                  "COUNTER, GAUGE or UNTYPED",
                  "r.yml:10:16: rule 1: valueFactor: found the text \"ten\", which counts as 1; "
                  "expected a number",
              }));
}

TEST(RuleFileTest, AliasesAndMergedKeysNeedNoRoom) {
    std::string text = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 60; ++i) {
        const std::string last = std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + last + ", *a" +
                last + "]\n";
    }
    EXPECT_TRUE(parse(text + "rules: []\n").is_ok());
    const RuleFileOutcome merged =
        parse("rules:\n- &r {pattern: a, name: b}\n- <<: [*r, {name: c, cache: on}]\n  name: d\n");
    ASSERT_TRUE(merged.is_ok()) << merged.errors.front().text;
    EXPECT_EQ(merged.rules.rules()[1].name->expand({"whole"}), "d");
    EXPECT_EQ(merged.rules.rules()[1].pattern_text, "a");
    EXPECT_TRUE(merged.rules.rules()[1].is_cached);
}

TEST(RuleFileTest, ManyRulesAreRefused) {
    std::string text = "rules:\n";
    for (int i = 0; i < 1025; ++i) {
        text += "- {}\n";
    }
    EXPECT_EQ(errors_of(text), Texts{"r.yml:2:1: rules: found 1025; expected at most 1024"});
}

}  // namespace
}  // namespace remora
