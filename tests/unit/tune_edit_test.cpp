// What an edit makes of a configuration, and what is said of it.
#include "tune/edit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/keys.h"
#include "config/parse.h"

namespace remora {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

Config config_of(const std::string& text) {
    const ParseOutcome outcome = parse_config(text, "r.json", {}, "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    return outcome.config;
}

json patch(const std::string& text, const Edit& edit) {
    return patch_of(json::parse(text), config_of(text), edit);
}

TEST(EditTest, ARuleComesBehindThoseThatThereAre) {
    const Edit edit{"rules", "", {{"match", "d:type=A"}, {"action", "exclude"}}};
    EXPECT_EQ(patch("{}", edit), json::parse(R"({"rules": [
        {"match": "d:type=A", "action": "exclude"}]})"));
    EXPECT_EQ(patch(R"({"rules": [{"match": "a:*", "top": 5}]})", edit),
              json::parse(R"({"rules": [{"match": "a:*", "top": 5},
                                        {"match": "d:type=A", "action": "exclude"}]})"));
}

TEST(EditTest, OfAnOutputOtherKeysStay) {
    const char* two = R"({"outputs": [{"format": "ndjson"}, {"name": "u", "type": "udp"}]})";
    EXPECT_EQ(patch(two, {"outputs", "u", {{"spread", 0.8}}}),
              json::parse(R"({"outputs": [{"format": "ndjson"},
                                          {"name": "u", "type": "udp", "spread": 0.8}]})"));
    EXPECT_EQ(patch("{}", {"outputs", "file-0", {{"interval", "1m"}}}),
              json::parse(R"({"outputs": [{"interval": "1m"}]})"));
}

TEST(EditTest, AnOutputThatTheFileDoesNotListIsNotChanged) {
    EXPECT_TRUE(patch("{}", {"outputs", "gone", {{"spread", 0.8}}}).is_null());
    EXPECT_TRUE(patch("{}", {}).is_null());
}

TEST(EditTest, KeysOfSamplingAreChangedAlone) {
    EXPECT_EQ(patch("{}", {"sampling", "", {{"topic_max_interval", "1m"}}}),
              json::parse(R"({"sampling": {"topic_max_interval": "1m"}})"));
}

TEST(EditTest, EveryKindIsTold) {
    const std::string before = R"({"outputs": [{"type": "udp", "port": 9}]})";
    const auto kinds = [&](const std::string& after) {
        return kinds_of(config_of(before), config_of(after));
    };
    const auto with_rule = [](const std::string& keys) {
        return R"({"outputs": [{"type": "udp", "port": 9}], "rules": [{"match": "a:*", )" + keys +
               "}]}";
    };
    const auto with_output = [](const std::string& keys) {
        return R"({"outputs": [{"type": "udp", "port": 9, )" + keys + "}]}";
    };
    const auto with_sampling = [](const std::string& keys) {
        return R"({"outputs": [{"type": "udp", "port": 9}], "sampling": {)" + keys + "}}";
    };
    EXPECT_EQ(kinds(before), Names());
    EXPECT_EQ(kinds(with_sampling(R"("base_interval": "20s")")), Names{"base_interval"});
    EXPECT_EQ(kinds(with_sampling(R"("client_max_interval": "20s")")), Names{"bounds"});
    EXPECT_EQ(kinds(with_rule(R"("interval": "5m")")), Names{"interval"});
    EXPECT_EQ(kinds(with_rule(R"("action": "exclude")")), Names{"exclude"});
    EXPECT_EQ(kinds(with_rule(R"("attributes": ["Count"])")), Names{"statistics"});
    EXPECT_EQ(kinds(with_rule(R"("top": 5)")), Names{"top"});
    EXPECT_EQ(kinds(with_output(R"("emit": "changed")")), Names{"emit"});
    EXPECT_EQ(kinds(with_output(R"("spread": 0.8)")), Names{"spread"});
    EXPECT_EQ(kinds(with_output(R"("interval": "1m")")), Names{"output_interval"});
    EXPECT_EQ(kinds(with_rule(R"("interval": "5m", "attributes": ["Count"])")),
              (Names{"interval", "statistics"}));
    EXPECT_EQ(change_kind_names().size(), 9U) << "each has a line here";
}

TEST(EditTest, TheGroundOfAnEditIsThePartOfTheConfigurationThatItIsAbout) {
    const Edit rule{"rules", "", {{"match", "d:type=A"}, {"action", "exclude"}}};
    const Edit bound{"sampling", "", {{"topic_max_interval", "1m"}}};
    const Edit output{"outputs", "file-0", {{"emit", "changed"}}};
    const auto differs = [](const Edit& edit, const std::string& text) {
        return ground_of(config_of("{}"), edit) != ground_of(config_of(text), edit);
    };
    const std::string rules = R"({"rules": [{"match": "a:*", "top": 5}]})";
    const std::string include = R"({"select": {"include": ["a:*"]}})";
    const std::string ceiling = R"({"sampling": {"cpu_budget_percent": 2}})";
    const std::string labels = R"({"outputs": [{"labels": {"a": "b"}}]})";
    const std::string other = R"({"log": {"level": "warn"}, "topics": {"top": 5}})";
    EXPECT_TRUE(differs(rule, rules));
    EXPECT_TRUE(differs(rule, include));
    EXPECT_FALSE(differs(rule, ceiling));
    EXPECT_TRUE(differs(bound, ceiling));
    EXPECT_FALSE(differs(bound, rules));
    EXPECT_TRUE(differs(output, labels));
    EXPECT_FALSE(differs(output, include));
    for (const Edit& edit : {rule, bound, output}) {
        EXPECT_FALSE(differs(edit, other));
    }
}

}  // namespace
}  // namespace remora
