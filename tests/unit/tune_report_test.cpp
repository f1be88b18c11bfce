#include "tune/report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/calm_profile.h"

namespace remora {
namespace {

Finding some_finding() {
    Finding finding;
    finding.rule = "costly_family";
    finding.subject = "d:type=A";
    finding.problem = "p";
    finding.evidence = {{"cpu_percent", 0.5}};
    finding.advice = "a";
    finding.patch = {{"rules", nlohmann::json::array()}};
    finding.kinds = {"interval"};
    finding.left_alone = "l";
    finding.saving = {1, 2, 3};
    finding.price = {4, 5, 6};
    return finding;
}

TEST(ReportTest, WhatIsReadIsWhatWasWritten) {
    Report report{calm_profile(), {some_finding()}};
    report.profile.families[2].statistics = {{"Count", 7, 1}};
    report.profile.quarantined = {{"d:type=B", 10}};
    const std::string text = print_report(report);
    const Result<Report> read = parse_report(text);
    ASSERT_TRUE(read) << read.status().message();
    EXPECT_EQ(print_report(read.value()), text);
    EXPECT_EQ(read.value().findings[0].price.series, 6);
    EXPECT_EQ(read.value().findings[0].kinds, (std::vector<std::string>{"interval"}));
    EXPECT_EQ(read.value().findings[0].patch, report.findings[0].patch);
    EXPECT_EQ(read.value().profile.outputs[0].receiver_drops_share, -1);
    EXPECT_EQ(read.value().profile.quarantined[0].name, "d:type=B");
}

TEST(ReportTest, TheFamiliesThatCostMostAreWritten) {
    Report report;
    for (int i = 0; i < 150; ++i) {
        report.profile.families.push_back(
            calm_family("d:type=" + std::to_string(i), UnitClass::kTopic));
        report.profile.families.back().cpu_percent = i;
    }
    const Result<Report> read = parse_report(print_report(report));
    ASSERT_TRUE(read);
    ASSERT_EQ(read.value().profile.families.size(), kFamiliesWrittenMax);
    EXPECT_EQ(read.value().profile.families.front().cpu_percent, 149);
    EXPECT_EQ(read.value().profile.families.back().cpu_percent, 50);
}

TEST(ReportTest, WhatIsNoReportIsRefused) {
    EXPECT_EQ(parse_report("").status().code(), Code::kCorrupt);
    EXPECT_EQ(parse_report("[]").status().code(), Code::kCorrupt);
    EXPECT_EQ(parse_report(R"({"profile": {}, "findings": []})").status().code(), Code::kCorrupt)
        << "of another version";
}

TEST(ReportTest, ANameThatIsNoTextIsWrittenAllTheSame) {
    Report report;
    report.profile.families = {calm_family("d:type=\xFF", UnitClass::kTopic)};
    EXPECT_TRUE(parse_report(print_report(report)));
}

}  // namespace
}  // namespace remora
