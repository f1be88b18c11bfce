// Values, precedence and origins of a good configuration, and its printed form.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "config/keys.h"
#include "config/overrides.h"
#include "config/parse.h"
#include "config/print.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

ParseOutcome parse(const std::string& text, const std::vector<std::string>& environment = {},
                   const std::string& arguments = "") {
    ParseOutcome outcome = parse_config(text, "r.json", environment, arguments);
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    return outcome;
}

TEST(ConfigParse, AnEmptyObjectGivesTheDefaults) {
    const Config config = parse("{}").config;
    EXPECT_EQ(config.sampling.policy, SamplingPolicy::kAdaptive);
    EXPECT_DOUBLE_EQ(config.sampling.cpu_budget_percent, 1.0);
    EXPECT_EQ(config.sampling.topic_max_interval_ms, 30'000);
    EXPECT_EQ(config.sampling.client_max_interval_ms, 30'000);
    EXPECT_EQ(config.sampling.partition_max_interval_ms, 60'000);
    EXPECT_EQ(config.sampling.min_interval_ms, config.sampling.base_interval_ms);
    ASSERT_EQ(config.outputs.size(), 1U);
    EXPECT_EQ(config.outputs[0].format, OutputFormat::kPrometheus);
    EXPECT_EQ(config.outputs[0].path, "${dir}/remora.prom");
    EXPECT_EQ(config.outputs[0].name, "file-0");
    EXPECT_EQ(config.self_metrics, SelfLevel::kBasic);
    EXPECT_EQ(config.outputs[0].self_metrics, SelfLevel::kBasic);
}

TEST(ConfigParse, AnOutputThatDoesNotSayCarriesOfTheAgentWhatTheWholeSays) {
    const Config config = parse(R"({"self_metrics": "full", "outputs": [
        {"type": "udp"}, {"type": "file", "self_metrics": "off"},
        {"type": "udp", "port": 1, "self_metrics": "basic"}]})")
                              .config;
    ASSERT_EQ(config.outputs.size(), 3U);
    EXPECT_EQ(config.outputs[0].self_metrics, SelfLevel::kFull);
    EXPECT_EQ(config.outputs[1].self_metrics, SelfLevel::kOff);
    EXPECT_EQ(config.outputs[2].self_metrics, SelfLevel::kBasic);
    EXPECT_EQ(parse(R"({"self_metrics": "off"})").config.outputs.at(0).self_metrics,
              SelfLevel::kOff)
        << "the default output";
}

TEST(ConfigParse, APortToScrapeIsOfThisMachineUnlessItSaysOtherwise) {
    const Config config = parse(R"({"outputs": [{"type": "http"},
        {"type": "http", "host": "0.0.0.0", "port": 9405}]})")
                              .config;
    ASSERT_EQ(config.outputs.size(), 2U);
    EXPECT_EQ(config.outputs[0].host, "127.0.0.1");
    EXPECT_EQ(config.outputs[0].port, 9404U);
    EXPECT_EQ(config.outputs[0].format, OutputFormat::kPrometheus);
    EXPECT_EQ(config.outputs[0].path, "");
    EXPECT_EQ(config.outputs[0].name, "http-0");
    EXPECT_EQ(config.outputs[1].port, 9405U);
}

TEST(ConfigParse, ReadsEveryKindOfValue) {
    const Config config = parse(R"({
        "$schema": "remora.schema.json",
        "sampling": {"policy": "fixed", "base_interval": "1m30s", "cpu_budget_percent": 2},
        "rules": [{"match": "kafka.log:*", "where": {"topic": "a.*"}, "action": "exclude",
                   "class": "topic", "importance": "low", "attributes": ["Value"]}],
        "topics": {"mode": "list", "list": ["a", "b"], "bucket": "2/5", "internal": false},
        "outputs": [{"type": "udp", "format": "graphite", "labels": {"x": "y"}},
                    {"format": "ndjson", "emit": "changed", "mode": "0600",
                     "rotate": {"size": "1GB", "total_size": "2GB", "compress": true}}],
        "labels": {"cluster": "c1"},
        "optimizer": {"mode": "apply", "may": ["emit", "interval"]},
        "trace": {"size_max": 1048576}
    })")
                              .config;
    EXPECT_EQ(config.sampling.policy, SamplingPolicy::kFixed);
    EXPECT_EQ(config.optimizer.mode, OptimizerMode::kApply);
    EXPECT_EQ(config.optimizer.may, (std::vector<std::string>{"emit", "interval"}));
    EXPECT_EQ(config.sampling.base_interval_ms, 90'000);
    EXPECT_DOUBLE_EQ(config.sampling.cpu_budget_percent, 2.0);
    ASSERT_EQ(config.rules.size(), 1U);
    EXPECT_EQ(config.rules[0].action, RuleAction::kExclude);
    EXPECT_EQ(config.rules[0].unit_class, UnitClass::kTopic);
    EXPECT_EQ(config.rules[0].importance, Importance::kLow);
    EXPECT_EQ(config.rules[0].where, (std::vector<TextPair>{{"topic", "a.*"}}));
    EXPECT_EQ(config.topics.list, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(config.topics.bucket_index, 2U);
    EXPECT_EQ(config.topics.bucket_count, 5U);
    EXPECT_FALSE(config.topics.internal);
    ASSERT_EQ(config.outputs.size(), 2U);
    EXPECT_EQ(config.outputs[0].port, 2003U) << "the usual port of the format";
    EXPECT_EQ(config.outputs[0].name, "udp-0");
    EXPECT_EQ(config.outputs[1].path, "${dir}/remora.ndjson");
    EXPECT_EQ(config.outputs[1].mode, 0600U);
    EXPECT_EQ(config.outputs[1].rotate.bytes, 1ULL << 30);
    EXPECT_TRUE(config.outputs[1].rotate.compress);
    EXPECT_EQ(config.labels, (std::vector<TextPair>{{"cluster", "c1"}}));
    EXPECT_EQ(config.trace.bytes_max, 1048576U);
}

TEST(ConfigParse, ABoundOnAgeThatIsNotSetFollowsTheIntervals) {
    const auto sampling = [](const std::string& text) {
        return parse(R"({"sampling": {)" + text + "}}").config.sampling;
    };
    const SamplingConfig slow = sampling(R"("base_interval": "45s")");
    EXPECT_EQ(slow.topic_max_interval_ms, 45'000);
    EXPECT_EQ(slow.client_max_interval_ms, 45'000);
    EXPECT_EQ(slow.partition_max_interval_ms, 60'000);
    const SamplingConfig seldom = sampling(R"("min_interval": "2m")");
    EXPECT_EQ(seldom.topic_max_interval_ms, 120'000);
    EXPECT_EQ(seldom.partition_max_interval_ms, 120'000);
    const SamplingConfig set = sampling(
        R"("topic_max_interval": "20s", "client_max_interval": "5m",
           "partition_max_interval": "10s")");
    EXPECT_EQ(set.topic_max_interval_ms, 20'000);
    EXPECT_EQ(set.client_max_interval_ms, 300'000);
    EXPECT_EQ(set.partition_max_interval_ms, 10'000);
}

TEST(ConfigParse, ArgumentBeatsEnvironmentBeatsAliasBeatsFileBeatsDefault) {
    const std::string file =
        R"({"topics": {"mode": "none", "bucket": "1/2"}, "log": {"level": "warn"}})";
    EXPECT_EQ(parse(file).config.topics.mode, TopicMode::kNone);
    EXPECT_EQ(parse(file, {"TOPIC_MODE=All"}).config.topics.mode, TopicMode::kAll);
    const std::vector<std::string> prefixed = {"REMORA_TOPIC_MODE=none", "TOPIC_MODE=All"};
    EXPECT_EQ(parse(file, prefixed).config.topics.mode, TopicMode::kNone);
    const std::vector<std::string> ours = {"REMORA_TOPICS_MODE=all", "REMORA_TOPIC_MODE=none"};
    EXPECT_EQ(parse(file, ours).config.topics.mode, TopicMode::kAll);
    const ParseOutcome all = parse(file, ours, "topics.mode=none");
    EXPECT_EQ(all.config.topics.mode, TopicMode::kNone);
    EXPECT_EQ(all.origin_of("topics.mode"), "argument topics.mode");
    EXPECT_EQ(all.origin_of("topics.bucket"), "r.json:1:39");
    EXPECT_EQ(all.origin_of("topics.regex"), "default");
    EXPECT_EQ(parse(file, ours).origin_of("topics.mode"), "environment REMORA_TOPICS_MODE");
}

TEST(ConfigParse, NewRelicNamesMeanWhatTheyMeanThere) {
    const Config config = parse("{}", {"TOPIC_MODE=Regex", "TOPIC_REGEX=^ord", "TOPIC_BUCKET=2/3",
                                       "COLLECT_BROKER_TOPIC_DATA=false",
                                       "CONSUMER_GROUP_REGEX=pay|bill", "TOPIC_SAMPLE_SIZE=4"})
                              .config;
    EXPECT_EQ(config.topics.mode, TopicMode::kRegex);
    EXPECT_EQ(config.topics.regex, ".*(?:^ord).*") << "unanchored there";
    EXPECT_EQ(config.clients.group_regex, ".*(?:pay|bill).*");
    EXPECT_EQ(config.topics.bucket_index, 2U);
    EXPECT_EQ(config.topics.bucket_count, 3U);
    EXPECT_FALSE(config.topics.broker_topic_data);
    EXPECT_EQ(config.topics.partition_sample, 4U);
    EXPECT_EQ(parse("{}", {"TOPIC_MODE=List", "TOPIC_LIST=[\"a\",\"b\"]"}).config.topics.list,
              (std::vector<std::string>{"a", "b"}));
}

TEST(ConfigParse, OverridesReachListsItemsAndObjects) {
    const Config config = parse(R"({"outputs": [{"path": "/a"}, {"type": "udp"}]})",
                                {"REMORA_OUTPUTS_1_HOST=collector", "REMORA_LABELS=env=prod,az=1",
                                 "REMORA_SELECT_INCLUDE=[\"a:*\", \"b:x=1,y=2\"]"},
                                "outputs.0.path=/b,topics.list=[\"t1\",\"t2\"]")
                              .config;
    EXPECT_EQ(config.outputs[0].path, "/b");
    EXPECT_EQ(config.outputs[1].host, "collector");
    EXPECT_EQ(config.labels, (std::vector<TextPair>{{"env", "prod"}, {"az", "1"}}));
    EXPECT_EQ(config.select.include, (std::vector<std::string>{"a:*", "b:x=1,y=2"}));
    EXPECT_EQ(config.topics.list, (std::vector<std::string>{"t1", "t2"}));
    const Config whole = parse("{}", {R"(REMORA_OUTPUTS=[{"type":"udp","port":99}])"}).config;
    EXPECT_EQ(whole.outputs[0].port, 99U);
    EXPECT_EQ(parse("{}", {"REMORA_OUTPUTS_0_PATH=/x"}).config.outputs[0].path, "/x");
}

TEST(ConfigParse, ArgumentsMayBeAPathOrKeys) {
    EXPECT_EQ(parse_arguments("/etc/remora.json").file, "/etc/remora.json");
    EXPECT_EQ(parse_arguments("/etc/a=b.json").file, "/etc/a=b.json");
    const AgentArguments arguments = parse_arguments(
        "config=/x.json,force=true,library=/l.so,rules=[{\"a\":1,\"b\":\"},\"}],log.level=warn");
    EXPECT_EQ(arguments.file, "/x.json");
    ASSERT_EQ(arguments.values.size(), 2U);
    EXPECT_EQ(arguments.values[0].second, "[{\"a\":1,\"b\":\"},\"}]");
    EXPECT_EQ(arguments.values[1], (TextPair{"log.level", "warn"}));
    EXPECT_TRUE(parse_arguments("").values.empty());
    // The shim's own; nobody reads another one, so it is a key that does not exist.
    EXPECT_TRUE(
        parse_arguments("force=true,main=a.B,library=/l,domains=x,blocked_after_ms=1,tier=mbean")
            .values.empty());
    EXPECT_FALSE(load_config("native_dir=/x", {}).is_ok());
    EXPECT_EQ(parse_arguments("a=b,nonsense").problems.size(), 1U);
}

TEST(ConfigParse, ArgumentsOfJmxExporterHaveAnEndpoint) {
    const auto parsed = [](const std::string& text) {
        const AgentArguments found = parse_arguments(text);
        return found.endpoint ? found.endpoint->host + " " + std::to_string(found.endpoint->port) +
                                    " " + found.file
                              : "none " + found.file;
    };
    EXPECT_EQ(parsed("8080:/etc/k.yml"), " 8080 /etc/k.yml");
    EXPECT_EQ(parsed("8080:k.yml"), " 8080 k.yml");
    EXPECT_EQ(parsed("localhost:8080:/etc/a=b.yml,force=true"), "localhost 8080 /etc/a=b.yml");
    EXPECT_EQ(parsed("10.0.0.1:1:/k.yml"), "10.0.0.1 1 /k.yml");
    EXPECT_EQ(parsed("[fe80::1]:8080:/k.yml"), "fe80::1 8080 /k.yml");
    EXPECT_EQ(parsed("8080:9090:/k.yml"), "8080 9090 /k.yml") << "as jmx_exporter reads it";
    EXPECT_EQ(parsed("/etc/8080:/k.json"), "none /etc/8080:/k.json");
    EXPECT_EQ(parsed("123456:/k.yml"), "none 123456:/k.yml");
    EXPECT_EQ(parsed("8080:"), "none 8080:")
        << "a file of that name, which is told when it is read";
    EXPECT_EQ(parsed("config=8080:/k.yml"), "none 8080:/k.yml");
    EXPECT_EQ(parse_arguments("8080:/k.yml,a.b=c").values.size(), 1U);
}

TEST(ConfigParse, LoadsTheFileThatTheArgumentOrTheVariableNames) {
    const TemporaryDirectory directory;
    const std::filesystem::path path = directory.path() + "/remora.json";
    std::ofstream(path) << "\xEF\xBB\xBF{\"topics\": {\"mode\": \"none\"}}";
    const ParseOutcome by_argument = load_config("config=" + path.string(), {"REMORA_CONFIG=/no"});
    EXPECT_TRUE(by_argument.is_ok()) << by_argument.error_text();
    EXPECT_EQ(by_argument.config.topics.mode, TopicMode::kNone);
    EXPECT_EQ(by_argument.file, path.string());
    const ParseOutcome by_variable = load_config("", {"REMORA_CONFIG=" + path.string()});
    EXPECT_EQ(by_variable.config.topics.mode, TopicMode::kNone);
    const ParseOutcome by_default = load_config("", {}, path.string());
    EXPECT_EQ(by_default.config.topics.mode, TopicMode::kNone);
    EXPECT_EQ(load_config("", {"REMORA_CONFIG=/no"}, path.string()).file, "/no");
    std::filesystem::remove(path);
    EXPECT_FALSE(load_config(path.string(), {}).is_ok());
    EXPECT_TRUE(load_config("", {}).is_ok()) << "no file at all is the defaults";
    const ParseOutcome absent = load_config("", {}, path.string());
    EXPECT_TRUE(absent.is_ok()) << "a default file need not be there";
    EXPECT_EQ(absent.file, path.string());
    EXPECT_EQ(absent.mark, FileMark{});
    std::filesystem::create_directory(path);
    EXPECT_FALSE(load_config("", {}, path.string()).is_ok()) << "it is there, and is of no use";
    std::filesystem::remove(path);
}

TEST(ConfigParse, PrintsEveryKeyWithItsOrigin) {
    const ParseOutcome outcome = parse("{\n \"log\": {\"level\": \"error\"}\n}");
    const std::string text = print_config(outcome);
    EXPECT_NE(text.find("log.level = \"error\"  # r.json:2:19\n"), std::string::npos) << text;
    EXPECT_NE(text.find("outputs.0.mode = \"0644\"  # default\n"), std::string::npos) << text;
    for (const std::string& known : known_paths().values) {
        if (known.compare(0, 6, "rules.") != 0) {
            std::string path = known;
            const std::size_t star = path.find('*');
            if (star != std::string::npos) {
                path[star] = '0';
            }
            EXPECT_NE(("\n" + text).find("\n" + path + " = "), std::string::npos) << path;
        }
    }
}

TEST(ConfigParse, NoTwoKeysShareAVariable) {
    const KnownPaths known = known_paths();
    std::set<std::string> names;
    for (const std::string& path : known.values) {
        std::string name = path;
        std::replace(name.begin(), name.end(), '.', '_');
        std::replace(name.begin(), name.end(), '*', '0');
        EXPECT_TRUE(names.insert(name).second) << path;
        std::string expected = path;
        std::replace(expected.begin(), expected.end(), '*', '0');
        EXPECT_EQ(path_of_variable(name, known), expected);
    }
}

TEST(ConfigParse, ARegexThatBeginsLikeJsonIsARegex) {
    const std::vector<std::string> environment = {"REMORA_TOPICS_MODE=regex",
                                                  "REMORA_TOPICS_REGEX=[a-z]+-orders"};
    EXPECT_EQ(parse("{}", environment).config.topics.regex, "[a-z]+-orders");
    EXPECT_EQ(parse("{}", {}, "topics.mode=regex,topics.regex=[ab]c").config.topics.regex, "[ab]c");
    EXPECT_EQ(parse("{}", {"REMORA_SELECT_DOMAINS=[\"kafka.*\"]"}).config.select.domains,
              (std::vector<std::string>{"kafka.*"}));
}

TEST(ConfigParse, ItemsOfAListMayBeGivenInAnyNumberAndOrder) {
    std::vector<std::string> environment;
    for (int i = 11; i >= 0; --i) {
        const std::string rule = "REMORA_RULES_" + std::to_string(i);
        environment.push_back(rule + "_MATCH=kafka.log:name=R" + std::to_string(i) + ",*");
        environment.push_back(rule + "_ACTION=exclude");
    }
    const Config config = parse("{}", environment).config;
    ASSERT_EQ(config.rules.size(), 12U);
    EXPECT_EQ(config.rules[2].match, "kafka.log:name=R2,*");
    EXPECT_EQ(config.rules[10].match, "kafka.log:name=R10,*");
}

TEST(ConfigParse, WarnsOfWhatHasNoEffect) {
    const auto warning = [](const std::string& text, const std::string& arguments = "") {
        const ParseOutcome outcome = parse(text, {}, arguments);
        return outcome.warnings.empty() ? std::string() : outcome.warnings[0].text;
    };
    EXPECT_EQ(warning(R"({"topics": {"list": ["a"]}})"),
              "r.json:1:21: topics.list: has no effect without topics.mode \"list\"");
    EXPECT_NE(warning(R"({"topics": {"mode": "list", "list": ["a"], "regex": "b"}})")
                  .find("topics.regex: has no effect"),
              std::string::npos);
    for (const char* unused : {
             R"("sampling": {"variance_low": 0.001})",
             R"("sampling": {"variance_high": 0.1})",
             R"("sampling": {"policy": "fixed", "decay": 0.2})",
             R"("topics": {"partitions": false, "partition_sample": 2})",
             R"("clients": {"enabled": false, "client_regex": "a"})",
             R"("clients": {"enabled": false, "user_regex": "a"})",
             R"("trace": {"size_max": "1MB"})",
             R"("trace": {"duration": "1m"})",
             R"("trace": {"interval": "2s"})",
             R"("reload": {"enabled": false, "check_interval": "1m"})",
             R"("optimizer": {"may": ["emit"]})",
         }) {
        EXPECT_NE(warning(std::string("{") + unused + "}").find(": has no effect without "),
                  std::string::npos)
            << unused;
    }
    EXPECT_EQ(
        warning(R"({"sampling": {"policy": "variance", "variance_low": 0.001, "decay": 0.1}})")
            .find("variance_low"),
        std::string::npos);
    EXPECT_NE(warning(R"({"select": {"domains": ["com.acme"]}})").find("domains=PREFIX"),
              std::string::npos);
    EXPECT_EQ(warning(R"({"select": {"domains": ["com.acme"]}})", "domains=com.acme"), "");
    EXPECT_EQ(warning(R"({"select": {"domains": ["kafka.server", "java.*", "*"]}})"), "");
}

// Of an output with every key, those that a warning names.
std::set<std::string> unused_keys(const std::string& type, const std::string& format,
                                  const std::map<std::string, std::string>& more = {}) {
    std::map<std::string, std::string> keys = {
        {"name", R"("a")"},
        {"type", '"' + type + '"'},
        {"format", '"' + format + '"'},
        {"path", R"("/x")"},
        {"host", R"("h")"},
        {"port", "1"},
        {"emit", R"("all")"},
        {"time", R"("tick")"},
        {"interval", R"("10s")"},
        {"keyframe_interval", R"("5m")"},
        {"names", R"("upstream")"},
        {"names_dialect", R"("1.x")"},
        {"labels", R"({"a": "b"})"},
        {"include", R"(["*:*"])"},
        {"exclude", "[]"},
        {"fsync", R"("never")"},
        {"at_end", R"("keep")"},
        {"mode", R"("0644")"},
        {"packet_bytes", "1000"},
        {"spread", "0.1"},
        {"self_metrics", R"("off")"},
        {"authentication", R"({"username": "a", "password_hash":
            "pbkdf2_sha256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0="})"},
        {"rotate", R"({"size": "1MB", "age": "1h", "files": 2, "compress": true,
                       "total_size": "9MB"})"}};
    for (const std::string& path : known_paths().values) {
        const std::string key =
            path.substr(std::min(path.size(), std::string("outputs.*.").size()));
        EXPECT_TRUE(!path.starts_with("outputs.*.") || key.starts_with("rotate.") ||
                    key.starts_with("authentication.") || keys.count(key) == 1)
            << key << " is new: which outputs does it count for?";
    }
    for (const auto& [key, value] : more) {
        keys[key] = value;
    }
    std::string text;
    for (const auto& [key, value] : keys) {
        text += (text.empty() ? "\"" : ", \"") + key + "\": " + value;
    }
    const ParseOutcome outcome = parse(R"({"outputs": [{)" + text + "}]}");
    EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
    std::set<std::string> unused;
    for (const Problem& warning : outcome.warnings) {
        const std::size_t key = warning.text.find("outputs.0.") + 10;
        unused.insert(
            warning.text.substr(key, warning.text.find(": has no effect but with ") - key));
    }
    return unused;
}

TEST(ConfigParse, WarnsOfAnOptimizerThatMayChangeNothing) {
    const auto warnings = [](const std::string& may) {
        return parse(R"({"optimizer": {"mode": "apply", "may": )" + may + "}}").warnings;
    };
    ASSERT_EQ(warnings("[]").size(), 1U);
    EXPECT_EQ(
        warnings("[]")[0].text,
        "r.json:1:24: optimizer.mode: \"apply\" tries nothing while optimizer.may is an empty "
        "list");
    EXPECT_TRUE(warnings("[\"emit\"]").empty());
}

TEST(ConfigParse, WarnsOfEveryKeyThatHasNoEffectForAnOutput) {
    using Keys = std::set<std::string>;
    const Keys authentication = {"authentication.username", "authentication.password_hash"};
    const Keys rotation = {"rotate.size", "rotate.age", "rotate.files", "rotate.compress",
                           "rotate.total_size"};
    const auto with_rotation = [&](Keys keys) {
        keys.insert(rotation.begin(), rotation.end());
        keys.insert(authentication.begin(), authentication.end());
        return keys;
    };
    EXPECT_EQ(unused_keys("file", "prometheus"),
              with_rotation({"host", "port", "time", "keyframe_interval", "names_dialect",
                             "packet_bytes", "spread"}));
    EXPECT_EQ(
        unused_keys("file", "ndjson"),
        (Keys{"authentication.username", "authentication.password_hash", "host", "port", "time",
              "keyframe_interval", "names_dialect", "at_end", "packet_bytes", "spread"}));
    Keys of_http = with_rotation({"path", "time", "keyframe_interval", "names_dialect", "fsync",
                                  "at_end", "mode", "packet_bytes", "spread"});
    for (const std::string& key : authentication) {
        of_http.erase(key);
    }
    EXPECT_EQ(unused_keys("http", "prometheus"), of_http);
    EXPECT_EQ(
        unused_keys("udp", "influx"),
        with_rotation({"path", "keyframe_interval", "names_dialect", "fsync", "at_end", "mode"}));
    EXPECT_EQ(unused_keys("unixgram", "dogstatsd"),
              with_rotation({"host", "port", "time", "keyframe_interval", "names_dialect", "fsync",
                             "at_end", "mode", "spread"}));
    EXPECT_EQ(unused_keys("file", "ndjson", {{"names", R"("/k.yml")"}}).count("names_dialect"), 0U);
    EXPECT_EQ(unused_keys("file", "openmetrics", {{"fsync", R"("rotate")"}}).count("fsync"), 1U);
    EXPECT_EQ(unused_keys("file", "ndjson", {{"fsync", R"("rotate")"}}).count("fsync"), 0U);
    EXPECT_EQ(unused_keys("file", "ndjson", {{"emit", R"("changed")"}}).count("keyframe_interval"),
              0U);
}

TEST(ConfigParse, WarnsOfWhatIsInForceAsSomethingElse) {
    const auto warnings = [](const std::string& text) {
        const ParseOutcome outcome = parse(text);
        EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
        std::string all;
        for (const Problem& warning : outcome.warnings) {
            all += warning.text + "\n";
        }
        return all;
    };
    const auto rule = [&](const std::string& sampling, const std::string& setting) {
        return warnings(R"({"sampling": {)" + sampling + R"(}, "rules": [{)" + setting + "}]}");
    };
    const std::string down = ", rounded down to whole sampling.base_interval or min_interval\n";
    EXPECT_EQ(rule("", R"("interval": "15s")"),
              "r.json:1:41: rules.0.interval: found 15s; in force as 10s" + down);
    EXPECT_EQ(rule("", R"("max_interval": "3s")"),
              "r.json:1:45: rules.0.max_interval: found 3s; in force as 10s, the least, which is "
              "sampling.base_interval or min_interval\n");
    EXPECT_EQ(rule(R"("min_interval": "2s")", R"("min_interval": "3s")"),
              "r.json:1:65: rules.0.min_interval: found 3s; in force as 2s" + down);
    EXPECT_EQ(rule(R"("min_interval": "5s")", R"("interval": "15s")"), "");
    EXPECT_EQ(rule("", R"("min_interval": "20s", "max_interval": "1m")"), "");

    EXPECT_EQ(warnings(R"({"outputs": [{"interval": "15s"}]})"),
              "r.json:1:27: outputs.0.interval: found 15s; in force as 20s, rounded up to whole "
              "sampling.base_interval\n");
    EXPECT_EQ(warnings(R"({"outputs": [{"interval": "20s"}]})"), "");

    EXPECT_EQ(
        warnings(R"({"outputs": [{"path": "kafka.prom"}]})"),
        "r.json:1:23: outputs.0.path: found \"kafka.prom\", which begins where the broker was "
        "started; an absolute path is the same everywhere\n");
    EXPECT_EQ(warnings(R"({"outputs": [{"path": "${dir}/kafka.prom"}], "directory": "/x"})"), "");
    EXPECT_NE(warnings(R"({"directory": "x"})").find("directory: found \"x\", which begins"),
              std::string::npos);

    EXPECT_EQ(
        warnings(R"({"labels": {"job": "kafka", "env": "prod"}})"),
        "r.json:1:12: labels: the label job becomes exported_job in Prometheus, which has one "
        "of its own\n");
    EXPECT_NE(warnings(R"({"outputs": [{"labels": {"instance": "b"}}]})")
                  .find("outputs.0.labels: the label instance becomes exported_instance"),
              std::string::npos);
    EXPECT_EQ(warnings(R"({"outputs": [{"type": "udp", "labels": {"job": "b"}}]})"), "");
    EXPECT_NE(warnings(R"({"outputs": [{"type": "http", "labels": {"job": "b"}}]})"), "");
}

TEST(ConfigParse, TellsABoundedNumberOfProblemsWhateverTheyAre) {
    std::string text = "{";
    for (int i = 0; i < 300; ++i) {
        text += "\"\":0,";
    }
    const ParseOutcome outcome = parse_config(text + "\"\":0}", "r.json", {}, "");
    EXPECT_EQ(outcome.errors.size(), kProblemsMax + 1);
    EXPECT_EQ(outcome.errors.back().text, "more problems are not shown");
    EXPECT_EQ(parse_config(text, "r.json", {}, "").errors.size(), kProblemsMax + 1) << "no JSON";
}

}  // namespace
}  // namespace remora
