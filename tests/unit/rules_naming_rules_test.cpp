// What rules make of one value, where jmx_exporter's agent would end its scrape or cannot be asked.
#include "rules/naming_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "rules/rule_file.h"

namespace remora {
namespace {

using Kind = NamingOutcome::Kind;

NamingRules rules_of(const std::string& text) {
    RuleFileOutcome outcome = parse_rule_file(text, "r.yml", NamesDialect::kExporter1x);
    EXPECT_TRUE(outcome.is_ok()) << outcome.errors.front().text;
    return std::move(outcome.rules);
}

NamingOutcome outcome_of(const NamingRules& rules, const std::string& bean,
                         ValueType type = ValueType::kNumber, const std::string& value = "1") {
    const Result<ObjectName> name = ObjectName::parse(bean);
    EXPECT_TRUE(name);
    NamingSample sample;
    sample.bean = &name.value();
    sample.attribute = "Value";
    sample.type = type;
    sample.value = value;
    return rules.apply(sample);
}

bool takes(const NamingRules& rules, const std::string& bean) {
    return rules.takes(ObjectName::parse(bean).value());
}

bool takes(const NamingRules& rules, const std::string& bean, const std::string& attribute) {
    return rules.takes(ObjectName::parse(bean).value(), attribute);
}

TEST(NamingRulesTest, ASampleThatGoesWrongIsDroppedAndItsRuleIsNamed) {
    const NamingRules rules = rules_of(R"(rules:
- pattern: unused
- pattern: type=twice
  name: x
  labels: {a-b: "1", a_b: "2"}
- pattern: type=steps, x=(a+)+(a+)+[bc]
- pattern: type=empty(x?)
  name: $1
- pattern: type=number
  value: "no"
- pattern: type=named
)");
    EXPECT_EQ(outcome_of(rules, "d:type=other").kind, Kind::kNoRule);
    EXPECT_EQ(outcome_of(rules, "d:type=twice").kind, Kind::kTwoLabels);
    EXPECT_EQ(outcome_of(rules, "d:type=twice").rule, 1U);
    const NamingOutcome given_up = outcome_of(rules, "d:type=steps,x=" + std::string(500, 'a'));
    EXPECT_EQ(given_up.kind, Kind::kGivenUp);
    EXPECT_EQ(given_up.rule, 2U);
    EXPECT_EQ(outcome_of(rules, "d:type=empty").kind, Kind::kNoName);
    EXPECT_EQ(outcome_of(rules, "d:type=number").kind, Kind::kNoNumber);
    EXPECT_EQ(outcome_of(rules, "d:type=named,a-b=1,a_b=2").kind, Kind::kTwoLabels);
    EXPECT_EQ(outcome_of(rules, "d:type=named", ValueType::kText, "5").kind, Kind::kNoNumber);
    EXPECT_EQ(outcome_of(rules, "d:type=named", ValueType::kOther, "[I@1").kind, Kind::kNoNumber);
    EXPECT_EQ(outcome_of(rules, "d:type=named").kind, Kind::kSeries);
}

TEST(NamingRulesTest, TellsHowANumberBecomesTheSeries) {
    const NamingRules rules = rules_of(R"(rules:
- pattern: type=constant
  name: c
  value: 2
  valueFactor: 3
- valueFactor: 10
)");
    const NamingOutcome constant = outcome_of(rules, "d:type=constant");
    EXPECT_EQ(constant.value, std::optional<double>(2));
    EXPECT_EQ(constant.series.scale, 3);
    EXPECT_EQ(constant.series.rule, ValueRule::kScaled);
    const NamingOutcome number = outcome_of(rules, "d:type=number");
    EXPECT_EQ(number.value, std::nullopt);
    EXPECT_EQ(number.series.scale, 10);
    EXPECT_EQ(number.series.attribute, "Value");
    EXPECT_EQ(number.series.metric_family, "d_number_Value");
    const NamingOutcome boolean = outcome_of(rules, "d:type=b", ValueType::kBoolean, "true");
    EXPECT_EQ(boolean.series.scale, 1);
    EXPECT_EQ(boolean.series.rule, ValueRule::kAsIs);
}

// Keys that the agents 0.20.0 and 1.0.1 do not know.
TEST(NamingRulesTest, KnowsKeysOfLaterVersions) {
    const NamingRules counters = rules_of(R"(inferCounterTypeFromName: true
rules:
- pattern: type=(\w+)
  name: x_$1
)");
    EXPECT_EQ(outcome_of(counters, "d:type=in_total").series.type, MetricType::kCounter);
    EXPECT_EQ(outcome_of(counters, "d:type=in_total").series.name, "x_in_total");
    EXPECT_EQ(outcome_of(counters, "d:type=in").series.type, MetricType::kUntyped);

    const NamingRules without_jvm = rules_of("excludeJvmMetrics: true\n");
    EXPECT_FALSE(takes(without_jvm, "java.lang:type=Memory"));
    EXPECT_FALSE(takes(without_jvm, "jdk.management.jfr:type=FlightRecorder"));
    EXPECT_TRUE(takes(without_jvm, "java.language:type=Memory"));
    const NamingRules put_back =
        rules_of("excludeJvmMetrics: true\nincludeObjectNames: ['java.lang:*', 'a:*']\n");
    EXPECT_TRUE(takes(put_back, "java.lang:type=Memory"));
    EXPECT_FALSE(takes(put_back, "java.nio:type=BufferPool"));

    const NamingRules listed = rules_of("includeObjectNameAttributes: {'a:b=c,d=e': [X]}\n");
    EXPECT_TRUE(takes(listed, "a:d=e,b=c", "X"));
    EXPECT_FALSE(takes(listed, "a:d=e,b=c", "Y"));
    EXPECT_FALSE(takes(listed, "a:b=c", "X"));
}

TEST(NamingRulesTest, LeavesLongTextsOfTheJvmOut) {
    const NamingRules rules = rules_of("");
    EXPECT_FALSE(takes(rules, "java.lang:type=Runtime", "SystemProperties"));
    EXPECT_FALSE(takes(rules, "java.lang:type=Runtime", "ClassPath"));
    EXPECT_TRUE(takes(rules, "java.lang:type=Runtime", "Uptime"));
    EXPECT_TRUE(takes(rules, "java.lang:type=Other", "ClassPath"));
    EXPECT_FALSE(takes(rules, "jdk.management.jfr:type=FlightRecorder", "EventTypes"));
}

TEST(NamingRulesTest, TellsWhetherARuleFitsWhateverStandsBeforeIt) {
    const NamingRules rules = rules_of("rules:\n- {}\n- pattern: type=a\n");
    const Result<ObjectName> a = ObjectName::parse("d:type=a");
    NamingSample sample;
    sample.bean = &a.value();
    EXPECT_EQ(rules.apply(sample).rule, 0U);
    EXPECT_EQ(rules.fits(1, sample), Regex::Answer::kYes);
    const Result<ObjectName> b = ObjectName::parse("d:type=b");
    sample.bean = &b.value();
    EXPECT_EQ(rules.fits(1, sample), Regex::Answer::kNo);
    EXPECT_EQ(rules.fits(0, sample), Regex::Answer::kYes);
}

// For numbers, another value never changes what a rule that does not look at it makes of a sample.
TEST(NamingRulesTest, ARuleThatDoesNotLookIsTheSameForAllNumbers) {
    const NamingRules rules = rules_of(R"(rules:
- pattern: 'd<type=(.+), name=(.*)>'
  name: a_$1_$2
- pattern: '<type=(.*)><>(\w*)'
  name: b_$1_$2
- pattern: '<type=.*><>(.*)'
  name: c_$1
)");
    EXPECT_FALSE(rules.rules()[0].looks_at_values());
    EXPECT_FALSE(rules.rules()[1].looks_at_values());
    EXPECT_TRUE(rules.rules()[2].looks_at_values());
    for (const char* bean : {"d:type=x,name=y", "d:type=1;2,name=NaN", "e:type=true>"}) {
        const std::string expected = outcome_of(rules, bean).series.name;
        EXPECT_FALSE(expected.empty());
        for (const char* value : {"3.0", "-1", "1.0E10", "NaN", "-Infinity", "true", "0"}) {
            EXPECT_EQ(outcome_of(rules, bean, ValueType::kNumber, value).series.name, expected);
        }
    }
}

}  // namespace
}  // namespace remora
