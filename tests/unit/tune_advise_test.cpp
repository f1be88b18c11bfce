#include "tune/advise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/calm_profile.h"

namespace remora {
namespace {

const Written kDefaults{"{}", "r.json", "", {}};

TEST(AdviseTest, WhatTheLimitsForbidIsToldWithoutAPatch) {
    AgentProfile profile = calm_profile();
    profile.families[0].cpu_percent = 0.05;
    const std::vector<Finding> found = advise(profile, kDefaults);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].rule, "costly_family");
    EXPECT_TRUE(found[0].patch.is_null());
    EXPECT_EQ(found[0].left_alone, "it is an alert");
}

TEST(AdviseTest, WhatTheyAllowHasAPatch) {
    AgentProfile profile = calm_profile();
    profile.families[2].cpu_percent = 0.05;
    const std::vector<Finding> found = advise(profile, kDefaults);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_FALSE(found[0].patch.is_null());
    EXPECT_EQ(found[0].kinds, (std::vector<std::string>{"interval"}));
    EXPECT_EQ(found[0].left_alone, "");
}

TEST(AdviseTest, OfOneRuleThoseThatSaveMostAreShown) {
    AgentProfile profile = calm_profile();
    profile.families.clear();
    for (int i = 0; i < 5; ++i) {
        profile.families.push_back(
            calm_family("d:type=" + std::to_string(i) + ",topic=*", UnitClass::kTopic));
        profile.families.back().cpu_percent = 0.05 + 0.01 * i;
    }
    const std::vector<Finding> found = advise(profile, kDefaults);
    ASSERT_EQ(found.size(), kFindingsOfRuleMax);
    EXPECT_EQ(found[0].subject, "d:type=4,topic=*");
    EXPECT_EQ(found[2].subject, "d:type=2,topic=*");
}

TEST(AdviseTest, NothingIsSaidBeforeTheAgentHasSettled) {
    AgentProfile profile = calm_profile();
    profile.families[2].cpu_percent = 0.05;
    profile.known_s = kSettledS - 1;
    EXPECT_THAT(advise(profile, kDefaults), testing::IsEmpty());
}

TEST(AdviseTest, NothingIsSaidAboutAConfigurationThatIsNotValid) {
    AgentProfile profile = calm_profile();
    profile.widening_step = 1;
    EXPECT_THAT(advise(profile, {"{", "r.json", "", {}}), testing::IsEmpty());
    EXPECT_THAT(advise(profile, {"{}", "r.json", "zebra=1", {}}), testing::IsEmpty());
    EXPECT_EQ(advise(profile, kDefaults).size(), 1U);
}

}  // namespace
}  // namespace remora
