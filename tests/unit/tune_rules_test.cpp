// What each rule finds, and that it finds nothing where nothing is wrong.
#include "tune/rules/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/parse.h"
#include "support/calm_profile.h"

namespace remora {
namespace {

using nlohmann::json;

class RulesTest : public testing::Test {
 protected:
    // What the rules find under that configuration, as "rule: subject".
    std::vector<std::string> find(const std::string& text = "{}") {
        const ParseOutcome outcome = parse_config(text, "r.json", {}, "");
        EXPECT_TRUE(outcome.is_ok()) << outcome.error_text();
        const json document = json::parse(text);
        std::vector<std::string> names;
        for (const Rule& rule : rules()) {
            const std::size_t before = found_.size();
            rule.find({profile_, outcome.config}, found_);
            for (std::size_t i = before; i < found_.size(); ++i) {
                found_[i].patch = patch_of(document, outcome.config, found_[i].edit);
                names.push_back(std::string(rule.name) + ": " + found_[i].subject);
            }
        }
        return names;
    }
    FamilyProfile& family(UnitClass unit_class) {
        return profile_.families[static_cast<std::size_t>(unit_class)];
    }
    // Of the only finding.
    const Finding& only() { return found_.at(0); }

    AgentProfile profile_ = calm_profile();
    std::vector<Finding> found_;
};

TEST_F(RulesTest, NothingIsFoundWhereNothingIsWrong) {
    EXPECT_THAT(find(), testing::IsEmpty());
}

TEST_F(RulesTest, AFamilyThatTakesMostOfTheCpuIsReadLessOften) {
    FamilyProfile& costly = family(UnitClass::kTopic);
    costly.cpu_percent = 0.05;
    EXPECT_EQ(find(), (std::vector<std::string>{"costly_family: " + costly.name}));
    EXPECT_EQ(only().patch, json::parse(R"({"rules": [{"match":
        "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=*", "interval": "5m"}]})"));
    // 100 beans, 10 reads a second: each every 10 s, and every 300 s then.
    EXPECT_NEAR(only().saving.cpu_percent, 0.05 * 29 / 30, 1e-9);
    EXPECT_EQ(only().price.age_s, 300);
    EXPECT_EQ(only().evidence.at("cpu_percent"), 0.05);
    EXPECT_EQ(only().evidence.at("series"), 200);
}

TEST_F(RulesTest, OneOfTheWholeBrokerCannotBeReadLessOftenSoItIsLeftOut) {
    FamilyProfile& costly = family(UnitClass::kBroker);
    costly.cpu_percent = 0.05;
    EXPECT_EQ(find(), (std::vector<std::string>{"costly_family: " + costly.name}));
    EXPECT_EQ(only().patch["rules"][0]["action"], "exclude");
    EXPECT_EQ(only().price.series, 200);
    EXPECT_NEAR(only().saving.bytes_per_s, 2'000, 1e-9) << "a hundredth of all series";
}

TEST_F(RulesTest, SoIsOneThatIsReadEveryFiveMinutesAlready) {
    FamilyProfile& costly = family(UnitClass::kPartition);
    costly.cpu_percent = 0.05;
    costly.reads_per_s = costly.units / 300.0;
    find();
    EXPECT_EQ(only().patch["rules"][0]["action"], "exclude");
}

TEST_F(RulesTest, AFamilyWhoseReadsWaitIsFound) {
    FamilyProfile& contended = family(UnitClass::kClient);
    contended.tail_us = 5'000;
    EXPECT_THAT(find(), testing::IsEmpty()) << "its reads take next to nothing";
    contended.cpu_percent = 0.01;
    profile_.cpu_used_percent = 0.2;
    EXPECT_EQ(find(), (std::vector<std::string>{"contended_family: " + contended.name}));
    EXPECT_EQ(only().evidence.at("tail_us"), 5'000);
}

TEST_F(RulesTest, RulesOfTheOperatorStayInFront) {
    family(UnitClass::kTopic).cpu_percent = 0.05;
    find(R"({"rules": [{"match": "a:*", "action": "exclude"}]})");
    EXPECT_EQ(only().patch["rules"].size(), 2U);
    EXPECT_EQ(only().patch["rules"][0], json::parse(R"({"match": "a:*", "action": "exclude"})"));
}

TEST_F(RulesTest, AClassThatIsWrongIsReadMoreOftenWhileTheCeilingHasRoom) {
    profile_.classes[4].error = 0.2;
    EXPECT_EQ(find(),
              (std::vector<std::string>{"interval_too_long: sampling.partition_max_interval"}));
    EXPECT_EQ(only().patch, json::parse(R"({"sampling": {"partition_max_interval": "30s"}})"));
    EXPECT_LT(only().saving.cpu_percent, 0) << "it costs";
    profile_.cpu_used_percent = 0.6;
    EXPECT_THAT(find(), testing::IsEmpty());
}

TEST_F(RulesTest, AClassThatMayBeWrongByChanceIsNotFound) {
    profile_.classes[4].error = 0.2;
    profile_.classes[4].margin = 0.18;
    EXPECT_THAT(find(), testing::IsEmpty());
}

TEST_F(RulesTest, AClassThatHardlyMovesIsReadLessOften) {
    profile_.classes[2].error = 0.001;
    profile_.classes[2].cpu_percent = 0.05;
    EXPECT_EQ(find(),
              (std::vector<std::string>{"interval_too_short: sampling.topic_max_interval"}));
    EXPECT_EQ(only().patch, json::parse(R"({"sampling": {"topic_max_interval": "1m"}})"));
    EXPECT_NEAR(only().saving.cpu_percent, 0.025, 1e-9);
}

TEST_F(RulesTest, NothingIsReadLessOftenThanEveryFiveMinutes) {
    profile_.classes[2].error = 0.001;
    profile_.classes[2].cpu_percent = 0.05;
    EXPECT_THAT(find(R"({"sampling": {"topic_max_interval": "3m"}})"), testing::IsEmpty());
}

TEST_F(RulesTest, ACeilingThatIsTooLowIsToldAndLeftToTheOperator) {
    profile_.widening_step = 2;
    EXPECT_EQ(find(), (std::vector<std::string>{"ceiling_too_low: sampling.cpu_budget_percent"}));
    EXPECT_TRUE(only().patch.is_null());
}

TEST_F(RulesTest, ABaseIntervalThatDoesNotHoldBecomesTheOneInForce) {
    profile_.tick_interval_s = 40;
    EXPECT_EQ(find(R"({"sampling": {"topic_max_interval": "30s"}})"),
              (std::vector<std::string>{"base_interval: sampling.base_interval"}));
    EXPECT_EQ(only().patch, json::parse(R"({"sampling": {"base_interval": "40s",
        "topic_max_interval": "40s", "client_max_interval": "40s"}})"));
    profile_.cpu_used_percent = 1.2;
    EXPECT_THAT(find(), testing::IsEmpty()) << "the ceiling does not carry those either";
}

TEST_F(RulesTest, AFamilyThatGrowsIsCutToItsLargest) {
    FamilyProfile& growing = family(UnitClass::kClient);
    growing.units = 1'000;
    growing.series = 2'000;
    EXPECT_EQ(find(), (std::vector<std::string>{"cardinality: " + growing.name}));
    EXPECT_EQ(only().patch["rules"][0]["top"], 100);
    EXPECT_EQ(only().price.series, 1'800);
    growing.series_before = 1'900;
    EXPECT_THAT(find(), testing::IsEmpty()) << "it is large, and no larger than before";
}

TEST_F(RulesTest, AFamilyWithMostOfTheSeriesIsCutToo) {
    FamilyProfile& large = family(UnitClass::kClient);
    large.units = 2'000;
    large.series = large.series_before = 16'000;
    EXPECT_EQ(find(), (std::vector<std::string>{"cardinality: " + large.name}));
    large.unit_class = UnitClass::kBroker;
    EXPECT_THAT(find(), testing::IsEmpty()) << "nothing is ranked there";
}

TEST_F(RulesTest, SeriesThatDoNotChangeAreLeftOut) {
    FamilyProfile& still = family(UnitClass::kPartition);
    still.series = still.series_before = 10'000;
    still.units = 100;
    still.unchanged = 9'990;
    EXPECT_EQ(find(), (std::vector<std::string>{"unchanged_family: " + still.name}));
    EXPECT_EQ(only().patch["rules"][0]["action"], "exclude");
    EXPECT_EQ(only().saving.series, 10'000);
    profile_.known_s = 500;
    EXPECT_THAT(find(), testing::IsEmpty()) << "too early to say";
}

TEST_F(RulesTest, OfHistogramsOnlyTheStatisticsThatChangeAreTaken) {
    FamilyProfile& histograms = family(UnitClass::kTopic);
    histograms.statistics = {{"Count", 200, 10}, {"999thPercentile", 200, 200}, {"Min", 200, 200}};
    EXPECT_EQ(find(), (std::vector<std::string>{"idle_statistics: " + histograms.name}));
    EXPECT_EQ(only().patch["rules"][0]["attributes"], json({"Count"}));
    EXPECT_EQ(only().price.series, 400);
    histograms.statistics[0].unchanged = 200;
    EXPECT_THAT(find(), testing::IsEmpty()) << "none of them is worth more than the others";
}

TEST_F(RulesTest, AnOutputThatSkipsTicksIsWrittenAsOftenAsItCan) {
    profile_.outputs[0].skipped_share = 0.4;
    EXPECT_EQ(find(), (std::vector<std::string>{"slow_output: file-0"}));
    EXPECT_EQ(only().patch, json::parse(R"({"outputs": [{"interval": "20s"}]})"));
}

TEST_F(RulesTest, DatagramsAreSpreadWhereTheReceiverHasNoRoom) {
    const std::string udp = R"({"outputs": [{"name": "u", "type": "udp", "port": 9}]})";
    profile_.outputs[0].name = "u";
    profile_.outputs[0].receiver_drops_share = 0.3;
    EXPECT_EQ(find(udp), (std::vector<std::string>{"lossy_output: u"}));
    EXPECT_EQ(only().patch["outputs"][0],
              json::parse(R"({"name": "u", "type": "udp", "port": 9, "spread": 0.8})"));
}

TEST_F(RulesTest, TicksThatASinkGivesUpAreTold) {
    profile_.outputs[0].dropped_share = 0.5;
    EXPECT_EQ(find(), (std::vector<std::string>{"lossy_output: file-0"}));
    EXPECT_TRUE(only().patch.is_null());
}

TEST_F(RulesTest, AnOutputThatRepeatsItselfWritesWhatChanged) {
    profile_.outputs[0].repeated_share = 0.9;
    EXPECT_THAT(find(), testing::IsEmpty()) << "a textfile holds every series";
    profile_.outputs[0].name = "n";
    EXPECT_EQ(find(R"({"outputs": [{"name": "n", "format": "ndjson"}]})"),
              (std::vector<std::string>{"repeating_output: n"}));
    EXPECT_EQ(only().patch["outputs"][0]["emit"], "changed");
    // A keyframe every 180 s, a tick every 10 s.
    EXPECT_NEAR(only().saving.bytes_per_s, 200'000 * 0.9 * 17 / 18, 1);
}

TEST_F(RulesTest, SeveralOutputsWithEverythingAreTold) {
    OutputProfile other = profile_.outputs[0];
    other.name = "n";
    profile_.outputs.push_back(other);
    const std::string two = R"({"outputs": [{"name": "file-0"},
        {"name": "n", "format": "ndjson", "path": "/n"}]})";
    EXPECT_EQ(find(two), (std::vector<std::string>{"outputs_alike: file-0, n"}));
    EXPECT_TRUE(only().patch.is_null());
}

TEST_F(RulesTest, ABeanThatFailsForAnHourIsLeftOut) {
    profile_.quarantined = {{"kafka.server:type=Fetch,client-id=a", 4'000},
                            {"kafka.server:type=Fetch,client-id=b", 100}};
    EXPECT_EQ(
        find(),
        (std::vector<std::string>{"lasting_quarantine: kafka.server:type=Fetch,client-id=a"}));
}

}  // namespace
}  // namespace remora
