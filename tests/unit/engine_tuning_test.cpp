// What the optimizer writes down, tells and counts, and what a crash leaves.
#include "engine/tuning.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "config/parse.h"
#include "support/calm_profile.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"
#include "tune/advise.h"

namespace remora {
namespace {

constexpr const char* kApply = R"({"optimizer": {"mode": "apply"}})";

class TuningTest : public testing::Test {
 protected:
    void SetUp() override { start(kApply); }

    // As the agent that starts, however the one before ended.
    void start(const std::string& text) {
        tuning_ = std::make_unique<Tuning>(temporary_.path(),
                                           Tuning::Tools{clock_, counters_, log_, files_});
        tuning_->begin({text, "r.json", "", {}}, mode_of(text));
    }
    void configure(const std::string& text) {
        tuning_->configure({text, "r.json", "", {}}, mode_of(text));
    }
    static OptimizerMode mode_of(const std::string& text) {
        return parse_config(text, "r.json", {}, "").config.optimizer.mode;
    }

    // Whoever is root reads every file, so it leads nowhere until it is shown again.
    void hide_state() {
        std::filesystem::rename(state_path_, state_path_ + ".aside");
        std::filesystem::create_symlink(state_path_, state_path_);
    }
    void show_state() { std::filesystem::rename(state_path_ + ".aside", state_path_); }

    // A minute in which reads of a family cost much, unless it is read every five minutes.
    void pass(int minutes) {
        for (int i = 0; i < minutes; ++i) {
            clock_.advance_ms(60'000);
            AgentProfile profile = calm_profile();
            profile.written_wall_ms = clock_.wall_ms();
            profile.families[2].cpu_percent = has_rule() ? 0.002 : 0.05;
            const bool is_fresh = tuning_->has_news();
            tuning_->take_text();
            profile.known_s = is_fresh ? 50 : 3'600;
            AgentProfile asked = profile;
            asked.families[2].cpu_percent = 0.05;
            tuning_->take(profile, advise(asked, {kApply, "r.json", "", {}}));
        }
    }
    void keep() {
        pass(25);
        ASSERT_EQ(state().kept.size(), 1U) << lines_.text();
    }
    // Nothing can be renamed to what is a directory with something in it.
    void forbid_writes() {
        std::filesystem::remove(state_path_);
        std::filesystem::create_directories(temporary_.path() + "/remora.tuning.json/x");
    }
    bool has_rule() const { return tuning_->text().find("5m") != std::string::npos; }
    std::string content(const std::string& name) const {
        std::ifstream in(temporary_.path() + "/" + name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    TuningState state() const {
        const Result<TuningState> read = parse_state(content("remora.tuning.json"));
        EXPECT_TRUE(read) << read.status().message();
        return read ? read.value() : TuningState();
    }
    std::uint64_t count(Counter counter) const { return counters_.get(counter); }

    const TemporaryDirectory temporary_;
    const std::string state_path_ = temporary_.path() + "/remora.tuning.json";
    FakeClock clock_;
    CounterTable counters_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    PosixFileSystem files_;
    std::unique_ptr<Tuning> tuning_;
};

TEST_F(TuningTest, AChangeIsWrittenDownBeforeItIsMadeAndWhenItIsKept) {
    EXPECT_FALSE(tuning_->has_news());
    pass(2);
    EXPECT_EQ(state().trial.size(), 1U);
    EXPECT_FALSE(has_rule());
    pass(4);
    EXPECT_TRUE(has_rule());
    EXPECT_TRUE(tuning_->has_news());
    EXPECT_TRUE(state().kept.empty());
    pass(20);
    EXPECT_EQ(state().kept.size(), 1U);
    EXPECT_TRUE(state().trial.empty());
    EXPECT_EQ(count(Counter::kTuningTried), 1U);
    EXPECT_EQ(count(Counter::kTuningKept), 1U);
    EXPECT_EQ(count(Counter::kTuningTakenBack), 0U);
    EXPECT_TRUE(
        lines_.has("tuning: change 1 is tried, of interval: kafka.server:type=BrokerTopic"));
    EXPECT_TRUE(lines_.has("tuning: change 1 is kept, of interval: kafka.server:type=BrokerTopic"));
    EXPECT_TRUE(lines_.has("CPU of reads, % of a core: 0.054 without, 0.006 with it"));
    const std::string record = content("remora.tuning.ndjson");
    for (const char* what : {"seen", "proposed", "done", "measured", "decided"}) {
        EXPECT_NE(record.find("\"what\":\"" + std::string(what) + "\""), std::string::npos) << what;
    }
}

TEST_F(TuningTest, AfterAKillInATrialWhatWasJudgedGoodIsInForce) {
    keep();
    const std::string kept = tuning_->text();
    // Another family, until the change for it is in force.
    for (int i = 0; i < 7; ++i) {
        clock_.advance_ms(60'000);
        AgentProfile profile = calm_profile();
        profile.written_wall_ms = clock_.wall_ms();
        profile.families[4].cpu_percent = 0.05;
        tuning_->take(profile, advise(profile, {tuning_->text(), "r.json", "", {}}));
    }
    ASSERT_NE(tuning_->text(), kept);
    ASSERT_EQ(state().trial.size(), 1U);
    start(kApply);
    EXPECT_EQ(tuning_->text(), kept);
    EXPECT_TRUE(tuning_->has_news()) << "it is to be taken over";
    EXPECT_TRUE(state().trial.empty());
    EXPECT_EQ(state().kept.size(), 1U);
    EXPECT_EQ(count(Counter::kTuningTakenBack), 1U);
    EXPECT_TRUE(lines_.has("change 2 is taken back"));
    EXPECT_TRUE(lines_.has("the agent ended before it was judged"));
}

TEST_F(TuningTest, ABadFileIsSetAsideAndTheAgentStarts) {
    for (const std::string& bad : {std::string("{"), std::string("{\"version\": 9}"),
                                   std::string(2 * kTuningBytesMax, 'x')}) {
        std::ofstream(state_path_) << bad;
        start(kApply);
        EXPECT_EQ(tuning_->text(), kApply);
        EXPECT_FALSE(std::filesystem::exists(state_path_));
        EXPECT_EQ(content("remora.tuning.json.bad"), bad);
        clock_.advance_ms(61'000);
    }
    EXPECT_EQ(lines_.count("the optimizer begins anew, and what was there is called"), 3);
    EXPECT_TRUE(lines_.has("found version 9; expected 2"));
    EXPECT_EQ(lines_.text().find("json.exception"), std::string::npos);
    keep();
}

TEST_F(TuningTest, WhatIsNoFileIsSaidAndTheAgentStarts) {
    std::filesystem::create_directories(temporary_.path() + "/remora.tuning.json/x");
    std::filesystem::create_directories(temporary_.path() + "/remora.tuning.json.bad/x");
    start(kApply);
    const std::string& path = state_path_;
    EXPECT_TRUE(lines_.has(": " + path + ": is no regular file; the optimizer begins anew") ||
                lines_.has(path + ": is no regular file; the optimizer begins anew"));
    EXPECT_EQ(lines_.text().find(path + ": " + path), std::string::npos) << lines_.text();
    pass(10);
    EXPECT_EQ(tuning_->text(), kApply) << "what cannot be written down is not done";
    EXPECT_TRUE(lines_.has("nothing is tried or kept meanwhile"));
}

TEST_F(TuningTest, AFileThatCannotBeReadJustNowIsNeitherForgottenNorOverwritten) {
    keep();
    hide_state();
    start(kApply);
    EXPECT_TRUE(lines_.has("cannot be opened: Too many levels of symbolic links; nothing is kept"));
    pass(10);
    EXPECT_EQ(tuning_->text(), kApply);
    EXPECT_TRUE(std::filesystem::is_symlink(state_path_)) << "it stays as it is";
    show_state();
    pass(1);
    EXPECT_TRUE(has_rule());
    EXPECT_TRUE(lines_.has("tuning: in force again, since it was kept: change 1 (interval: kafka"));
}

TEST_F(TuningTest, WhatComesInForceWithARequestIsSaidToo) {
    keep();
    hide_state();
    start(kApply);
    show_state();
    tuning_->revert("5");
    EXPECT_TRUE(has_rule());
    EXPECT_EQ(lines_.count("tuning: in force again, since it was kept: change 1 (interval: "), 1);
}

TEST_F(TuningTest, WhatComesInForceAgainIsSaid) {
    keep();
    EXPECT_FALSE(lines_.has("in force again"));
    start(kApply);
    EXPECT_EQ(lines_.count("tuning: in force again, since it was kept: change 1 (interval: "), 1);
    EXPECT_EQ(count(Counter::kTuningInForce), 1U);
    configure("{}");
    EXPECT_EQ(count(Counter::kTuningInForce), 0U);
    configure(kApply);
    EXPECT_EQ(lines_.count("tuning: in force again, since it was kept: change 1 (interval: "), 2);
    configure(std::string(kApply) + "\n");
    EXPECT_EQ(lines_.count("tuning: in force again"), 2) << "it was so before";
}

TEST_F(TuningTest, TheWindowOfATrialIsTold) {
    EXPECT_EQ(count(Counter::kTuningWindow), 0U);
    pass(2);
    EXPECT_EQ(count(Counter::kTuningWindow), 1U);
    EXPECT_EQ(state().trial.at(0).window, 1U);
    pass(4);
    EXPECT_EQ(count(Counter::kTuningWindow), 2U);
    EXPECT_EQ(state().trial.at(0).window, 2U);
    pass(20);
    EXPECT_EQ(count(Counter::kTuningWindow), 0U);
    EXPECT_EQ(count(Counter::kTuningInForce), 1U);
    EXPECT_EQ(state().kept.at(0).window, 0U);
}

TEST_F(TuningTest, AStateThatWasEditedIsNotInForce) {
    keep();
    std::string edited = content("remora.tuning.json");
    edited.replace(edited.find("\"5m\""), 4, "\"4m\"");
    std::ofstream(state_path_) << edited;
    start(kApply);
    EXPECT_EQ(tuning_->text(), kApply);
    EXPECT_TRUE(lines_.has("found a file that was edited or damaged; expected what an agent"));
    EXPECT_EQ(content("remora.tuning.json.bad"), edited);
}

TEST_F(TuningTest, WhatIsTakenBackIsSoAlsoWhenItCannotBeWrittenDown) {
    keep();
    forbid_writes();
    tuning_->revert("1");
    EXPECT_EQ(tuning_->text(), kApply);
    EXPECT_TRUE(lines_.has("nothing is tried or kept meanwhile"));
    EXPECT_TRUE(lines_.has("change 1 is reverted"));
    std::filesystem::remove_all(state_path_);
    pass(60);
    EXPECT_EQ(tuning_->text(), kApply) << "it rests, as the operator wanted";
    EXPECT_TRUE(state().kept.empty());
    EXPECT_EQ(state().rests.at(0).rest_s, kRestMaxS);
}

TEST_F(TuningTest, WhatCannotBeWrittenDownIsNotKept) {
    pass(20);
    ASSERT_TRUE(has_rule());
    forbid_writes();
    pass(2);
    EXPECT_EQ(tuning_->text(), kApply);
    EXPECT_FALSE(lines_.has("is kept"));
    EXPECT_EQ(count(Counter::kTuningKept), 0U);
    EXPECT_EQ(count(Counter::kTuningTakenBack), 1U);
    EXPECT_TRUE(lines_.has("it could not be written down; CPU of reads"));
}

TEST_F(TuningTest, ATrialThatCannotBeWrittenDownAnyMoreIsTakenBackOnceAndSaid) {
    pass(2);
    ASSERT_EQ(count(Counter::kTuningTried), 1U);
    forbid_writes();
    pass(10);
    EXPECT_EQ(tuning_->text(), kApply);
    EXPECT_EQ(count(Counter::kTuningTakenBack), 1U);
    EXPECT_EQ(lines_.count("change 1 is taken back"), 1);
    EXPECT_TRUE(lines_.has("it could not be written down"));
    EXPECT_NE(content("remora.tuning.ndjson").find("\"verdict\":\"taken back\""),
              std::string::npos);
}

TEST_F(TuningTest, WhatWasNeverToldIsNotTakenBackWhenItCannotBeWrittenDown) {
    forbid_writes();
    pass(10);
    EXPECT_EQ(count(Counter::kTuningTried), 0U);
    EXPECT_EQ(count(Counter::kTuningTakenBack), 0U);
    EXPECT_FALSE(lines_.has("is taken back"));
}

TEST_F(TuningTest, ATrialThatEndsIsSaidAlsoWhenItCannotBeWrittenDown) {
    pass(2);
    forbid_writes();
    configure(R"({"optimizer": {"mode": "apply"}, "log": {"lines_per_minute_max": 50}})");
    EXPECT_EQ(count(Counter::kTuningTakenBack), 1U);
    EXPECT_EQ(lines_.count("change 1 is taken back"), 1);
    EXPECT_TRUE(lines_.has("the configuration changed meanwhile"));
}

TEST_F(TuningTest, ARecordThatCannotBeWrittenIsSaidAndChangesGoOn) {
    std::filesystem::create_directories(temporary_.path() + "/remora.tuning.ndjson");
    keep();
    EXPECT_TRUE(lines_.has("remora.tuning.ndjson cannot be written"));
}

TEST_F(TuningTest, TheOperatorTakesBack) {
    keep();
    tuning_->revert("5");
    EXPECT_TRUE(lines_.has("nothing to take back: found \"5\"; expected the number"));
    EXPECT_TRUE(has_rule());
    tuning_->revert("all");
    EXPECT_FALSE(has_rule());
    EXPECT_TRUE(tuning_->has_news());
    EXPECT_TRUE(state().kept.empty());
    EXPECT_TRUE(lines_.has("change 1 is reverted"));
    EXPECT_EQ(count(Counter::kTuningTakenBack), 1U);
}

TEST_F(TuningTest, TheOperatorTakesBackAlsoAfterTheModeWasChanged) {
    keep();
    start("{}");
    EXPECT_EQ(tuning_->text(), "{}");
    tuning_->revert("all");
    EXPECT_TRUE(state().kept.empty());
}

TEST_F(TuningTest, WhatDoesNotFitAChangedConfigurationIsDroppedAndSaid) {
    keep();
    const std::string changed =
        R"({"optimizer": {"mode": "apply"}, "rules": [{"match": "a:*", "action": "exclude"}]})";
    configure(changed);
    EXPECT_EQ(tuning_->text(), changed);
    EXPECT_TRUE(state().kept.empty());
    EXPECT_TRUE(lines_.has("change 1 is dropped"));
    EXPECT_NE(content("remora.tuning.ndjson").find("\"verdict\":\"dropped\""), std::string::npos);
}

TEST_F(TuningTest, WithoutModeApplyNoFileIsMadeOrRead) {
    std::ofstream(state_path_) << "{";
    start("{}");
    pass(10);
    EXPECT_EQ(tuning_->text(), "{}");
    EXPECT_FALSE(tuning_->has_news());
    EXPECT_EQ(content("remora.tuning.json"), "{");
    EXPECT_FALSE(std::filesystem::exists(temporary_.path() + "/remora.tuning.ndjson"));
}

TEST_F(TuningTest, WithoutADirectoryOfItsOwnNothingIsDoneAndThatIsSaid) {
    tuning_ = std::make_unique<Tuning>("", Tuning::Tools{clock_, counters_, log_, files_});
    tuning_->begin({kApply, "r.json", "", {}}, OptimizerMode::kApply);
    EXPECT_TRUE(lines_.has("another agent has the directory"));
    pass(10);
    tuning_->revert("all");
    EXPECT_EQ(tuning_->text(), kApply);
}

}  // namespace
}  // namespace remora
