#include "select/unmatched.h"

#include <gtest/gtest.h>

#include "config/parse.h"

namespace remora {
namespace {

Config parse(const char* text) {
    ParseOutcome outcome = parse_config(text, "test.json", {}, "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    return outcome.config;
}

Bean bean(const char* name, BeanKind kind = BeanKind::kGauge) {
    Bean made;
    made.kind = kind;
    made.name = ObjectName::parse(name).value();
    return made;
}

constexpr const char* kEveryKind = R"({
    "rules": [{"match": "kafka.log:type=Log,*", "importance": "low"},
              {"match": "kafka.log:type=Log,*", "where": {"topic": "pay-.*"}, "importance": "low"}],
    "select": {"domains": ["kafka.*", "kfaka.*"],
               "include": ["kafka.log:type=Log,*", "kafka.log:type=Lgo,*"],
               "exclude": ["kafka.server:*"],
               "attributes_exclude": ["99thPercentil", "p50"],
               "label_include": {"topic": "orders", "client-id": "x.*"}},
    "topics": {"mode": "list", "list": ["orders", "ordres"]},
    "outputs": [{"include": ["*:*", "kafka.network:*"]}]})";

TEST(UnmatchedTest, NamesWhatNoBeanHasMatchedByKeyAndText) {
    Unmatched unmatched(parse(kEveryKind));
    unmatched.see(bean("kafka.log:type=Log,name=Size,topic=orders,partition=0"));
    unmatched.see(bean("kafka.log:type=LogFlushStats,name=Time", BeanKind::kTimer));
    EXPECT_EQ(unmatched.sentence(),
              "nothing on this broker matches so far: rules.1.match \"kafka.log:type=Log,*\", "
              "where topic is pay-.*; select.domains.1 \"kfaka.*\"; select.include.1 "
              "\"kafka.log:type=Lgo,*\"; select.exclude.0 \"kafka.server:*\"; "
              "select.attributes_exclude.0 \"99thPercentil\"; select.label_include.client-id "
              "\"x.*\"; topics.list.1 \"ordres\"; outputs.0.include.1 \"kafka.network:*\"");
    unmatched.see(bean("kafka.log:type=Log,name=Size,topic=pay-1,partition=0"));
    EXPECT_EQ(unmatched.sentence().find("rules."), std::string::npos);
}

TEST(UnmatchedTest, RulesOfTheOptimizerAreNobodysMistake) {
    Config config;
    config.rules.resize(2);
    config.rules[0].match = "a:type=A";
    config.rules[1].match = "b:type=B";
    config.tuned_rules = 1;
    const std::string sentence = Unmatched(config).sentence();
    EXPECT_NE(sentence.find("rules.0.match \"a:type=A\""), std::string::npos) << sentence;
    EXPECT_EQ(sentence.find("rules.1"), std::string::npos) << sentence;
}

TEST(UnmatchedTest, ManyAreCountedAndNotNamed) {
    Config config;
    for (int i = 0; i < 50; ++i) {
        config.select.include.push_back("a:type=T" + std::to_string(i));
    }
    const std::string sentence = Unmatched(config).sentence();
    EXPECT_NE(sentence.find("a:type=T9\"; and 40 more"), std::string::npos) << sentence;
    EXPECT_LT(sentence.size(), 1000U);
}

TEST(UnmatchedTest, TheDefaultsNameNothing) {
    EXPECT_TRUE(Unmatched(Config()).is_empty());
    EXPECT_EQ(Unmatched(Config()).sentence(), "");
}

TEST(UnmatchedTest, ATopicExpressionIsAboutTopics) {
    Unmatched unmatched(parse(R"({"topics": {"mode": "regex", "regex": "pay-.*"}})"));
    unmatched.see(bean("kafka.log:type=Log,name=pay-1"));
    EXPECT_FALSE(unmatched.is_empty());
    unmatched.see(bean("kafka.log:type=Log,name=Size,topic=\"pay-1\""));
    EXPECT_TRUE(unmatched.is_empty());
}

}  // namespace
}  // namespace remora
