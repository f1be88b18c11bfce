// What no patch may touch.
#include "tune/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/parse.h"
#include "support/calm_profile.h"

namespace remora {
namespace {

using testing::HasSubstr;

constexpr const char* kAlert = "kafka.controller:type=KafkaController,name=OfflinePartitionsCount";
constexpr const char* kBroker = "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize";
constexpr const char* kTopic = "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=*";

class LimitsTest : public testing::Test {
 protected:
    // Why the patch may not be proposed; "" when it may.
    std::string refusal(const std::string& patch) {
        const ParseOutcome before =
            parse_config(written_.text, written_.file, written_.environment, written_.arguments);
        EXPECT_TRUE(before.is_ok()) << before.error_text();
        return hold_limits(profile_, written_, before.config, nlohmann::json::parse(patch))
            .status()
            .message();
    }
    std::string refusal_of_rule(const std::string& match, const std::string& settings) {
        return refusal(R"({"rules": [{"match": ")" + match + "\", " + settings + "}]}");
    }

    AgentProfile profile_ = calm_profile();
    Written written_{"{}", "r.json", "", {}};
};

TEST_F(LimitsTest, ARuleAboutAFamilyMayBeProposed) {
    EXPECT_EQ(refusal_of_rule(kTopic, R"("interval": "5m")"), "");
    EXPECT_EQ(refusal_of_rule(kTopic, R"("action": "exclude")"), "");
    EXPECT_EQ(refusal_of_rule("kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=t",
                              R"("action": "exclude")"),
              "")
        << "one bean of it";
}

TEST_F(LimitsTest, AlertsAreNeverTouched) {
    EXPECT_THAT(refusal_of_rule(kAlert, R"("action": "exclude")"), HasSubstr("an alert"));
    EXPECT_THAT(refusal_of_rule(kAlert, R"("attributes": ["Value"])"), HasSubstr("an alert"));
}

TEST_F(LimitsTest, WhatTheOperatorAskedForIsNeverTouched) {
    profile_.families[2].is_named = true;
    EXPECT_THAT(refusal_of_rule(kTopic, R"("top": 5)"), HasSubstr("asks for it"));
}

TEST_F(LimitsTest, WhatIsOfTheWholeBrokerIsNotReadLessOften) {
    EXPECT_THAT(refusal_of_rule(kBroker, R"("action": "exclude")"), HasSubstr("whole broker"));
    profile_.quarantined = {{kBroker, 4'000}};
    EXPECT_EQ(refusal_of_rule(kBroker, R"("action": "exclude")"), "") << "its reads fail";
    for (const char* key : {"interval", "min_interval", "max_interval"}) {
        EXPECT_THAT(refusal_of_rule(kBroker, "\"" + std::string(key) + R"(": "1m")"),
                    HasSubstr("whole broker"));
    }
}

TEST_F(LimitsTest, NoRuleMovesABeanToAnotherClass) {
    EXPECT_THAT(refusal_of_rule(kTopic, R"("class": "partition")"), HasSubstr("another class"));
    EXPECT_THAT(refusal_of_rule(kTopic, R"("importance": "low")"), HasSubstr("another class"));
    EXPECT_THAT(refusal_of_rule(kTopic, R"("action": "include")"), HasSubstr("another class"));
}

TEST_F(LimitsTest, ARuleIsAboutOneFamilyThatThereIs) {
    EXPECT_THAT(refusal_of_rule("kafka.server:*", R"("action": "exclude")"),
                HasSubstr("not about one family"));
    EXPECT_THAT(refusal_of_rule("d:type=A", R"("action": "exclude")"),
                HasSubstr("not about one family"));
    EXPECT_THAT(refusal_of_rule(kTopic, R"("action": "exclude", "where": {"topic": "a"})"),
                HasSubstr("not about one family"));
}

TEST_F(LimitsTest, ANameThatIsNoUtf8IsRefusedAndThrowsNothing) {
    const std::string name = "d:type=A,name=\xff";
    profile_.families[2].name = name;
    const nlohmann::json rule = {{"match", name}, {"interval", "5m"}};
    const nlohmann::json patch = {{"rules", nlohmann::json::array({rule})}};
    const Config before = parse_config(written_.text, written_.file, {}, "").config;
    EXPECT_THAT(hold_limits(profile_, written_, before, patch).status().message(),
                HasSubstr("not about one family"));
}

TEST_F(LimitsTest, NoValueGetsOlderThanFiveMinutes) {
    EXPECT_THAT(refusal_of_rule(kTopic, R"("interval": "6m")"), HasSubstr("five minutes"));
    EXPECT_EQ(refusal(R"({"sampling": {"partition_max_interval": "5m"}})"), "");
    for (const char* key :
         {"topic_max_interval", "client_max_interval", "partition_max_interval"}) {
        EXPECT_THAT(refusal(R"({"sampling": {")" + std::string(key) + R"(": "6m"}})"),
                    HasSubstr(key));
    }
}

TEST_F(LimitsTest, RulesOfTheOperatorStayAndStayFirst) {
    written_.text = R"({"rules": [{"match": "a:*", "action": "exclude"}]})";
    const std::string added = R"({"match": ")" + std::string(kTopic) + R"(", "top": 5})";
    EXPECT_EQ(refusal(R"({"rules": [{"match": "a:*", "action": "exclude"}, )" + added + "]}"), "");
    EXPECT_THAT(refusal(R"({"rules": [)" + added + R"(, {"match": "a:*", "action": "exclude"}]})"),
                HasSubstr("stay first"));
    EXPECT_THAT(refusal(R"({"rules": []})"), HasSubstr("stay first"));
}

TEST_F(LimitsTest, TheBaseIntervalIsNotLongerThanTicksComeAlready) {
    EXPECT_THAT(refusal(R"({"sampling": {"base_interval": "20s"}})"), HasSubstr("at each tick"));
    EXPECT_THAT(refusal(R"({"sampling": {"base_interval": "5s"}})"), HasSubstr("at each tick"));
    profile_.tick_interval_s = 20;
    EXPECT_EQ(refusal(R"({"sampling": {"base_interval": "20s"}})"), "");
    EXPECT_THAT(refusal(R"({"sampling": {"base_interval": "20s", "min_interval": "5s"}})"),
                HasSubstr("min_interval"));
}

TEST_F(LimitsTest, AnOutputIsNotWrittenLessOftenThanItsTicksGetOut) {
    const std::string slower = R"({"outputs": [{"interval": "20s"}]})";
    EXPECT_THAT(refusal(slower), HasSubstr("none of its ticks"));
    profile_.outputs[0].skipped_share = 0.4;
    EXPECT_EQ(refusal(slower), "");
    EXPECT_THAT(refusal(R"({"outputs": [{"interval": "1m"}]})"), HasSubstr("longer than"));
}

TEST_F(LimitsTest, NothingElseIsTouched) {
    for (const char* patch :
         {R"({"sampling": {"cpu_budget_percent": 5}})", R"({"sampling": {"policy": "fixed"}})",
          R"({"select": {"profile": "minimal"}})", R"({"topics": {"partitions": false}})",
          R"({"clients": {"enabled": false}})", R"({"limits": {"series_max": 5}})",
          R"({"outputs": [{"exclude": ["a:*"]}]})", R"({"outputs": [{"path": "/x"}]})",
          R"({"outputs": [{}, {"format": "ndjson"}]})", R"({"self_metrics": "off"})",
          R"({"optimizer": {"mode": "off"}})", R"({"reload": {"enabled": false}})"}) {
        EXPECT_THAT(refusal(patch), HasSubstr("operator's to decide")) << patch;
    }
}

TEST_F(LimitsTest, AnInvalidConfigurationIsNotProposed) {
    EXPECT_THAT(refusal(R"({"sampling": {"partition_max_interval": "1s"}})"),
                HasSubstr("expected at least sampling.base_interval"));
    EXPECT_THAT(refusal(R"({"zebra": 1})"), HasSubstr("unknown key"));
}

TEST_F(LimitsTest, WhatTheEnvironmentDecidesCannotBeProposed) {
    const std::string patch = R"({"sampling": {"topic_max_interval": "1m"}})";
    EXPECT_EQ(refusal(patch), "");
    written_.environment = {"REMORA_SAMPLING_TOPIC_MAX_INTERVAL=20s"};
    EXPECT_THAT(refusal(patch), HasSubstr("environment"));
    written_ = {"{}", "r.json", "sampling.topic_max_interval=20s", {}};
    EXPECT_THAT(refusal(patch), HasSubstr("arguments"));
}

TEST_F(LimitsTest, WhatIsMeasuredDoesNotLoosenTheOtherLimits) {
    const ParseOutcome before = parse_config("{}", "r.json", {}, "");
    const auto held = [&](const char* patch) {
        return hold_fixed_limits(written_, before.config, nlohmann::json::parse(patch)).is_ok();
    };
    EXPECT_TRUE(held(R"({"rules": [{"match": "d:type=Gone", "interval": "5m"}]})"));
    EXPECT_FALSE(held(R"({"rules": [{"match": "d:type=Gone", "interval": "6m"}]})"));
    EXPECT_FALSE(held(R"({"rules": [{"match": "d:type=Gone", "class": "topic"}]})"));
    EXPECT_FALSE(held(R"({"sampling": {"cpu_budget_percent": 2}})"));
    EXPECT_FALSE(held(R"({"sampling": {"base_interval": "5s"}})"));
}

TEST_F(LimitsTest, WhatHasBecomeAnAlertOrOfTheBrokerHasOutgrownItsEdit) {
    const Edit less_often{"rules", "", {{"match", kTopic}, {"interval", "5m"}}};
    const Edit left_out{"rules", "", {{"match", kTopic}, {"action", "exclude"}}};
    EXPECT_EQ(outgrown_limit(profile_, less_often), "");
    EXPECT_EQ(outgrown_limit(profile_, {"sampling", "", {{"topic_max_interval", "5m"}}}), "");
    profile_.families[2].unit_class = UnitClass::kBroker;
    EXPECT_THAT(outgrown_limit(profile_, less_often), HasSubstr("whole broker"));
    EXPECT_EQ(outgrown_limit(profile_, left_out), "");
    profile_.families[2].unit_class = UnitClass::kAlert;
    EXPECT_THAT(outgrown_limit(profile_, left_out), HasSubstr("alert"));
    profile_.families.clear();
    EXPECT_EQ(outgrown_limit(profile_, left_out), "") << "the edit itself leaves it out";
}

TEST_F(LimitsTest, ABaseIntervalStaysWhileTicksComeAsOftenAsItSays) {
    const Edit edit{"sampling", "", {{"base_interval", "40s"}}};
    profile_.base_interval_s = 40;
    profile_.tick_interval_s = 40;
    EXPECT_EQ(outgrown_limit(profile_, edit), "");
    profile_.tick_interval_s = 80;
    EXPECT_THAT(outgrown_limit(profile_, edit), HasSubstr("less often than it says"));
    const Edit other{"sampling", "", {{"topic_max_interval", "2m"}}};
    EXPECT_EQ(outgrown_limit(profile_, other), "");
}

}  // namespace
}  // namespace remora
