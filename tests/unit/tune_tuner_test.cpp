// Changes that are tried beside a broker that is simulated: what is kept, taken back, left alone.
#include "tune/tuner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "config/parse.h"
#include "support/calm_profile.h"
#include "support/dice.h"
#include "tune/edit.h"

namespace remora {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kTopic = "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=*";
constexpr const char* kApply = R"({"optimizer": {"mode": "apply"}})";
// A trial is four windows of four profiles; before each but the first, one profile is not taken.
constexpr int kTrialMinutes = 19;

Written written_as(const std::string& text) {
    return {text, "r.json", "", {}};
}

// A minute at a time: the load, what is in force, and the profile that comes of both.
class SimulatedBroker {
 public:
    SimulatedBroker(Tuner& tuner, unsigned seed) : dice_(seed), tuner_(tuner) {}

    // What a configuration does to the figures, beside the load.
    std::function<void(const std::string& text, AgentProfile&)> effect = [](auto&, auto&) {};
    // In times of the usual one, at that minute.
    std::function<double(int minute)> load = [](int) { return 1.0; };
    double noise = 0.05;
    // What is found in a profile.
    std::function<std::vector<Finding>(const AgentProfile&)> advice = [](const AgentProfile&) {
        return std::vector<Finding>();
    };

    void pass(int minutes) {
        for (int i = 0; i < minutes; ++i) {
            pass_one();
        }
    }
    int minute() const { return minute_; }
    std::int64_t wall_ms() const { return 1'700'000'000'000 + 60'000LL * minute_; }
    // How often another configuration came in force.
    int switches() const { return switches_; }

    // "verdict why" of each decision so far.
    const std::vector<std::string>& decisions() {
        take_events();
        return decisions_;
    }
    const std::vector<json>& events() {
        take_events();
        return events_;
    }

 private:
    void pass_one() {
        ++minute_;
        const std::string text = tuner_.text();
        if (text != text_) {
            switches_ += text_.empty() ? 0 : 1;
            changed_minute_ = text_.empty() ? 0 : minute_;
            text_ = text;
        }
        AgentProfile profile = calm_profile();
        profile.written_wall_ms = wall_ms();
        // The change comes in force some seconds after the profile before it.
        profile.known_s = changed_minute_ == 0 ? 3'600 : 60 * (minute_ - changed_minute_) + 50;
        effect(text, profile);
        const double times = load(minute_) * std::max(0.1, 1 + noise * normal_(random_));
        for (FamilyProfile& family : profile.families) {
            family.cpu_percent *= times;
        }
        profile.outputs[0].bytes_per_s *= times;
        tuner_.take(profile, advice(profile));
    }
    void take_events() {
        for (json& event : tuner_.take_events()) {
            if (event["what"] == "decided") {
                decisions_.push_back(std::string(event["verdict"]) + ": " +
                                     std::string(event["why"]));
            }
            events_.push_back(std::move(event));
        }
    }

    Dice dice_;
    std::mt19937 random_{dice_.below(1U << 31)};
    std::normal_distribution<double> normal_;
    Tuner& tuner_;
    int minute_ = 0;
    int changed_minute_ = 0;
    int switches_ = 0;
    std::string text_;
    std::vector<std::string> decisions_;
    std::vector<json> events_;
};

// "Read that family every five minutes".
Finding spare_topic() {
    Finding finding;
    finding.rule = "costly_family";
    finding.subject = kTopic;
    finding.problem = "it costs";
    finding.evidence = {{"cpu_percent", 0.05}};
    finding.advice = "read it every five minutes";
    finding.edit = {"rules", "", {{"match", kTopic}, {"interval", "5m"}}};
    finding.measure = {Aim::kReadCpu, ""};
    finding.patch = {{"rules", {finding.edit.keys}}};
    finding.kinds = {"interval"};
    finding.price.age_s = 300;
    return finding;
}

Finding change_bound(const std::string& rule, const std::string& bound) {
    Finding finding = spare_topic();
    finding.rule = rule;
    finding.subject = "sampling.partition_max_interval";
    finding.edit = {"sampling", "", {{"partition_max_interval", bound}}};
    finding.patch = {{"sampling", finding.edit.keys}};
    finding.kinds = {"bounds"};
    return finding;
}

bool has_rule(const std::string& text) {
    return text.find("5m") != std::string::npos;
}

class TunerTest : public testing::Test {
 protected:
    void SetUp() override {
        tuner_.configure(written_as(kApply), broker_.wall_ms());
        broker_.advice = [](const AgentProfile&) { return std::vector<Finding>{spare_topic()}; };
    }
    // Reads of the family cost much, and hardly anything with the change.
    void plant() {
        broker_.effect = [](const std::string& text, AgentProfile& profile) {
            profile.families[2].cpu_percent = has_rule(text) ? 0.002 : 0.05;
        };
    }
    void keep() {
        plant();
        broker_.pass(kTrialMinutes + 2);
        ASSERT_EQ(tuner_.state().kept.size(), 1U);
    }
    void configure(const std::string& text) {
        tuner_.configure(written_as(text), broker_.wall_ms());
    }
    // As after a restart of the agent.
    void restart(const std::string& text = kApply) {
        const Result<TuningState> state = parse_state(print_state(tuner_.state()));
        ASSERT_TRUE(state) << state.status().message();
        tuner_ = Tuner(state.value(), broker_.wall_ms());
        configure(text);
    }

    Tuner tuner_;
    SimulatedBroker broker_{tuner_, 1};
};

TEST_F(TunerTest, WhatHelpsIsKeptAndInForceFromThenOn) {
    plant();
    broker_.pass(2);
    ASSERT_EQ(tuner_.state().trial.size(), 1U) << "found in two profiles";
    EXPECT_FALSE(has_rule(tuner_.text())) << "first it is measured without it";
    broker_.pass(kTrialMinutes);
    EXPECT_EQ(broker_.decisions(),
              std::vector<std::string>{"kept: it helped both times, beyond noise"});
    EXPECT_TRUE(has_rule(tuner_.text()));
    EXPECT_TRUE(tuner_.state().trial.empty());
    const Change& kept = tuner_.state().kept.at(0);
    EXPECT_EQ(kept.figure, "CPU of reads, % of a core");
    EXPECT_NEAR(kept.before, 0.054, 0.01);
    EXPECT_NEAR(kept.after, 0.006, 0.002);
    EXPECT_EQ(broker_.switches(), 3) << "with it, without it, with it";
}

TEST_F(TunerTest, TheRecordHasWhatWasSeenProposedDoneMeasuredAndDecided) {
    keep();
    std::vector<std::string> what;
    for (const json& event : broker_.events()) {
        what.push_back(event["what"]);
        EXPECT_GT(event["wall_ms"], 1'700'000'000'000);
    }
    EXPECT_EQ(what, (std::vector<std::string>{"seen", "proposed", "measured", "done", "measured",
                                              "done", "measured", "done", "measured", "decided"}));
    EXPECT_EQ(broker_.events()[0]["evidence"]["cpu_percent"], 0.05);
    EXPECT_EQ(broker_.events()[2]["values"].size(), kWindowProfiles);
    EXPECT_EQ(broker_.events()[4]["with"], true);
}

TEST_F(TunerTest, WhatDoesNotLastIsNotTried) {
    bool is_found = false;
    broker_.advice = [&](const AgentProfile&) {
        is_found = !is_found;
        return is_found ? std::vector<Finding>{spare_topic()} : std::vector<Finding>();
    };
    broker_.pass(20);
    EXPECT_TRUE(tuner_.state().trial.empty());
    EXPECT_EQ(tuner_.state().next_id, 1U);
}

TEST_F(TunerTest, OnlyKindsThatTheOperatorAllowsAreTried) {
    configure(R"({"optimizer": {"mode": "apply", "may": ["bounds"]}})");
    broker_.pass(20);
    EXPECT_TRUE(tuner_.state().trial.empty());
    EXPECT_EQ(broker_.events().at(0)["left_alone"], "optimizer.may has no interval");
    broker_.advice = [](const AgentProfile&) {
        return std::vector<Finding>{change_bound("interval_too_short", "2m")};
    };
    broker_.pass(2);
    EXPECT_EQ(tuner_.state().trial.size(), 1U);
}

TEST_F(TunerTest, WhatTheLimitsForbidIsNotTried) {
    broker_.advice = [](const AgentProfile&) {
        Finding finding = spare_topic();
        finding.patch = nullptr;
        finding.left_alone = "it is an alert";
        return std::vector<Finding>{finding};
    };
    broker_.pass(5);
    EXPECT_TRUE(tuner_.state().trial.empty());
    EXPECT_EQ(broker_.events().at(0)["left_alone"], "it is an alert");
}

TEST_F(TunerTest, NothingIsTriedUnlessTheOperatorAsksForIt) {
    configure("{}");
    broker_.pass(20);
    EXPECT_TRUE(broker_.events().empty());
    EXPECT_EQ(tuner_.text(), "{}");
}

TEST_F(TunerTest, WhatHurtsIsTakenBackAtOnce) {
    broker_.effect = [](const std::string& text, AgentProfile& profile) {
        profile.outputs[0].skipped_share = has_rule(text) ? 0.5 : 0;
    };
    broker_.pass(2 + static_cast<int>(kWindowProfiles));
    ASSERT_TRUE(has_rule(tuner_.text()));
    broker_.pass(1);
    ASSERT_TRUE(has_rule(tuner_.text())) << "that profile saw the change being made";
    broker_.pass(1);
    EXPECT_FALSE(has_rule(tuner_.text()));
    EXPECT_THAT(broker_.decisions().at(0), HasSubstr("taken back: it made worse: ticks skipped"));
}

TEST_F(TunerTest, WhatWasDecidedAboutRestsTwiceAsLongEachTime) {
    std::vector<int> begun;
    for (int minute = 0; minute < 2 * 24 * 60; ++minute) {
        const std::uint32_t before = tuner_.state().next_id;
        broker_.pass(1);
        if (tuner_.state().next_id != before) {
            begun.push_back(broker_.minute());
        }
    }
    ASSERT_EQ(begun.size(), 4U) << "it does nothing, in two days";
    for (std::size_t i = 1; i < begun.size(); ++i) {
        const double rest_h = (begun[i] - begun[i - 1] - kTrialMinutes) / 60.0;
        EXPECT_NEAR(rest_h, 6 * std::pow(2, i - 1), 0.1);
    }
    EXPECT_EQ(tuner_.text(), kApply);
}

TEST_F(TunerTest, ARestIsNotLongerAfterTheClockWasSetBack) {
    TuningState state;
    state.rests = {{kTopic, broker_.wall_ms() + 1'000'000'000'000, Tuner::kRestMinS}};
    tuner_ = Tuner(state, broker_.wall_ms());
    configure(kApply);
    broker_.pass(6 * 60);
    EXPECT_TRUE(tuner_.state().trial.empty());
    broker_.pass(2);
    EXPECT_EQ(tuner_.state().trial.size(), 1U);
}

TEST_F(TunerTest, AnAgentThatEndedInATrialStartsWithWhatWasJudgedGood) {
    broker_.pass(2 + static_cast<int>(kWindowProfiles));
    ASSERT_TRUE(has_rule(tuner_.text()));
    restart();
    EXPECT_FALSE(has_rule(tuner_.text()));
    EXPECT_TRUE(tuner_.state().trial.empty());
    EXPECT_THAT(broker_.decisions().at(0), HasSubstr("the agent ended before"));
    broker_.pass(60);
    EXPECT_TRUE(tuner_.state().trial.empty()) << "it rests";
}

TEST_F(TunerTest, WhatIsKeptSurvivesARestart) {
    keep();
    restart();
    EXPECT_TRUE(has_rule(tuner_.text()));
    EXPECT_EQ(tuner_.state().kept.size(), 1U);
    EXPECT_EQ(tuner_.state().next_id, 2U);
}

TEST_F(TunerTest, WhatIsKeptStaysUnderAnotherConfigurationThatItFits) {
    keep();
    configure(R"({"optimizer": {"mode": "apply"}, "topics": {"internal": false}})");
    EXPECT_EQ(tuner_.state().kept.size(), 1U);
    EXPECT_TRUE(has_rule(tuner_.text()));
    EXPECT_FALSE(parse_config(tuner_.text(), "r.json", {}, "").config.topics.internal);
}

TEST_F(TunerTest, WhatDoesNotFitTheConfigurationAnyMoreIsDropped) {
    for (const auto& [text, why] :
         {std::pair(R"({"optimizer": {"mode": "apply"}, "select": {"include": ["a:*"]}})",
                    "judged under another configuration"),
          std::pair(R"({"optimizer": {"mode": "apply", "may": ["spread"]}})",
                    "optimizer.may has no interval")}) {
        TuningState before = tuner_.state();
        Change change;
        change.id = 1;
        change.subject = kTopic;
        change.kinds = {"interval"};
        change.edit = spare_topic().edit;
        change.ground = ground_of(parse_config(kApply, "r.json", {}, "").config, change.edit);
        before.kept = {change};
        tuner_ = Tuner(before, broker_.wall_ms());
        configure(kApply);
        ASSERT_EQ(tuner_.state().kept.size(), 1U);
        configure(text);
        EXPECT_TRUE(tuner_.state().kept.empty());
        EXPECT_EQ(tuner_.text(), text);
        EXPECT_THAT(broker_.decisions().back(), HasSubstr(why));
    }
}

TEST_F(TunerTest, WhatBreaksALimitIsDroppedHoweverItCameIntoTheFile) {
    TuningState state;
    Change change;
    change.edit = {"sampling", "", {{"cpu_budget_percent", 50}}};
    change.ground = ground_of(parse_config(kApply, "r.json", {}, "").config, change.edit);
    state.kept = {change};
    tuner_ = Tuner(state, broker_.wall_ms());
    configure(kApply);
    EXPECT_TRUE(tuner_.state().kept.empty());
    EXPECT_THAT(broker_.decisions().at(0), HasSubstr("operator's to decide"));
}

TEST_F(TunerTest, ARuleAboutMoreThanAFamilyIsDroppedHoweverItCameIntoTheFile) {
    for (const char* match : {"*:*", "kafka.controller:*", "kafka.server:type=*,name=*",
                              "kafka.*:type=A", "kafka.server:type=Repl?caManager", "", "x"}) {
        TuningState state;
        Change change;
        change.edit = {"rules", "", {{"match", match}, {"action", "exclude"}}};
        change.ground = ground_of(parse_config(kApply, "r.json", {}, "").config, change.edit);
        state.kept = {change};
        tuner_ = Tuner(state, broker_.wall_ms());
        configure(R"({"optimizer": {"mode": "apply", "may": ["exclude"]}})");
        EXPECT_TRUE(tuner_.state().kept.empty()) << match;
        const std::string why = broker_.decisions().back();
        EXPECT_THAT(why, testing::Not(HasSubstr("r.json"))) << "it is not the operator's";
    }
}

TEST_F(TunerTest, AnIntervalIsDroppedWhenTheOperatorSetsOtherBounds) {
    keep();
    configure(R"({"optimizer": {"mode": "apply"}, "sampling": {"topic_max_interval": "10s"}})");
    EXPECT_TRUE(tuner_.state().kept.empty());
    EXPECT_FALSE(has_rule(tuner_.text())) << "nothing of a topic gets older than ten seconds";
}

TEST_F(TunerTest, WhatHasBecomeAnAlertIsDropped) {
    keep();
    broker_.effect = [](const std::string&, AgentProfile& profile) {
        profile.families[2].unit_class = UnitClass::kAlert;
    };
    broker_.pass(1);
    EXPECT_TRUE(tuner_.state().kept.empty());
    EXPECT_FALSE(has_rule(tuner_.text()));
    EXPECT_THAT(broker_.decisions().back(), HasSubstr("dropped: it is an alert by now"));
}

// A base interval of a minute needs bounds of a minute, of which another change has set one.
TEST_F(TunerTest, WhatRestsOnAChangeThatIsTakenBackIsDroppedToo) {
    const std::string apply =
        R"({"optimizer": {"mode": "apply", "may": ["bounds", "base_interval"]},
            "sampling": {"client_max_interval": "30s"}})";
    TuningState state;
    for (const json& keys : {json{{"client_max_interval", "1m"}},
                             json{{"base_interval", "1m"}, {"topic_max_interval", "1m"}}}) {
        Change change;
        change.id = state.next_id++;
        change.edit = {"sampling", "", keys};
        change.ground = ground_of(parse_config(apply, "r.json", {}, "").config, change.edit);
        state.kept.push_back(change);
    }
    tuner_ = Tuner(state, broker_.wall_ms());
    configure(apply);
    ASSERT_EQ(tuner_.state().kept.size(), 2U);
    EXPECT_EQ(tuner_.revert("1", broker_.wall_ms()), 1U);
    EXPECT_TRUE(tuner_.state().kept.empty());
    EXPECT_EQ(tuner_.text(), apply);
    EXPECT_THAT(broker_.decisions().back(), HasSubstr("dropped: as changed:"));
}

TEST_F(TunerTest, WhatDoesNotFitBesideWhatIsKeptIsNotTried) {
    TuningState state;
    Change change;
    change.id = state.next_id++;
    change.edit = {
        "sampling",
        "",
        {{"base_interval", "1m"}, {"topic_max_interval", "1m"}, {"client_max_interval", "1m"}}};
    const std::string apply =
        R"({"optimizer": {"mode": "apply", "may": ["bounds", "base_interval"]}})";
    change.ground = ground_of(parse_config(apply, "r.json", {}, "").config, change.edit);
    state.kept = {change};
    tuner_ = Tuner(state, broker_.wall_ms());
    configure(apply);
    broker_.advice = [](const AgentProfile&) {
        return std::vector<Finding>{change_bound("interval_too_long", "30s")};
    };
    broker_.effect = [](const std::string&, AgentProfile& profile) {
        profile.base_interval_s = profile.tick_interval_s = 60;
    };
    broker_.pass(10);
    EXPECT_TRUE(tuner_.state().trial.empty())
        << "partitions would be read more often than ticks come";
    EXPECT_EQ(tuner_.state().kept.size(), 1U);
}

TEST_F(TunerTest, WithoutModeApplyNothingOfItIsInForce) {
    keep();
    configure("{}");
    EXPECT_EQ(tuner_.text(), "{}");
    configure(kApply);
    EXPECT_TRUE(has_rule(tuner_.text())) << "it is still known to be good";
}

TEST_F(TunerTest, AnotherConfigurationEndsATrialAndTheSameDoesNot) {
    broker_.pass(2 + static_cast<int>(kWindowProfiles));
    configure(std::string(kApply) + "\n");
    ASSERT_TRUE(has_rule(tuner_.text())) << "it means the same";
    configure(R"({"optimizer": {"mode": "apply"}, "topics": {"internal": false}})");
    EXPECT_FALSE(has_rule(tuner_.text()));
    EXPECT_THAT(broker_.decisions().at(0), HasSubstr("the configuration changed meanwhile"));
    EXPECT_TRUE(tuner_.state().rests.empty()) << "nothing was found out about it";
}

TEST_F(TunerTest, TheOperatorTakesBackOneOrAll) {
    keep();
    EXPECT_EQ(tuner_.revert("7", broker_.wall_ms()), 0U);
    EXPECT_EQ(tuner_.revert("", broker_.wall_ms()), 0U);
    EXPECT_TRUE(has_rule(tuner_.text()));
    EXPECT_EQ(tuner_.revert("1", broker_.wall_ms()), 1U);
    EXPECT_EQ(tuner_.text(), kApply);
    EXPECT_THAT(broker_.decisions().back(), HasSubstr("reverted: the operator asked"));
    broker_.pass(60);
    EXPECT_EQ(tuner_.state().next_id, 2U) << "it rests";
    EXPECT_EQ(tuner_.state().rests.at(0).until_wall_ms,
              broker_.wall_ms() - 3'600'000 + 30 * 86'400'000LL);

    tuner_ = Tuner();
    configure(kApply);
    broker_.pass(2 + static_cast<int>(kWindowProfiles));
    ASSERT_TRUE(has_rule(tuner_.text()));
    EXPECT_EQ(tuner_.revert("all", broker_.wall_ms()), 1U);
    EXPECT_EQ(tuner_.text(), kApply);
}

TEST_F(TunerTest, ASecondChangeIsMadeBesideTheFirst) {
    keep();
    broker_.advice = [](const AgentProfile&) {
        return std::vector<Finding>{change_bound("interval_too_short", "2m")};
    };
    broker_.effect = [](const std::string& text, AgentProfile& profile) {
        profile.families[4].cpu_percent = text.find("2m") == std::string::npos ? 0.05 : 0.025;
    };
    broker_.pass(kTrialMinutes + 2);
    const Config config = parse_config(tuner_.text(), "r.json", {}, "").config;
    EXPECT_EQ(config.sampling.partition_max_interval_ms, 120'000);
    ASSERT_EQ(config.rules.size(), 1U);
    tuner_.revert("1", broker_.wall_ms());
    const Config after = parse_config(tuner_.text(), "r.json", {}, "").config;
    EXPECT_EQ(after.sampling.partition_max_interval_ms, 120'000) << "the other one stays";
    EXPECT_TRUE(after.rules.empty());
}

// --- by chance

// Of 200 brokers, how many keep a change. `arrange`: gets a broker and its dice.
int kept_of_200(const std::function<void(SimulatedBroker&, Dice&)>& arrange) {
    int kept = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        Tuner tuner;
        SimulatedBroker broker(tuner, seed);
        tuner.configure(written_as(kApply), broker.wall_ms());
        broker.advice = [](const AgentProfile&) { return std::vector<Finding>{spare_topic()}; };
        Dice dice(1'000 + seed);
        arrange(broker, dice);
        broker.pass(kTrialMinutes + 2);
        EXPECT_EQ(broker.decisions().size(), 1U) << seed;
        kept += static_cast<int>(tuner.state().kept.size());
    }
    return kept;
}

TEST(TunerByChance, AChangeThatOnlySeemsToHelpIsTakenBack) {
    const int kept = kept_of_200([](SimulatedBroker& broker, Dice& dice) {
        // The load falls about when the change is made, for good or for some minutes.
        const int falls = 2 + static_cast<int>(kWindowProfiles) + static_cast<int>(dice.below(4));
        const int rises = dice.one_in(2) ? 1'000 : falls + 3 + static_cast<int>(dice.below(8));
        const double low = dice.between(0.3, 0.8);
        broker.noise = dice.between(0.01, 0.15);
        broker.load = [=](int minute) { return minute >= falls && minute < rises ? low : 1.0; };
    });
    testing::Test::RecordProperty("kept_of_200", kept);
    EXPECT_LE(kept, 10) << "19 of 20 are taken back";
}

TEST(TunerByChance, AChangeThatDoesNothingIsTakenBackWhateverTheLoadDoes) {
    const int kept = kept_of_200([](SimulatedBroker& broker, Dice& dice) {
        // A walk by chance.
        std::vector<double> loads = {1};
        for (int i = 0; i < 30; ++i) {
            loads.push_back(std::clamp(loads.back() * dice.between(0.85, 1.17), 0.2, 5.0));
        }
        broker.noise = dice.between(0.01, 0.2);
        broker.load = [=](int minute) { return loads[static_cast<std::size_t>(minute)]; };
    });
    testing::Test::RecordProperty("kept_of_200", kept);
    EXPECT_LE(kept, 10);
}

TEST(TunerByChance, AChangeThatHelpsIsKeptThoughTheLoadMoves) {
    const int kept = kept_of_200([](SimulatedBroker& broker, Dice& dice) {
        broker.effect = [](const std::string& text, AgentProfile& profile) {
            profile.families[2].cpu_percent = has_rule(text) ? 0.002 : 0.05;
        };
        const double phase = dice.between(0, 6);
        broker.load = [=](int minute) { return 1 + 0.3 * std::sin(phase + minute / 10.0); };
    });
    testing::Test::RecordProperty("kept_of_200", kept);
    EXPECT_GE(kept, 190);
}

TEST(TunerByChance, NothingSwingsWhileTheLoadDoes) {
    // Two rules that want the opposite: when the load is high values are wrong, when it is low the
    // reads are wasted. Two days of a load that swings each hour.
    Tuner tuner;
    SimulatedBroker broker(tuner, 7);
    tuner.configure(written_as(kApply), broker.wall_ms());
    broker.load = [](int minute) { return 1 + 0.8 * std::sin(minute / 9.55); };
    broker.advice = [&](const AgentProfile&) {
        const bool is_high = broker.load(broker.minute()) > 1;
        return std::vector<Finding>{is_high ? change_bound("interval_too_long", "30s")
                                            : change_bound("interval_too_short", "2m")};
    };
    broker.pass(60);
    EXPECT_LE(tuner.state().next_id, 2U) << "one trial in an hour";
    EXPECT_LE(broker.switches(), 4);
    broker.pass(47 * 60);
    EXPECT_LE(tuner.state().next_id, 5U) << "four in two days";
    EXPECT_LE(broker.switches(), 16);
    EXPECT_GE(tuner.state().next_id, 3U) << "it does try";
}

}  // namespace
}  // namespace remora
