#include "engine/adviser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/calm_profile.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"
#include "tune/report.h"

namespace remora {
namespace {

class AdviserTest : public testing::Test {
 protected:
    void take(const AgentProfile& profile) { adviser_.take(profile, {OutputConfig{}}, written_); }
    Result<Report> report() {
        std::ifstream in(path_);
        return parse_report(std::string(std::istreambuf_iterator<char>(in), {}));
    }
    AgentProfile costly_profile() {
        AgentProfile profile = calm_profile();
        profile.families[2].cpu_percent = 0.05;
        return profile;
    }

    const TemporaryDirectory temporary_;
    const std::string path_ = temporary_.path() + "/remora.profile.json";
    const Written written_{"{}", "r.json", "", {}};
    FakeClock clock_;
    CounterTable counters_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    Adviser adviser_{path_, log_};
};

TEST_F(AdviserTest, ProfileAndFindingsAreWritten) {
    take(costly_profile());
    const Result<Report> written = report();
    ASSERT_TRUE(written) << written.status().message();
    EXPECT_EQ(written.value().profile.families.size(), 5U);
    ASSERT_EQ(written.value().findings.size(), 1U);
    EXPECT_EQ(written.value().findings[0].rule, "costly_family");
    take(calm_profile());
    EXPECT_TRUE(report().value().findings.empty()) << "replaced";
}

TEST_F(AdviserTest, AFindingIsLoggedOnceWhenItLasts) {
    take(costly_profile());
    EXPECT_FALSE(lines_.has("suggestion"));
    take(calm_profile());
    take(costly_profile());
    EXPECT_FALSE(lines_.has("suggestion")) << "it did not last";
    take(costly_profile());
    take(costly_profile());
    EXPECT_EQ(lines_.count("suggestion costly_family: kafka.server:type=BrokerTopicMetrics"), 1);
    EXPECT_TRUE(lines_.has("; read it every five minutes; saves 0.048 % of a core"));
}

TEST_F(AdviserTest, ManyFindingsAreLoggedAFewAtATime) {
    AgentProfile profile = costly_profile();
    profile.widening_step = 1;
    profile.tick_interval_s = 20;
    profile.families[3].tail_us = 5'000;
    profile.families[3].cpu_percent = 0.01;
    profile.families[3].series = profile.families[3].series_before = 1'000;  // so it is not costly
    profile.classes[2].error = 0.5;
    profile.classes[3].error = 0.5;
    profile.outputs[0].skipped_share = 0.5;
    take(profile);
    take(profile);
    EXPECT_EQ(lines_.count("suggestion"), Adviser::kLinesMax);
    take(profile);
    EXPECT_EQ(lines_.count("suggestion"), 7);
    take(profile);
    EXPECT_EQ(lines_.count("suggestion"), 7);
}

TEST_F(AdviserTest, AFileThatCannotBeWrittenIsSaid) {
    std::filesystem::create_directories(path_);
    take(calm_profile());
    EXPECT_TRUE(lines_.has("profile " + path_ + " cannot be written"));
}

TEST_F(AdviserTest, WithoutAPathFindingsAreLoggedAllTheSame) {
    Adviser adviser("", log_);
    adviser.take(costly_profile(), {OutputConfig{}}, written_);
    adviser.take(costly_profile(), {OutputConfig{}}, written_);
    EXPECT_TRUE(lines_.has("suggestion costly_family"));
    EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace remora
