// One change, window by window, and the verdict.
#include "tune/trial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "support/calm_profile.h"
#include "support/dice.h"

namespace remora {
namespace {

// Windows in which nothing varies.
TrialVerdict judge_means(const std::array<double, 4>& means) {
    TrialWindows windows;
    for (std::size_t i = 0; i < means.size(); ++i) {
        windows[i] = std::vector<double>(kWindowProfiles, means[i]);
    }
    return judge(windows);
}

TEST(JudgeTest, WhatHelpsBothTimesIsKept) {
    const TrialVerdict verdict = judge_means({10, 6, 11, 7});
    EXPECT_TRUE(verdict.is_kept) << verdict.why;
    EXPECT_EQ(verdict.before, 10.5);
    EXPECT_EQ(verdict.after, 6.5);
    EXPECT_EQ(verdict.noise, 1);
}

TEST(JudgeTest, WhatDoesNothingLittleOrHarmIsTakenBack) {
    EXPECT_EQ(judge_means({10, 10, 10, 10}).why, "it did not help");
    EXPECT_FALSE(judge_means({10, 9.6, 10, 9.6}).is_kept) << "less than a twentieth";
    EXPECT_FALSE(judge_means({10, 12, 10, 12}).is_kept);
    EXPECT_FALSE(judge_means({0, 0, 0, 0}).is_kept);
}

TEST(JudgeTest, WhatHelpsOnceIsTakenBack) {
    EXPECT_FALSE(judge_means({10, 5, 5, 5}).is_kept) << "the load fell with the change";
    EXPECT_FALSE(judge_means({10, 5, 10, 10}).is_kept) << "it fell for that time";
    EXPECT_FALSE(judge_means({10, 5, 20, 18}).is_kept) << "windows alike differ by more";
}

TEST(JudgeTest, WhatVariesMoreThanItSavesIsTakenBack) {
    TrialWindows windows = {{{14, 6, 12, 8}, {13, 5, 11, 7}, {14, 6, 12, 8}, {13, 5, 11, 7}}};
    EXPECT_EQ(judge(windows).why, "what it seems to save is not beyond noise");
}

TEST(JudgeTest, AFigureThatOnlyFallsIsNeverKeptHoweverItFalls) {
    Dice dice(1);
    for (int i = 0; i < 10'000; ++i) {
        std::array<double, 4> means{};
        std::generate(means.begin(), means.end(), [&] { return dice.power(-3, 3); });
        std::sort(means.begin(), means.end(), std::greater<>());
        ASSERT_FALSE(judge_means(means).is_kept)
            << means[0] << " " << means[1] << " " << means[2] << " " << means[3];
    }
}

class TrialTest : public testing::Test {
 protected:
    // So many profiles; what the last one brings.
    std::optional<TrialVerdict> take(std::size_t profiles) {
        std::optional<TrialVerdict> verdict;
        for (std::size_t i = 0; i < profiles; ++i) {
            verdict = trial_.take(profile_);
        }
        return verdict;
    }

    AgentProfile profile_ = calm_profile();
    Trial trial_{{Aim::kBytes, ""}, 0};
};

TEST_F(TrialTest, WindowsTakeTurns) {
    EXPECT_FALSE(trial_.is_with());
    for (std::size_t i = 0; i < kTrialWindows; ++i) {
        EXPECT_EQ(trial_.is_with(), i % 2 == 1);
        EXPECT_FALSE(take(kWindowProfiles - 1));
        EXPECT_EQ(trial_.stage(), i);
        profile_.outputs[0].bytes_per_s = i % 2 == 0 ? 200'000 : 100'000;
        const std::optional<TrialVerdict> verdict = take(1);
        EXPECT_EQ(verdict.has_value(), i == kTrialWindows - 1);
        EXPECT_EQ(trial_.windows()[i].size(), kWindowProfiles);
    }
}

TEST_F(TrialTest, AFigureThatIsNotKnownAnyMoreEndsIt) {
    Trial trial({Aim::kLoss, "file-0"}, 0);
    profile_.outputs[0].receiver_drops_share = 0.3;
    EXPECT_FALSE(trial.take(profile_));
    profile_.outputs[0].receiver_drops_share = -1;
    for (std::size_t i = 1; i < kUnknownMax; ++i) {
        ASSERT_FALSE(trial.take(profile_));
    }
    const std::optional<TrialVerdict> verdict = trial.take(profile_);
    ASSERT_TRUE(verdict);
    EXPECT_FALSE(verdict->is_kept);
    EXPECT_NE(verdict->why.find("not known any more"), std::string::npos) << verdict->why;
}

TEST_F(TrialTest, AFigureThatIsUnknownForSomeMinutesOnlyDelaysIt) {
    Trial trial({Aim::kLoss, "file-0"}, 0);
    for (std::size_t i = 0; i < 2 * kWindowProfiles; ++i) {
        profile_.outputs[0].receiver_drops_share = i % 2 == 0 ? -1 : 0.3;
        ASSERT_FALSE(trial.take(profile_));
    }
    EXPECT_EQ(trial.stage(), 1U);
    EXPECT_EQ(trial.windows()[0], std::vector<double>(kWindowProfiles, 0.3));
}

TEST_F(TrialTest, AnUnknownFigureHidesNoHarm) {
    Trial trial({Aim::kLoss, "file-0"}, 0);
    profile_.outputs[0].receiver_drops_share = 0.3;
    for (std::size_t i = 0; i < kWindowProfiles; ++i) {
        ASSERT_FALSE(trial.take(profile_));
    }
    profile_.outputs[0].receiver_drops_share = -1;
    profile_.outputs[0].skipped_share = 0.5;
    const std::optional<TrialVerdict> verdict = trial.take(profile_);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->why.rfind("it made worse: ticks skipped", 0), 0U) << verdict->why;
    EXPECT_EQ(verdict->before, 0) << "nothing was measured with it: there are no two figures";
    EXPECT_EQ(verdict->after, 0);
}

// As where ticks, CPU and bounds follow the ceiling from minute to minute.
TEST_F(TrialTest, WhatVariesUnderATightCeilingIsNoHarm) {
    profile_.ceiling_percent = 0.05;
    profile_.cpu_used_percent = 0.05;
    profile_.tick_interval_s = 9;
    profile_.widening_step = 1;
    EXPECT_FALSE(take(kWindowProfiles));
    profile_.cpu_used_percent = 0.054;
    profile_.tick_interval_s = 11;
    profile_.widening_step = 2;
    EXPECT_FALSE(take(1));
    profile_.tick_interval_s = 18;
    EXPECT_TRUE(take(1));
}

TEST_F(TrialTest, OneTickOfTwoThatDidNotWaitSaysNothing) {
    profile_.tick_interval_s = 30;
    EXPECT_FALSE(take(kWindowProfiles));
    profile_.unfinished_share = 0.5;
    EXPECT_FALSE(take(1));
    profile_.unfinished_share = 1;
    EXPECT_TRUE(take(1));
}

TEST_F(TrialTest, WhatGetsWorseWithItEndsItAtOnce) {
    const std::vector<std::pair<std::string, std::function<void(AgentProfile&)>>> harms = {
        {"age of class partition", [](AgentProfile& p) { p.families[4].age_s = 60; }},
        {"error of class topic", [](AgentProfile& p) { p.classes[2].fresh_error = 0.2; }},
        {"ticks skipped by file-0", [](AgentProfile& p) { p.outputs[0].skipped_share = 0.5; }},
        {"ticks lost by file-0", [](AgentProfile& p) { p.outputs[0].dropped_share = 0.5; }},
        {"ticks without all their reads", [](AgentProfile& p) { p.unfinished_share = 0.5; }},
        {"widening of bounds on age", [](AgentProfile& p) { p.widening_step = 1; }},
        {"interval of ticks", [](AgentProfile& p) { p.tick_interval_s = 20; }},
        {"CPU of the agent", [](AgentProfile& p) { p.cpu_used_percent = 1.5; }}};
    for (const auto& [what, harm] : harms) {
        profile_ = calm_profile();
        profile_.classes[2].fresh_samples = 100;
        trial_ = Trial({Aim::kBytes, ""}, 0);
        EXPECT_FALSE(take(kWindowProfiles));
        ASSERT_TRUE(trial_.is_with());
        EXPECT_FALSE(take(1)) << "it is no worse yet";
        harm(profile_);
        const std::optional<TrialVerdict> verdict = take(1);
        ASSERT_TRUE(verdict) << what;
        EXPECT_FALSE(verdict->is_kept);
        EXPECT_EQ(verdict->why.rfind("it made worse: " + what, 0), 0U) << verdict->why;
    }
}

TEST_F(TrialTest, WhatWasAsBadWithoutItDoesNot) {
    profile_.outputs[0].skipped_share = 0.5;
    EXPECT_FALSE(take(1));
    profile_.outputs[0].skipped_share = 0;
    EXPECT_FALSE(take(kWindowProfiles - 1));
    profile_.outputs[0].skipped_share = 0.6;
    EXPECT_FALSE(take(1));
}

TEST_F(TrialTest, WhatIsLeftWhenCalmOnesGoDoesNot) {
    profile_.classes[2].fresh_samples = 100;
    profile_.classes[2].fresh_error = 0.03;
    EXPECT_FALSE(take(kWindowProfiles));
    profile_.families[2].series /= 4;
    profile_.classes[2].fresh_error = 0.12;
    EXPECT_FALSE(take(1));
    profile_.classes[2].fresh_error = 0.5;
    EXPECT_TRUE(take(1));
}

TEST_F(TrialTest, AnErrorThatFewReadsShowDoesNot) {
    profile_.classes[2].fresh_samples = 20;
    profile_.classes[2].fresh_error = 0.01;
    EXPECT_FALSE(take(kWindowProfiles));
    profile_.classes[2].fresh_error = 0.1;  // two of twenty
    EXPECT_FALSE(take(1));
    profile_.classes[2].fresh_samples = 2000;
    EXPECT_TRUE(take(1));
}

TEST_F(TrialTest, WhatItWasSaidToCostDoesNot) {
    trial_ = Trial({Aim::kBytes, ""}, 300);
    EXPECT_FALSE(take(kWindowProfiles));
    profile_.families[4].age_s = 150;
    EXPECT_FALSE(take(1));
    profile_.families[1].age_s = 60;
    EXPECT_TRUE(take(1)) << "what is of the whole broker does not get older";
}

}  // namespace
}  // namespace remora
