// The figures by which a change is judged.
#include "tune/figures.h"

#include <gtest/gtest.h>

#include "support/calm_profile.h"

namespace remora {
namespace {

TEST(FiguresTest, EachAimHasItsFigure) {
    AgentProfile profile = calm_profile();
    profile.outputs[0].skipped_share = 0.25;
    profile.classes[4].fresh_error = 0.1;
    profile.classes[4].fresh_samples = 50;
    EXPECT_NEAR(*figure_of({Aim::kReadCpu, ""}, profile), 0.005, 1e-9);
    EXPECT_EQ(figure_of({Aim::kBytes, ""}, profile), 200'000);
    EXPECT_EQ(figure_of({Aim::kSkipped, "file-0"}, profile), 0.25);
    EXPECT_EQ(figure_of({Aim::kError, "partition"}, profile), 0.1);
    profile.outputs[0].receiver_drops_share = 0.3;
    EXPECT_EQ(figure_of({Aim::kLoss, "file-0"}, profile), 0.3);
    EXPECT_EQ(figure_of({Aim::kTicks, ""}, profile), 0);
    profile.tick_interval_s = 40;
    EXPECT_EQ(figure_of({Aim::kTicks, ""}, profile), 0.75)
        << "of four that are configured one comes";
}

TEST(FiguresTest, WhatIsNotKnownIsNoFigure) {
    const AgentProfile profile = calm_profile();
    EXPECT_FALSE(figure_of({Aim::kLoss, "file-0"}, profile)) << "the receiver is elsewhere";
    EXPECT_FALSE(figure_of({Aim::kSkipped, "gone"}, profile));
    EXPECT_FALSE(figure_of({Aim::kError, "partition"}, profile)) << "nothing was audited";
    EXPECT_EQ(guards_of(profile, 0).count("datagrams dropped by the receiver of file-0"), 0U);
    EXPECT_EQ(guards_of(profile, 0).count("error of class partition"), 0U);
}

TEST(FiguresTest, GuardsAreAgesErrorsLossesAndTheCeiling) {
    AgentProfile profile = calm_profile();
    profile.families[4].age_s = 40;
    profile.classes[2].fresh_error = 0.1;
    profile.classes[2].fresh_samples = 50;
    profile.outputs[0].skipped_share = 0.5;
    profile.widening_step = 2;
    const auto guards = guards_of(profile, 300);
    EXPECT_EQ(guards.at("age of class partition").value, 40);
    EXPECT_EQ(guards.at("age of class partition").least, 300) << "it was said to get so old";
    EXPECT_EQ(guards.at("age of class broker").least, 0) << "of the whole broker nothing may";
    EXPECT_EQ(guards.at("error of class topic").value, 0.1);
    EXPECT_EQ(guards.at("ticks skipped by file-0").value, 0.5);
    EXPECT_EQ(guards.at("widening of bounds on age").value, 2);
    EXPECT_EQ(guards.at("CPU of the agent").least, 1) << "the ceiling";
}

TEST(FiguresTest, AMeanOfFewerMayBeLarger) {
    const Guard guard{0, 1.25, 0.02, 0, 50};
    EXPECT_NEAR(guard.limit(0.01, 50), 0.0325, 1e-9);
    EXPECT_NEAR(guard.limit(0.01, 100), 0.065, 1e-9) << "half of them have gone";
    EXPECT_NEAR(guard.limit(0.01, 25), 0.0325, 1e-9) << "more have come";
}

}  // namespace
}  // namespace remora
