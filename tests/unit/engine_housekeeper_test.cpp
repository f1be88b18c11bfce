// The housekeeping thread's work, stepped by hand.
#include "engine/housekeeper.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

class HousekeeperTest : public testing::Test {
 protected:
    void SetUp() override {
        options_.counters_path = directory_ + "/counters";
        options_.values_path = directory_ + "/values";
        options_.config_interval_ms = 5'000;
        options_.beans_path = directory_ + "/beans";
        options_.revert_path = directory_ + "/revert";
        options_.config_path = directory_ + "/config";
        make_keeper();
    }

    // With the options as they are by now.
    void make_keeper() {
        Housekeeper::Duties duties;
        duties.on_config_changed = [this] { done_.push_back("file"); };
        duties.on_facts = [this](const std::string& facts) { done_.push_back(facts); };
        duties.on_profile = [this](const AgentProfile& profile) {
            done_.push_back("profile of " + std::to_string(profile.units));
        };
        duties.take_tuned = [this] {
            done_.insert(done_.end(), tuned_.begin(), tuned_.end());
            return !std::exchange(tuned_, {}).empty();
        };
        duties.may_revert = [this] { return may_revert_; };
        duties.on_revert = [this](const std::string& which) { done_.push_back("revert " + which); };
        duties.take_over = [this] { return is_busy_; };
        duties.has_directory = [this] {
            ++directory_asked_;
            return has_directory_;
        };
        duties.counters_interval_ms = [this] { return counters_interval_ms_; };
        duties.facts = [] { return std::vector<TextPair>{{"broker.id", "1"}}; };
        duties.outputs = [] { return std::vector<OutputNote>{{"ndjson", "off", "/x"}}; };
        keeper_ = std::make_unique<Housekeeper>(options_, channels_, clock_, counters_, log_,
                                                std::move(duties));
    }

    // The core hands over what it knew at a tick.
    // Returns when the thread wants to go on by itself.
    std::int64_t tick() {
        auto values = std::make_unique<LastValues>();
        values->tick_wall_ms = clock_.wall_ms();
        delete channels_.values.exchange(values.release());
        return keeper_->do_work();
    }
    bool exists(const std::string& path) const { return std::filesystem::exists(path); }

    const TemporaryDirectory temporary_;
    const std::string directory_ = temporary_.path();
    Housekeeper::Options options_;
    Channels channels_;
    CounterTable counters_;
    FakeClock clock_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    bool is_busy_ = false;
    bool has_directory_ = true;
    int directory_asked_ = 0;
    std::int64_t counters_interval_ms_ = 10'000;
    bool may_revert_ = true;
    std::vector<std::string> tuned_;  // what the optimizer wants in force
    std::vector<std::string> done_;
    std::unique_ptr<Housekeeper> keeper_;
};

TEST_F(HousekeeperTest, CountersAreWrittenAtTheirIntervalAndAtTheEnd) {
    keeper_->do_work();
    const Result<CounterFile> written = read_counter_file(options_.counters_path);
    ASSERT_TRUE(written) << written.status().message();
    EXPECT_EQ(written.value().process, own_process());
    EXPECT_EQ(written.value().interval_ms, counters_interval_ms_);
    EXPECT_EQ(written.value().outputs, (std::vector<OutputNote>{{"ndjson", "off", "/x"}}));
    std::filesystem::remove(options_.counters_path);
    clock_.advance_ms(counters_interval_ms_ - 100);
    keeper_->do_work();
    EXPECT_FALSE(exists(options_.counters_path));
    clock_.advance_ms(100);
    keeper_->do_work();
    EXPECT_TRUE(exists(options_.counters_path));
    std::filesystem::remove(options_.counters_path);
    keeper_->on_stop();
    EXPECT_TRUE(exists(options_.counters_path));
    std::filesystem::remove(options_.counters_path);
    has_directory_ = false;
    keeper_->on_stop();
    EXPECT_FALSE(exists(options_.counters_path));
    EXPECT_TRUE(lines_.has("was removed, and another agent or user has it now"));
}

TEST_F(HousekeeperTest, CountersFollowAShorterInterval) {
    keeper_->do_work();
    counters_interval_ms_ = 2'000;
    tick();
    EXPECT_EQ(read_counter_file(options_.counters_path).value().interval_ms, 2'000);
    std::filesystem::remove(options_.counters_path);
    clock_.advance_ms(3'000);
    keeper_->do_work();
    EXPECT_TRUE(exists(options_.counters_path));
}

TEST_F(HousekeeperTest, ATickIsWrittenAtOnceWithTheCountersAndTheFacts) {
    keeper_->do_work();
    EXPECT_FALSE(exists(options_.values_path));
    std::filesystem::remove(options_.counters_path);
    clock_.advance_ms(1'000);
    tick();
    EXPECT_TRUE(exists(options_.counters_path)) << "both are of the same moment";
    const Result<std::string> text = read_file(options_.values_path, 1 << 20);
    ASSERT_TRUE(text);
    const Result<LastValues> values = parse_values(text.value());
    ASSERT_TRUE(values);
    EXPECT_EQ(values.value().process, own_process());
    EXPECT_EQ(values.value().tick_wall_ms, clock_.wall_ms());
    EXPECT_EQ(fact_of(values.value(), "broker.id"), "1");
}

TEST_F(HousekeeperTest, TicksAndTheWatchOnTheFileWakeTheThreadTogether) {
    const std::int64_t begun_ns = clock_.now_ns;
    const std::int64_t tick_ns = counters_interval_ms_ * kNanosPerMilli;
    int wakes = 0;
    std::int64_t due_ns = begun_ns + kNanosPerSecond;  // ticks have a grid of their own
    std::int64_t next_ns = begun_ns;
    while (clock_.now_ns < begun_ns + 120 * kNanosPerSecond) {
        if (due_ns <= next_ns) {
            clock_.now_ns = due_ns;
            due_ns += tick_ns;
            channels_.values = new LastValues();
        } else {
            clock_.now_ns = next_ns;
        }
        next_ns = clock_.now_ns + keeper_->do_work();
        ++wakes;
    }
    EXPECT_LE(wakes, 120'000 / options_.config_interval_ms + 3);
}

TEST_F(HousekeeperTest, BesideTicksNothingElseWakesTheThread) {
    options_.config_path = "";
    make_keeper();
    EXPECT_GT(tick(), counters_interval_ms_ * kNanosPerMilli);
}

TEST_F(HousekeeperTest, TicksLookAtTheFileNoMoreOftenThanConfigured) {
    options_.config_interval_ms = 60'000;
    make_keeper();
    tick();
    std::ofstream(options_.config_path) << "{}";
    for (int ticks = 1; ticks < 6; ++ticks) {
        EXPECT_TRUE(done_.empty()) << "at tick " << ticks;
        clock_.advance_ms(counters_interval_ms_);
        tick();
    }
    clock_.advance_ms(counters_interval_ms_);
    tick();
    EXPECT_EQ(done_, std::vector<std::string>{"file"});
}

TEST_F(HousekeeperTest, AtTheEndTheValuesGoAndTheCountersSayThatItIsOver) {
    tick();
    EXPECT_FALSE(read_counter_file(options_.counters_path).value().is_over);
    keeper_->on_stop();
    EXPECT_FALSE(exists(options_.values_path)) << "nothing that is dead looks alive";
    EXPECT_TRUE(read_counter_file(options_.counters_path).value().is_over);
}

TEST_F(HousekeeperTest, NothingIsWrittenInADirectoryThatAnotherHasNow) {
    has_directory_ = false;
    tick();
    EXPECT_FALSE(exists(options_.values_path));
    keeper_->on_stop();
    EXPECT_FALSE(exists(options_.counters_path));
    EXPECT_TRUE(lines_.has("counters and last values are not written any more"));
    EXPECT_EQ(directory_asked_, 2) << "once for all files of a tick, and once at the end";
}

TEST_F(HousekeeperTest, DutiesThatAreDueNearlyTogetherWakeTheThreadOnce) {
    std::int64_t wakes = 0;
    const std::int64_t end_ns = clock_.now_ns + 60 * kNanosPerSecond;
    while (clock_.now_ns < end_ns) {
        // A thread wakes a little late, each time by another amount.
        clock_.now_ns += keeper_->do_work() + (wakes % 3) * kNanosPerMilli / 10;
        wakes++;
    }
    EXPECT_LE(wakes, 60'000 / options_.config_interval_ms + 1);
}

TEST_F(HousekeeperTest, ARequestForBeansIsAnsweredOnce) {
    std::ofstream(options_.beans_path + ".request") << "";
    keeper_->do_work();
    EXPECT_FALSE(exists(options_.beans_path + ".request"));
    EXPECT_TRUE(channels_.list_beans.exchange(false)) << "the collector is asked";
    keeper_->do_work();
    EXPECT_FALSE(channels_.list_beans) << "once";
    EXPECT_FALSE(exists(options_.beans_path));
    channels_.listing = new std::string("d:type=A\n");
    keeper_->do_work();
    std::ifstream in(options_.beans_path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "d:type=A\n");
    EXPECT_EQ(channels_.listing.load(), nullptr);
}

TEST_F(HousekeeperTest, WhileAChangeIsUnderWayOthersWait) {
    std::ofstream(options_.config_path) << "{}";
    channels_.facts = new std::string("broker.id=1\n");
    is_busy_ = true;
    keeper_->do_work();
    EXPECT_TRUE(done_.empty());
    is_busy_ = false;
    keeper_->do_work();
    EXPECT_EQ(done_, (std::vector<std::string>{"broker.id=1\n"})) << "one at a time";
    keeper_->do_work();
    EXPECT_EQ(done_, (std::vector<std::string>{"broker.id=1\n", "file"}));
}

TEST_F(HousekeeperTest, WhatTheOptimizerWantsIsAChangeLikeOthers) {
    std::ofstream(options_.config_path) << "{}";
    tuned_ = {"tuned"};
    is_busy_ = true;
    keeper_->do_work();
    EXPECT_TRUE(done_.empty()) << "another one is under way";
    is_busy_ = false;
    keeper_->do_work();
    EXPECT_EQ(done_, std::vector<std::string>{"tuned"});
    keeper_->do_work();
    EXPECT_EQ(done_, (std::vector<std::string>{"tuned", "file"}));
    EXPECT_GT(channels_.excused_cpu_ns.load(), 0) << "as that of any reload";
}

TEST_F(HousekeeperTest, ARequestToTakeBackIsHandedOnOnce) {
    std::ofstream(options_.revert_path) << "3";
    keeper_->do_work();
    EXPECT_FALSE(exists(options_.revert_path));
    keeper_->do_work();
    EXPECT_EQ(done_, std::vector<std::string>{"revert 3"});
    std::ofstream(options_.revert_path) << "all\nx";
    keeper_->do_work();
    EXPECT_TRUE(exists(options_.revert_path)) << "not at each wake";
    clock_.advance_ms(1'000);
    keeper_->do_work();
    EXPECT_EQ(done_.back(), "revert all");
}

TEST_F(HousekeeperTest, WhileTheOptimizerIsOffNobodyLooksForARequestToTakeBack) {
    may_revert_ = false;
    std::ofstream(options_.revert_path) << "3";
    keeper_->do_work();
    EXPECT_TRUE(exists(options_.revert_path));
    EXPECT_TRUE(done_.empty());
}

TEST_F(HousekeeperTest, ARequestInADirectoryThatAnotherAgentHasByNowIsLeft) {
    has_directory_ = false;
    std::ofstream(options_.revert_path) << "3";
    keeper_->do_work();
    EXPECT_TRUE(exists(options_.revert_path));
    EXPECT_TRUE(done_.empty());
}

TEST_F(HousekeeperTest, ARequestThatIsNoneIsRemovedAndSaid) {
    ASSERT_EQ(::mkfifo(options_.revert_path.c_str(), 0600), 0);
    keeper_->do_work();
    EXPECT_FALSE(exists(options_.revert_path));
    EXPECT_TRUE(lines_.has("revert: is no regular file"));
    std::ofstream(options_.revert_path) << std::string(65, '1');
    clock_.advance_ms(61'000);
    keeper_->do_work();
    EXPECT_FALSE(exists(options_.revert_path));
    EXPECT_TRUE(lines_.has("found 65 bytes; expected at most 64"));
    EXPECT_TRUE(done_.empty());
}

TEST_F(HousekeeperTest, WhenAskedForTheFileIsReadOnceThoughItDidNotChange) {
    std::ofstream(options_.config_path) << "{}";
    keeper_->do_work();
    ASSERT_EQ(done_.size(), 1U);
    channels_.reread = true;
    keeper_->do_work();
    EXPECT_EQ(done_, (std::vector<std::string>{"file", "file"}));
    clock_.advance_ms(options_.config_interval_ms);
    keeper_->do_work();
    EXPECT_EQ(done_.size(), 2U);
}

TEST_F(HousekeeperTest, AProfileIsTakenOnceAlsoWhileAChangeIsUnderWay) {
    is_busy_ = true;
    auto profile = std::make_unique<AgentProfile>();
    profile->units = 7;
    channels_.profile = profile.release();
    keeper_->do_work();
    keeper_->do_work();
    EXPECT_EQ(done_, (std::vector<std::string>{"profile of 7"}));
    EXPECT_EQ(channels_.profile.load(), nullptr);
}

TEST_F(HousekeeperTest, AFileThatIsMissingIsNoChange) {
    keeper_->do_work();
    clock_.advance_ms(options_.config_interval_ms);
    keeper_->do_work();
    EXPECT_TRUE(done_.empty());
}

}  // namespace
}  // namespace remora
