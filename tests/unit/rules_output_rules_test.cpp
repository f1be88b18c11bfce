// Configurations with rule files, and the argument of jmx_exporter's that stands for one.
#include "rules/output_rules.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "config/keys.h"
#include "rules/dialects.h"
#include "rules/migrate.h"
#include "rules/rule_file.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

class OutputRulesTest : public testing::Test {
 protected:
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
        return path(name);
    }
    std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

    ParseOutcome load(const std::string& arguments) const { return load_with_rules(arguments, {}); }

    static std::string texts(const std::vector<Problem>& problems) {
        std::string all;
        for (const Problem& problem : problems) {
            all += problem.text + "\n";
        }
        return all;
    }

    const TemporaryDirectory directory_;
};

TEST_F(OutputRulesTest, ARuleFileIsReadWithTheConfiguration) {
    const std::string rules = write("r.yml", "rules:\n- pattern: a\n  name: b\n");
    const std::string config =
        write("c.json", R"({"select": {"profile": "all"}, "outputs": [{"names": ")" + rules +
                            R"(", "names_dialect": "0.20"}]})");
    const ParseOutcome outcome = load(config);
    ASSERT_TRUE(outcome.is_ok()) << outcome.error_text();
    EXPECT_EQ(texts(outcome.warnings), "");
    const OutputConfig& output = outcome.config.outputs[0];
    EXPECT_EQ(output.rule_text, "rules:\n- pattern: a\n  name: b\n");
    const auto found = rules_of(output);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->rules().size(), 1U);
    EXPECT_EQ(found->options().dialect, NamesDialect::kExporter020);
    EXPECT_EQ(rules_of(OutputConfig()), nullptr);
}

TEST_F(OutputRulesTest, WhatIsWrongWithARuleFileIsAnErrorOfTheConfiguration) {
    const std::string rules = write("r.yml", "rules:\n- pattern: '['\n");
    const std::string config = write("c.json", R"({"outputs": [{"names": ")" + rules +
                                                   R"("}, {"name": "b", "path": "/b", "names": ")" +
                                                   path("none.yml") + R"("}]})");
    const ParseOutcome outcome = load(config);
    ASSERT_EQ(outcome.errors.size(), 2U) << outcome.error_text();
    EXPECT_EQ(outcome.errors[0].text.find(rules + ":2:12: rule 1: pattern: "), 0U);
    EXPECT_EQ(outcome.errors[1].text.find("outputs.1.names: " + path("none.yml") + ": "), 0U);
}

TEST_F(OutputRulesTest, WhatTheSelectionKeepsFromTheRulesIsSaid) {
    const std::string rules =
        write("r.yml", "rules:\n- pattern: \"state: (.+)\"\n  name: b\n  value: 1\n");
    const std::string config = write("c.json", R"({"outputs": [{"names": ")" + rules + R"("}]})");
    const ParseOutcome outcome = load(config);
    ASSERT_TRUE(outcome.is_ok()) << outcome.error_text();
    EXPECT_EQ(texts(outcome.warnings),
              "outputs.0.names: the rules see only what select takes, and its profile is not "
              "\"all\"; remora migrate shows a selection that takes what the file is about\n"
              "outputs.0.names: a rule has a value of its own, which texts may get too; they are "
              "collected with select.texts\n");
}

TEST_F(OutputRulesTest, AnArgumentOfJmxExporterStandsForTheConfigurationOfItsFile) {
    const std::string rules = write("k.yml", "includeObjectNames: [\"kafka.server:*\"]\n");
    for (const auto& [prefix, host] : {std::pair{"8080:", "0.0.0.0"},
                                       {"127.0.0.1:8080:", "127.0.0.1"},
                                       {"[::1]:8080:", "::1"},
                                       {"broker-1.lan:8080:", "broker-1.lan"}}) {
        const ParseOutcome outcome = load(prefix + rules + ",log.level=warn");
        EXPECT_EQ(outcome.file, rules);
        EXPECT_EQ(outcome.mark, mark_of(rules));
        EXPECT_EQ(outcome.config.log.level, LogLevel::kWarn) << "further arguments count";
        const auto config = nlohmann::json::parse(outcome.content);
        const nlohmann::json output = {{"type", "http"},
                                       {"host", host},
                                       {"port", 8080},
                                       {"format", "prometheus"},
                                       {"names", rules}};
        EXPECT_EQ(config["outputs"], nlohmann::json::array({output}));
        EXPECT_EQ(config["rules"].back(),
                  (nlohmann::json{{"match", "*:*"}, {"action", "exclude"}}));
    }
}

TEST_F(OutputRulesTest, AnArgumentOfJmxExporterWithAMistakeSaysIt) {
    EXPECT_NE(load("8080:" + path("none.yml")).error_text().find(path("none.yml") + ": "),
              std::string::npos);
    const std::string bad = write("bad.yml", "hostPort: x:1\n");
    EXPECT_NE(load("8080:" + bad).error_text().find(bad + ":1:1: hostPort: "), std::string::npos);
    const std::string good = write("good.yml", "{}\n");
    EXPECT_NE(load("0:" + good).error_text().find("found port 0; expected 1 to 65535"),
              std::string::npos);
    EXPECT_NE(load("70000:" + good).error_text().find("found port 70000; expected 1 to 65535"),
              std::string::npos);
}

TEST_F(OutputRulesTest, EveryDialectIsAValidRuleFile) {
    for (const std::string name : output_names_names()) {
        OutputConfig output;
        output.names = name;
        EXPECT_EQ(has_rules(output), !find_dialect(name).empty()) << name;
        if (!has_rules(output)) {
            continue;
        }
        const RuleFileOutcome outcome =
            parse_rule_file(find_dialect(name), name, NamesDialect::kExporter020);
        EXPECT_EQ(texts(outcome.errors) + texts(outcome.warnings), "") << name;
        EXPECT_GT(rules_of(output)->rules().size(), 10U);
    }
}

std::string migrated(const std::string& rule_file) {
    const RuleFileOutcome outcome = parse_rule_file(rule_file, "r.yml", NamesDialect::kExporter1x);
    EXPECT_TRUE(outcome.is_ok());
    return write_migrated(outcome.rules, {"/r.yml", std::nullopt, "1.x"});
}

TEST(MigrateTest, AFileAboutEverythingTakesEverything) {
    EXPECT_EQ(nlohmann::json::parse(migrated("{}")),
              nlohmann::json::parse(R"({"select": {"profile": "all", "domains": ["*"]},
                  "outputs": [{"type": "file", "format": "prometheus", "names": "/r.yml"}]})"));
}

TEST(MigrateTest, APathMayBeAnyBytes) {
    const std::string written = write_migrated({}, {"/r\xff.yml", std::nullopt, "1.x"});
    EXPECT_FALSE(nlohmann::json::parse(written).empty());
}

TEST(MigrateTest, TheSelectionFollowsTheFile) {
    const auto config = nlohmann::json::parse(migrated(R"yml(
includeObjectNames: ["kafka.server:*", "com.acme:type=A,*"]
excludeObjectNames: ["kafka.server:type=Fetch,*"]
rules:
- pattern: "x: (.+)"
  name: x
  value: 1
)yml"));
    EXPECT_EQ(config["select"], nlohmann::json::parse(R"({"profile": "all", "texts": true,
                  "domains": ["com.acme", "java.lang", "java.nio", "kafka.server"]})"));
    const nlohmann::json& rules = config["rules"];
    ASSERT_EQ(rules.size(), 6U);
    EXPECT_EQ(rules[0], nlohmann::json::parse(
                            R"({"match": "kafka.server:type=Fetch,*", "action": "exclude"})"));
    EXPECT_EQ(rules[2], nlohmann::json::parse(R"({"match": "com.acme:type=A,*",
                                                  "action": "include", "attributes": ["*"]})"));
    EXPECT_EQ(rules[3]["match"], "java.lang:*") << "for the series of the JVM";
    EXPECT_EQ(rules[5], nlohmann::json::parse(R"({"match": "*:*", "action": "exclude"})"));
}

TEST(MigrateTest, TheJvmHasItsSeriesThoughTheFileLeavesItsBeansOut) {
    for (const char* file : {"excludeJvmMetrics: true", "excludeObjectNames: [\"java.lang:*\"]"}) {
        const auto config = nlohmann::json::parse(migrated(file));
        EXPECT_EQ(config["rules"][0]["match"], "java.lang:*") << file;
        EXPECT_EQ(config["rules"][0]["action"], "include") << file;
    }
}

TEST(MigrateTest, WhatItWritesIsAValidConfiguration) {
    const ParseOutcome outcome = parse_config(migrated("excludeJvmMetrics: true"), "r", {}, "");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
}

}  // namespace
}  // namespace remora
