// The messages about a bad configuration, word for word.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "config/parse.h"
#include "support/golden.h"

namespace remora {
namespace {

struct BadConfig {
    std::string text;
    std::string messages;
};

void replace_all(std::string& text, const std::string& what, const std::string& with) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

std::vector<BadConfig> bad_configs() {
    std::istringstream lines(read_source_file("tests/golden/config_errors.txt"));
    std::vector<BadConfig> all;
    const std::string mark = "config: ";
    for (std::string line; std::getline(lines, line);) {
        if (line.compare(0, mark.size(), mark) == 0) {
            BadConfig bad{line.substr(mark.size()), ""};
            replace_all(bad.text, "[LF]", "\n");
            replace_all(bad.text, "[FF]", "\xff");
            all.push_back(bad);
        } else if (!line.empty() && line.front() != '#' && !all.empty()) {
            all.back().messages += (all.back().messages.empty() ? "" : "\n") + line;
        }
    }
    return all;
}

ParseOutcome parse(const std::string& text, const std::string& arguments = "") {
    return parse_config(text, "r.json", {}, arguments);
}

TEST(ConfigErrors, EachBadConfigurationIsToldPrecisely) {
    const std::vector<BadConfig> all = bad_configs();
    ASSERT_GE(all.size(), 60U);
    for (const BadConfig& bad : all) {
        ASSERT_FALSE(bad.messages.empty()) << bad.text;
        EXPECT_EQ(parse(bad.text).error_text(), bad.messages) << bad.text;
    }
}

TEST(ConfigErrors, AllMistakesAreToldAtOnceWithLineAndColumn) {
    const ParseOutcome outcome = parse(R"({
  "sampling": {"policy": "fast", "base_interval": 10},
  "topics": {
    "mode": "all",
    "bukket": "1/2"
  },
  "outputs": [{"port": "x"}]
})");
    const std::string text = outcome.error_text();
    EXPECT_EQ(outcome.errors.size(), 4U) << text;
    EXPECT_NE(text.find("r.json:2:26: sampling.policy: "), std::string::npos) << text;
    EXPECT_NE(text.find("r.json:2:51: sampling.base_interval: "), std::string::npos) << text;
    EXPECT_NE(text.find("r.json:5:5: topics.bukket: unknown key; did you mean \"bucket\"?"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("r.json:7:24: outputs.0.port: "), std::string::npos) << text;
}

TEST(ConfigErrors, TheirNumberIsBounded) {
    std::string text = "{";
    for (int i = 0; i < 500; ++i) {
        text += (i == 0 ? "" : ",") + std::string("\"unknown_") + std::to_string(i) + "\": 1";
    }
    const ParseOutcome outcome = parse(text + "}");
    EXPECT_EQ(outcome.errors.size(), kProblemsMax + 1);
    EXPECT_EQ(outcome.errors.back().text, "more problems are not shown");
}

TEST(ConfigErrors, ATextThatIsTooLongIsRefusedBeforeItIsParsed) {
    const ParseOutcome outcome = parse(std::string(kConfigBytesMax + 1, ' '));
    EXPECT_EQ(outcome.error_text(), "r.json: found 4194305 bytes; expected at most 4194304");
}

TEST(ConfigErrors, DeepNestingEndsWithAMessageAndNotWithTheStack) {
    const std::string deep(1'000'000, '[');
    EXPECT_EQ(parse(deep).error_text(), "r.json:1:33: nested deeper than 32 levels");
}

TEST(ConfigErrors, VariablesOfOtherProgramsTurnNothingOff) {
    const ParseOutcome outcome =
        parse_config("{}", "r.json",
                     {"TOPIC_BUCKET=s3bucket", "TOPIC_REGEX=a(b", "TOPIC_MODE=fast",
                      "TOPIC_SAMPLE_SIZE=some", "COLLECT_BROKER_TOPIC_DATA=maybe",
                      "TOPIC_LIST=", "REMORA_OUTPUTS=", "REMORA_TOPICS_MODE="},
                     "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    EXPECT_EQ(outcome.config, Config(parse_config("{}", "r.json", {}, "").config));
    ASSERT_EQ(outcome.warnings.size(), 5U) << "what is empty is not set, and nothing to speak of";
    EXPECT_EQ(outcome.warnings[0].text,
              "environment TOPIC_BUCKET: found \"s3bucket\", which topics.bucket cannot be; the "
              "variable is ignored as another program's");
}

// Values that could be ours by their form, and that would be errors all the same.
TEST(ConfigErrors, AVariableOfAnotherProgramIsTriedBeforeItIsUsed) {
    for (const char* variable :
         {"TOPIC_BUCKET=5/3", "TOPIC_BUCKET=0/0", "TOPIC_SAMPLE_SIZE=99999999999",
          "TOPIC_LIST=[1, 2]", "TOPIC_LIST=[broken", "TOPIC_LIST={\"a\": 1}", "TOPIC_MODE=list",
          "TOPIC_MODE=Regex", "CONSUMER_GROUP_REGEX=(?=x"}) {
        const ParseOutcome outcome = parse_config("{}", "r.json", {variable}, "");
        EXPECT_TRUE(outcome.is_ok()) << variable << ": " << outcome.error_text();
        EXPECT_EQ(outcome.config, parse_config("{}", "r.json", {}, "").config) << variable;
        ASSERT_EQ(outcome.warnings.size(), 1U) << variable;
        EXPECT_NE(outcome.warnings[0].text.find("is ignored as another program's"),
                  std::string::npos)
            << outcome.warnings[0].text;
    }
    const ParseOutcome ours = parse_config(
        "{}", "r.json", {"TOPIC_MODE=List", "TOPIC_BUCKET=s3", "TOPIC_LIST=[\"a\"]"}, "");
    EXPECT_TRUE(ours.is_ok()) << ours.error_text();
    EXPECT_EQ(ours.config.topics.mode, TopicMode::kList);
    EXPECT_EQ(ours.config.topics.list, std::vector<std::string>{"a"});
    EXPECT_EQ(ours.warnings.size(), 1U);
    const ParseOutcome file =
        parse_config(R"({"topics": {"list": ["b"]}})", "r.json", {"TOPIC_MODE=list"}, "");
    EXPECT_EQ(file.config.topics.mode, TopicMode::kList);
    EXPECT_TRUE(file.warnings.empty());
}

TEST(ConfigErrors, OverridesAreCheckedLikeTheFile) {
    const ParseOutcome outcome =
        parse_config("{}", "r.json", {"REMORA_TOPICS_BUCKET=3/2", "REMORA_TOPIC_REGEX=a(b"},
                     "samplin.policy=fixed,reload.enabled=maybe");
    const std::string text = outcome.error_text();
    EXPECT_EQ(outcome.errors.size(), 4U) << text;
    EXPECT_NE(text.find("environment REMORA_TOPICS_BUCKET: topics.bucket: found the text \"3/2\""),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("environment REMORA_TOPIC_REGEX: topics.regex: found the text \"a(b\""),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("argument samplin.policy: unknown key; did you mean \"sampling.policy\"?"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("argument reload.enabled: found the text \"maybe\""), std::string::npos)
        << text;
}

TEST(ConfigErrors, AFileThatCannotBeReadIsAnError) {
    EXPECT_NE(load_config("/nonexistent/remora.json", {})
                  .error_text()
                  .find("/nonexistent/remora.json: cannot be opened: No such file"),
              std::string::npos);
    EXPECT_EQ(load_config("config=/dev/null", {}).error_text(), "/dev/null: is no regular file");
    EXPECT_EQ(load_config("config=/", {}).error_text(), "/: is no regular file");
}

TEST(ConfigErrors, AVariableThatNamesNoKeyIsAWarningOnly) {
    // Kubernetes sets such variables for a service called remora.
    const ParseOutcome outcome =
        parse_config("{}", "", {"REMORA_SERVICE_HOST=10.0.0.1", "REMORA_TOPICS_MOD=all"}, "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    ASSERT_EQ(outcome.warnings.size(), 2U);
    EXPECT_EQ(outcome.warnings[1].text,
              "environment REMORA_TOPICS_MOD: names no key and is ignored; did you mean "
              "\"REMORA_TOPICS_MODE\"?");
}

TEST(ConfigErrors, AVariableForAPlaceThatAListDoesNotHaveIsNamed) {
    for (const char* place : {"1", "9999", "99999999999", "99999999999999999999999"}) {
        const std::string name = std::string("REMORA_OUTPUTS_") + place + "_PATH";
        const std::string errors =
            parse_config(R"({"outputs": []})", "r.json", {name + "=/x"}, "").error_text();
        EXPECT_NE(errors.find("environment " + name + ": outputs." + place +
                              ".path: there is no such place; list items count from 0 without "
                              "gaps"),
                  std::string::npos)
            << errors;
    }
}

TEST(ConfigErrors, OfTheVariablesThatNameNoKeyThoseThatAreReadElsewhereAreNotWarnedOf) {
    const ParseOutcome read_elsewhere =
        parse_config("{}", "",
                     {"REMORA_CONFIG=/etc/remora.json", "REMORA_FORCE=true",
                      "REMORA_LIBRARY=/opt/libremora.so", "REMORA_TMPDIR=/run"},
                     "");
    EXPECT_TRUE(read_elsewhere.warnings.empty()) << read_elsewhere.warnings[0].text;
    const std::vector<std::string> read_nowhere = {"REMORA_DOMAINS=*", "REMORA_HOME=/opt",
                                                   "REMORA_JAR=/opt/remora.jar", "REMORA_OPTS=-x",
                                                   "REMORA_VERSION=1"};
    EXPECT_EQ(parse_config("{}", "", read_nowhere, "").warnings.size(), read_nowhere.size());
}

}  // namespace
}  // namespace remora
