// What holds for every patch, whatever is measured and whatever is configured. The limits are
// reckoned here, not by limits.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/keys.h"
#include "config/parse.h"
#include "match/pattern.h"
#include "support/dice.h"
#include "tune/advise.h"
#include "tune/tuner.h"

namespace remora {
namespace {

using nlohmann::json;

constexpr std::int64_t kFiveMinutesMs = 300'000;

// A configuration and a profile by chance.
class RandomAgent {
 public:
    explicit RandomAgent(unsigned seed) : dice_(seed) {
        make_document();
        make_families();
        make_rest();
    }

    const AgentProfile& profile() const { return profile_; }
    Written written() const { return {document_.dump(), "r.json", "", environment_}; }
    // The configuration with the patch.
    std::string patched(const json& patch) const {
        json changed = document_;
        changed.merge_patch(patch);
        return changed.dump();
    }
    // What nobody judged, as if somebody had written it into the state of the optimizer.
    Edit forged() {
        if (dice_.one_in(4)) {
            return one_of<Edit>(
                {{"rules", "", {{"match", "kafka.server:type=Nothing,client-id=*"}, {"top", 5}}},
                 {"sampling", "", {{"client_max_interval", "2m"}}},
                 {"outputs", "o0", {{"emit", "changed"}}}});
        }
        const json value = one_of<json>({"1s", "5s", "20m", 50, 0.9, "changed", "/etc/passwd",
                                         json::array({"a:*"}), json::object({{"a", "b"}}), nullptr,
                                         true, "exclude", "include", "alert", 100});
        const std::string key = one_of<std::string>({"cpu_budget_percent",
                                                     "topic_max_interval",
                                                     "min_interval",
                                                     "policy",
                                                     "include",
                                                     "exclude",
                                                     "path",
                                                     "host",
                                                     "name",
                                                     "emit",
                                                     "spread",
                                                     "interval",
                                                     "max_interval",
                                                     "format",
                                                     "labels",
                                                     "mode",
                                                     "may",
                                                     "units_max",
                                                     "action",
                                                     "attributes",
                                                     "where",
                                                     "class",
                                                     "importance",
                                                     "top",
                                                     "aggregate"});
        Edit edit;
        edit.section = one_of<std::string>({"rules", "rules", "rules", "outputs", "outputs",
                                            "sampling", "select", "topics", "limits", "labels",
                                            "optimizer", "directory", "trace", "nothing"});
        edit.output = one_of<std::string>({"o0", "o1", "file-0", ""});
        edit.keys = {{key, value}};
        if (edit.section == "rules" && !dice_.one_in(10)) {
            edit.keys["match"] = one_of<std::string>(
                {"*:*", "kafka.controller:*", "kafka.*:type=KafkaController,name=N0",
                 "kafka.server:type=*,name=N1", "kafka.controller:type=KafkaController,name=*",
                 "kafka.server:type=Nothing,client-id=*", "x", ""});
        }
        return edit;
    }
    // The operator lets the optimizer do what it can, or part of that.
    void allow() {
        json may = json::array();
        for (const char* kind : change_kind_names()) {
            if (!dice_.one_in(5)) {
                may.push_back(kind);
            }
        }
        document_["optimizer"] = {{"mode", "apply"}, {"may", may}};
    }

 private:
    template <typename T>
    T one_of(const std::vector<T>& choices) {
        return choices[dice_.below(static_cast<std::uint32_t>(choices.size()))];
    }
    // Often nothing, often a little, sometimes very much.
    double figure(double most) {
        return dice_.one_in(3) ? 0 : most * std::min(dice_.power(-4, 0.3), 1.0);
    }
    std::uint32_t count(std::uint32_t most) { return static_cast<std::uint32_t>(figure(1) * most); }

    void make_document() {
        json sampling = {{"base_interval", one_of<std::string>({"1s", "5s", "10s", "30s"})}};
        if (dice_.one_in(3)) {
            sampling["partition_max_interval"] = one_of<std::string>({"30s", "2m", "10m"});
        }
        document_ = {{"sampling", sampling}, {"rules", json::array()}};
        if (dice_.one_in(4)) {
            environment_ = {"REMORA_SAMPLING_CPU_BUDGET_PERCENT=0.05"};
        }
        if (dice_.one_in(4)) {
            environment_.push_back("REMORA_SAMPLING_TOPIC_MAX_INTERVAL=45s");
        }
        if (dice_.one_in(4)) {
            return;  // the default output
        }
        json outputs = json::array();
        for (std::uint32_t i = 0; i <= dice_.below(3); ++i) {
            outputs.push_back(one_of<json>({
                {{"type", "udp"}},
                {{"type", "udp"}, {"spread", 0.9}},
                {{"format", "ndjson"}},
                {{"format", "influx"}, {"emit", "fresh"}, {"interval", "1m"}},
                {{"format", "otlp_json"}, {"exclude", {"java.lang:*"}}},
                json::object(),
            }));
            outputs.back()["name"] = "o" + std::to_string(i);
            if (outputs.back().value("type", "") != "udp") {
                outputs.back()["path"] = "/o" + std::to_string(i);
            }
        }
        document_["outputs"] = outputs;
    }

    void make_families() {
        const std::vector<std::pair<std::string, UnitClass>> kinds = {
            {"kafka.controller:type=KafkaController,name=N", UnitClass::kAlert},
            {"kafka.server:type=ReplicaManager,name=N", UnitClass::kBroker},
            {"kafka.network:type=RequestMetrics,name=N,request=*", UnitClass::kBroker},
            {"kafka.server:type=BrokerTopicMetrics,name=N,topic=*", UnitClass::kTopic},
            {"kafka.server:type=N,client-id=*", UnitClass::kClient},
            {"kafka.log:type=Log,name=N,topic=*,partition=*", UnitClass::kPartition}};
        for (int i = 0; i < 24; ++i) {
            const auto& [name, unit_class] = one_of(kinds);
            FamilyProfile family;
            family.name = name;
            family.name.replace(family.name.find("=N") + 1, 1, "N" + std::to_string(i));
            family.unit_class = dice_.one_in(8) ? UnitClass::kAlert : unit_class;
            if (dice_.one_in(5)) {
                family.is_named = true;
                document_["rules"].push_back(
                    {{"match", family.name},
                     {one_of<std::string>({"interval", "max_interval"}), "1m"}});
            }
            family.units = 1 + count(5'000);
            family.series = count(20'000);
            family.unchanged = dice_.one_in(3) ? family.series : count(family.series);
            family.series_before = count(family.series);
            family.typical_us = figure(1e5);
            family.tail_us = family.typical_us + figure(1e6);
            family.cpu_percent = figure(0.5);
            family.reads_per_s = figure(1'000);
            family.volatility = figure(10);
            for (const char* statistic : {"Count", "Max", "99thPercentile"}) {
                if (dice_.one_in(2)) {
                    const std::uint32_t series = count(5'000);
                    family.statistics.push_back({statistic, series, dice_.one_in(2) ? series : 0});
                }
            }
            profile_.series += family.series;
            profile_.families.push_back(std::move(family));
        }
    }

    void make_rest() {
        profile_.window_s = 60;
        profile_.known_s = kSettledS + dice_.below(5'000);
        profile_.cpu_used_percent = figure(1);
        profile_.ceiling_percent = one_of<double>({0.05, 1, 5});
        profile_.tick_interval_s = one_of<double>({1, 5, 10, 30, 60, 600});
        profile_.widening_step = dice_.below(7);
        for (const char* name : {"alert", "broker", "topic", "client", "partition"}) {
            const double error = figure(1);
            profile_.classes.push_back(
                {name, figure(0.5), error, figure(error), dice_.below(1'000)});
        }
        for (const char* name : {"o0", "o1", "o2", "file-0"}) {
            profile_.outputs.push_back({name, figure(1e6), figure(1e4), figure(1e4), figure(1),
                                        figure(1), figure(1), figure(1), figure(1)});
        }
        for (const FamilyProfile& family : profile_.families) {
            if (dice_.one_in(5)) {
                std::string bean = family.name;
                std::replace(bean.begin(), bean.end(), '*', 'a');
                profile_.quarantined.push_back({bean, figure(10'000)});
            }
        }
    }

    Dice dice_;
    json document_;
    std::vector<std::string> environment_;
    AgentProfile profile_;
};

// Whether the rule is about any bean that is like those of the family.
bool is_about(const RuleConfig& rule, const FamilyProfile& family) {
    const Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(rule.match);
    EXPECT_TRUE(pattern) << rule.match;
    for (const char* value : {"a", "\"b\""}) {
        std::string text = family.name;
        for (std::size_t at = text.find('*'); at != std::string::npos; at = text.find('*')) {
            text.replace(at, 1, value);
        }
        if (pattern.value().matches(ObjectName::parse(text).value())) {
            return true;
        }
    }
    return false;
}

void hold_rule(const RuleConfig& rule, const AgentProfile& profile) {
    EXPECT_FALSE(rule.unit_class);
    EXPECT_NE(rule.action, RuleAction::kInclude);
    const bool has_interval =
        rule.interval_ms > 0 || rule.min_interval_ms > 0 || rule.max_interval_ms > 0;
    EXPECT_LE(std::max({rule.interval_ms, rule.min_interval_ms, rule.max_interval_ms}),
              kFiveMinutesMs);
    for (const FamilyProfile& family : profile.families) {
        if (is_about(rule, family)) {
            EXPECT_NE(family.unit_class, UnitClass::kAlert) << family.name;
            EXPECT_FALSE(family.is_named) << family.name;
            EXPECT_FALSE(has_interval && family.unit_class == UnitClass::kBroker) << family.name;
            const bool fails = std::any_of(
                profile.quarantined.begin(), profile.quarantined.end(),
                [&](const QuarantinedProfile& bean) { return bean.name == rule.match; });
            EXPECT_FALSE(rule.action == RuleAction::kExclude && !fails &&
                         family.unit_class == UnitClass::kBroker)
                << family.name;
        }
    }
}

void hold_outputs(const Config& after, const Config& before) {
    ASSERT_EQ(after.outputs.size(), before.outputs.size());
    for (std::size_t i = 0; i < after.outputs.size(); ++i) {
        const OutputConfig& a = after.outputs[i];
        const OutputConfig& b = before.outputs[i];
        EXPECT_LE(a.interval_ms, std::max(b.interval_ms, kFiveMinutesMs));
        EXPECT_EQ(std::tie(a.name, a.type, a.format, a.path, a.host, a.port, a.include, a.exclude,
                           a.labels, a.self_metrics),
                  std::tie(b.name, b.type, b.format, b.path, b.host, b.port, b.include, b.exclude,
                           b.labels, b.self_metrics));
    }
}

// Of the configuration that came of the operator's.
void hold_everything(const RandomAgent& agent, const std::string& text) {
    const Written written = agent.written();
    const Config before = parse_config(written.text, written.file, written.environment, "").config;
    const ParseOutcome outcome = parse_config(text, written.file, written.environment, "");
    ASSERT_TRUE(outcome.is_ok()) << text << "\n" << outcome.error_text();
    const Config& after = outcome.config;
    EXPECT_EQ(after.sampling.cpu_budget_percent, before.sampling.cpu_budget_percent);
    EXPECT_LE(static_cast<double>(after.sampling.base_interval_ms),
              std::max(static_cast<double>(before.sampling.base_interval_ms),
                       agent.profile().tick_interval_s * 1e3));
    EXPECT_LE(after.sampling.topic_max_interval_ms,
              std::max(before.sampling.topic_max_interval_ms, kFiveMinutesMs));
    EXPECT_LE(after.sampling.partition_max_interval_ms,
              std::max(before.sampling.partition_max_interval_ms, kFiveMinutesMs));
    EXPECT_EQ(std::tie(after.select, after.topics, after.clients, after.limits, after.labels),
              std::tie(before.select, before.topics, before.clients, before.limits, before.labels));
    ASSERT_GE(after.rules.size(), before.rules.size());
    for (std::size_t i = 0; i < after.rules.size(); ++i) {
        if (i < before.rules.size()) {
            EXPECT_EQ(after.rules[i], before.rules[i]);
        } else {
            hold_rule(after.rules[i], agent.profile());
        }
    }
    hold_outputs(after, before);
}

TEST(AdviseProperty, NoPatchBreaksALimitWhateverIsMeasuredAndConfigured) {
    std::map<std::string, int> patches;  // by rule
    std::map<std::string, int> left_alone;
    for (unsigned seed = 0; seed < 80 && !testing::Test::HasFailure(); ++seed) {
        const RandomAgent agent(seed);
        for (const Finding& finding : advise(agent.profile(), agent.written())) {
            SCOPED_TRACE("seed " + std::to_string(seed) + ", rule " + finding.rule);
            if (finding.patch.is_null()) {
                ++left_alone[finding.left_alone];
                continue;
            }
            ++patches[finding.rule];
            hold_everything(agent, agent.patched(finding.patch));
        }
    }
    // All but the two that never have a patch.
    EXPECT_EQ(patches.size(), 12U);
    EXPECT_GT(left_alone["it is an alert"], 0);
    EXPECT_GT(left_alone["a rule or select.include asks for it"], 0);
}

// Half of everything that a change is to make less.
AgentProfile halved(AgentProfile profile) {
    for (FamilyProfile& family : profile.families) {
        family.cpu_percent /= 2;
    }
    for (ClassProfile& one : profile.classes) {
        one.fresh_error /= 2;
    }
    for (OutputProfile& output : profile.outputs) {
        output.bytes_per_s /= 2;
        output.skipped_share /= 2;
        output.receiver_drops_share /= 2;
    }
    profile.cpu_used_percent /= 2;
    return profile;
}

TEST(TunerProperty, NoConfigurationThatComesInForceBreaksALimitHoweverMuchIsKept) {
    constexpr std::int64_t kYearMs = 365 * 86'400'000LL;
    constexpr int kChanges = 3;
    std::map<std::string, int> kept;  // by kind
    for (unsigned seed = 0; seed < 40 && !testing::Test::HasFailure(); ++seed) {
        RandomAgent agent(seed);
        agent.allow();
        const Written written = agent.written();
        Tuner tuner;
        AgentProfile profile = agent.profile();
        for (ClassProfile& one : profile.classes) {
            one.fresh_error = one.error;
            one.fresh_samples = 100;
        }
        tuner.configure(written, 0);
        for (int change = 0; change < kChanges; ++change) {
            SCOPED_TRACE("seed " + std::to_string(seed) + ", change " + std::to_string(change));
            profile.written_wall_ms += kYearMs;  // what was decided about does not rest any more
            const std::string before = tuner.text();
            std::vector<Finding> found =
                advise(profile, {before, written.file, written.arguments, written.environment});
            if (change % 2 == 0) {
                std::reverse(found.begin(), found.end());  // those of the last rules first
            }
            std::string last = before;
            for (std::size_t i = 0; i < 2 + kTrialWindows * kWindowProfiles; ++i) {
                // Each change helps, so each that is tried is kept.
                AgentProfile measured = last == before ? profile : halved(profile);
                const Config in_force =
                    parse_config(last, written.file, written.environment, "").config;
                measured.base_interval_s =
                    static_cast<double>(in_force.sampling.base_interval_ms) / 1e3;
                tuner.take(measured, found);
                const std::string now = tuner.text();
                if (now != last) {
                    last = now;
                    SCOPED_TRACE(print_state(tuner.state()));
                    hold_everything(agent, last);
                }
            }
        }
        const Config operators =
            parse_config(written.text, written.file, written.environment, "").config;
        for (const Change& change : tuner.state().kept) {
            for (const std::string& kind : change.kinds) {
                ++kept[kind];
                EXPECT_NE(
                    std::find(operators.optimizer.may.begin(), operators.optimizer.may.end(), kind),
                    operators.optimizer.may.end())
                    << kind;
            }
        }
    }
    for (const char* kind : change_kind_names()) {
        EXPECT_GT(kept[kind], 0) << "nothing was kept of kind " << kind;
    }
}

// Whoever can write the file can write its sum too. The pool has no family that is collected: what
// a rule may do with one is told by a profile alone.
TEST(TunerProperty, AStateThatIsForgedBreaksNoLimit) {
    int in_force = 0;
    for (unsigned seed = 0; seed < 60 && !testing::Test::HasFailure(); ++seed) {
        RandomAgent agent(seed);
        agent.allow();
        const Written written = agent.written();
        const Config before =
            parse_config(written.text, written.file, written.environment, "").config;
        TuningState state;
        for (std::uint32_t id = 1; id <= 5; ++id) {
            Change change;
            change.id = id;
            change.edit = agent.forged();
            change.ground = ground_of(before, change.edit);
            state.kept.push_back(std::move(change));
        }
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + print_state(state));
        const Result<TuningState> read = parse_state(print_state(state));
        ASSERT_TRUE(read) << read.status().message();
        Tuner tuner(read.value(), 0);
        tuner.configure(written, 0);
        hold_everything(agent, tuner.text());
        in_force += static_cast<int>(tuner.state().kept.size());
        tuner.take(agent.profile(), {});
        hold_everything(agent, tuner.text());
    }
    EXPECT_GT(in_force, 0) << "some of it breaks no limit";
}

}  // namespace
}  // namespace remora
