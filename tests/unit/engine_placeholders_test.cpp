#include "engine/placeholders.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "config/parse.h"

namespace remora {
namespace {

const Facts kFacts = {{"broker.id", "7"},
                      {"cluster.id", "q/1"},
                      {"kafka.version", "4.1.0"},
                      {"node.role", "broker"},
                      {"kafka.logs.dir", "/l"}};

OutputConfig output(OutputFormat format, const std::string& path = "${dir}/x") {
    OutputConfig config;
    config.format = format;
    config.path = path;
    return config;
}

using Labels = std::vector<TextPair>;

TEST(PlaceholdersTest, StandForFactsInLabels) {
    Config config;
    config.labels = {{"cluster", "${cluster.id}"}, {"plain", "x"}};
    config.outputs = {output(OutputFormat::kPrometheus)};
    config.outputs[0].labels = {{"who", "${node.role}-${broker.id}@${kafka.version}"}};
    EXPECT_TRUE(expand_placeholders(config, kFacts).empty());
    EXPECT_EQ(config.labels, (Labels{{"cluster", "q/1"}, {"plain", "x"}}));
    EXPECT_EQ(config.outputs[0].labels, (Labels{{"who", "broker-7@4.1.0"}}));
}

TEST(PlaceholdersTest, KnowTheHost) {
    Config config;
    config.labels = {{"host", "${host}"}};
    expand_placeholders(config, {});
    char name[256] = {};
    ASSERT_EQ(::gethostname(name, sizeof(name) - 1), 0);
    EXPECT_EQ(config.labels, (Labels{{"host", name}}));
}

TEST(PlaceholdersTest, InPathsAreFileNames) {
    Config config;
    config.directory = "/data/${broker.id}";
    config.outputs = {output(OutputFormat::kPrometheus, "${dir}/${cluster.id}-${broker.id}.prom"),
                      output(OutputFormat::kPrometheus, "/x/${pid}")};
    expand_placeholders(config, kFacts);
    EXPECT_EQ(config.outputs[0].path, "/data/7/q_1-7.prom");
    EXPECT_EQ(config.outputs[1].path, "/x/" + std::to_string(::getpid()));
    config.outputs = {output(OutputFormat::kPrometheus, "/${broker.id}")};
    expand_placeholders(config, {});
    EXPECT_EQ(config.outputs[0].path, "/unknown");
}

TEST(PlaceholdersTest, OutputsThatPushSayWhichBrokerItIs) {
    Config config;
    config.outputs = {output(OutputFormat::kPrometheus), output(OutputFormat::kOpenMetrics),
                      output(OutputFormat::kNdjson), output(OutputFormat::kDogstatsd)};
    config.outputs[3].labels = {{"broker", ""}};
    EXPECT_TRUE(expand_placeholders(config, kFacts).empty());
    EXPECT_EQ(config.outputs[0].labels, Labels{});
    EXPECT_EQ(config.outputs[1].labels, Labels{});
    EXPECT_EQ(config.outputs[2].labels, (Labels{{"broker", "7"}}));
    EXPECT_EQ(config.outputs[3].labels, (Labels{{"broker", ""}})) << "empty: left out";
    config.outputs = {output(OutputFormat::kNdjson)};
    config.labels = {{"broker", "mine"}};
    expand_placeholders(config, kFacts);
    EXPECT_EQ(config.outputs[0].labels, Labels{}) << "the global one stands";
}

TEST(PlaceholdersTest, ALabelOfAnUnknownFactIsLeftOutAndSaid) {
    Config config;
    config.labels = {{"cluster", "x-${cluster.id}"}, {"rack", "r"}};
    config.outputs = {output(OutputFormat::kNdjson)};
    const auto said = expand_placeholders(config, {});
    EXPECT_EQ(config.labels, (Labels{{"rack", "r"}}));
    EXPECT_EQ(config.outputs[0].labels, Labels{});
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[1], "the label cluster is left out: ${cluster.id} is not known of this broker");
}

TEST(PlaceholdersTest, OtlpWaitsForWhatMakesItsInstanceAndForNothingElse) {
    const Facts slow = {{"broker.id", "7"}, {"pending", "cluster.id,node.role"}};
    Config config;
    config.outputs = {output(OutputFormat::kOtlpJson), output(OutputFormat::kNdjson),
                      output(OutputFormat::kOtlpJson)};
    config.outputs[0].name = "slow";
    config.outputs[2].labels = {{"service.instance.id", "mine"}};
    const auto said = hold_back(config, slow);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0], "output slow waits: ${cluster.id} is not known of this broker yet");
    ASSERT_EQ(config.outputs.size(), 2U);
    EXPECT_EQ(config.outputs[0].format, OutputFormat::kNdjson);
    Config late;
    late.outputs = {output(OutputFormat::kOtlpJson)};
    EXPECT_TRUE(hold_back(late, {{"broker.id", "7"}}).empty()) << "nobody looks for it any more";
    EXPECT_EQ(late.outputs.size(), 1U);
}

TEST(PlaceholdersTest, WhatAFactSaysIsNotExpandedAgain) {
    Config config;
    config.labels = {{"cluster", "${cluster.id}"}};
    expand_placeholders(config, {{"cluster.id", "${cluster.id}${"}});
    EXPECT_EQ(config.labels, (Labels{{"cluster", "${cluster.id}${"}}));
}

TEST(PlaceholdersTest, UnknownOnesAreRefused) {
    const auto parse = [](const char* text) { return parse_config(text, "test.json", {}, ""); };
    EXPECT_TRUE(parse(R"({"labels": {"a": "${broker.id}"}})").is_ok());
    EXPECT_FALSE(parse(R"({"labels": {"a": "${broker_id}"}})").is_ok());
    EXPECT_FALSE(parse(R"({"labels": {"a": "${broker.id"}})").is_ok());
    EXPECT_FALSE(parse(R"({"outputs": [{"path": "/a/${kafka.version}"}]})").is_ok());
    EXPECT_TRUE(parse(R"({"outputs": [{"path": "/a/${broker.id}"}]})").is_ok());
}

}  // namespace
}  // namespace remora
