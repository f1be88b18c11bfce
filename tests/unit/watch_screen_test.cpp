// The screen of `remora top`, without a terminal.
#include "watch/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "support/watched_agent.h"
#include "watch/json.h"
#include "watch/keys.h"
#include "watch/units.h"

namespace remora {
namespace {

using testing::HasSubstr;
using testing::Not;

class ScreenTest : public testing::Test {
 protected:
    std::vector<ScreenLine> lines() {
        verdict_ = verdict_of(snapshot_);
        figures_ = verdict_.agent.is_running() ? figures_of(snapshot_) : Figures();
        return screen_of({snapshot_, verdict_, figures_, history_}, options_);
    }
    std::string text() {
        std::string all;
        for (const ScreenLine& line : lines()) {
            all += text_of(line) + "\n";
        }
        return all;
    }
    // The tone in which a text is shown; kDim when it is not.
    Tone tone_of(const std::string& part) {
        for (const ScreenLine& line : lines()) {
            for (const Span& span : line) {
                if (span.text.find(part) != std::string::npos) {
                    return span.tone;
                }
            }
        }
        ADD_FAILURE() << part << " is not shown";
        return Tone::kDim;
    }
    void press_text(const std::string& text) {
        for (const char c : text) {
            EXPECT_TRUE(press({KeyCode::kText, c}, options_));
        }
    }
    // The next tick, with that rate of messages.
    void tick(double messages_by_s) {
        snapshot_.values->tick_wall_ms += 10'000;
        snapshot_.counters->written_wall_ms += 10'000;
        snapshot_.now_wall_ms += 10'000;
        set_value(snapshot_, "messages_in", 10 * messages_by_s, 0, 10'000);
        history_.note(snapshot_, figures_of(snapshot_));
    }

    Snapshot snapshot_ = well();
    Verdict verdict_;
    Figures figures_;
    History history_;
    ScreenOptions options_;
};

TEST_F(ScreenTest, EverySizeIsFilledAndNothingStandsOver) {
    tick(5);
    tick(7);
    for (const auto& [columns, rows] : {std::pair(80, 24), std::pair(81, 25), std::pair(160, 50),
                                        std::pair(300, 100), std::pair(20, 5), std::pair(1, 1)}) {
        options_.columns = static_cast<std::size_t>(columns);
        options_.rows = static_cast<std::size_t>(rows);
        const std::vector<ScreenLine> shown = lines();
        EXPECT_EQ(shown.size(), options_.rows);
        for (const ScreenLine& line : shown) {
            EXPECT_LE(columns_of(text_of(line)), options_.columns) << text_of(line);
        }
    }
}

TEST_F(ScreenTest, TheSmallestScreenHasAllPanels) {
    const std::string shown = text();
    EXPECT_THAT(shown, HasSubstr("ALIVE  since "));
    EXPECT_THAT(shown, HasSubstr("1 d 0 h  pid 4711  tick 3 s ago\n"));
    EXPECT_THAT(shown,
                HasSubstr("broker 1  Kafka 3.5.0  remora 0.1.0  cluster MkU3OEVBNTcwNTJENDM2Qg\n"));
    EXPECT_THAT(shown, HasSubstr("all is well\n"));
    for (const char* const part :
         {"THROUGHPUT", "HEALTH", "REQUESTS, p99", "SATURATION", "JVM", "REMORA", "TOPICS by",
          "1.20 k/s", "under-replicated", "97 %", "512 MiB of 1.00 GiB", "0.123 of 1", "75 %",
          "1.20 k/s 12.5 ms", "this one", "orders", "9.77 KiB/s", "q quit"}) {
        EXPECT_THAT(shown, HasSubstr(part));
    }
}

TEST_F(ScreenTest, ALargeScreenHasClassesAndOutputsToo) {
    options_.columns = 160;
    options_.rows = 50;
    const std::string shown = text();
    EXPECT_THAT(shown, HasSubstr("out file-0"));
    EXPECT_THAT(shown, HasSubstr("9.77 KiB/s, out in 12"));
    EXPECT_THAT(shown, HasSubstr("age 1 m 0 s, error 0.012"));
    EXPECT_THAT(shown, HasSubstr("FetchFollower"));
}

TEST_F(ScreenTest, WhatIsDeadShowsNoFigures) {
    tick(5);
    tick(7);
    snapshot_.process_ended = true;
    const std::string shown = text();
    EXPECT_THAT(shown, HasSubstr("DEAD  since "));
    EXPECT_THAT(shown, HasSubstr("process 4711 was killed or crashed"));
    for (const char* const part :
         {"ALIVE", "(0 of", "/s", "KiB", "%", "orders", "75", "all is well"}) {
        EXPECT_THAT(shown, Not(HasSubstr(part)));
    }
    EXPECT_EQ(tone_of("DEAD"), Tone::kBad);
}

TEST_F(ScreenTest, AnAlarmComesFirstAndIsRed) {
    EXPECT_EQ(tone_of("ALIVE"), Tone::kGood);
    set_value(snapshot_, "offline_log_dirs", 1);
    const std::vector<ScreenLine> shown = lines();
    EXPECT_EQ(shown[2][0].text, "1 log directory is offline");
    EXPECT_EQ(shown[2][0].tone, Tone::kBad);
    EXPECT_THAT(text_of(shown[4]), HasSubstr("offline log dirs"));
    set_counter(snapshot_, Counter::kWideningStep, 1);
    EXPECT_THAT(text(), HasSubstr("(and 1 more: remora status)"));
    set_value(snapshot_, "offline_log_dirs", 0);
    EXPECT_EQ(lines()[2][0].tone, Tone::kWarn);
}

TEST_F(ScreenTest, AnIdleOfTwoPoolsIsOfTwoHundred) {
    EXPECT_THAT(text(), Not(HasSubstr("of 200")));
    set_value(snapshot_, "handlers_idle", 1.99);
    EXPECT_THAT(text(), HasSubstr("199 % of 200"));
    EXPECT_EQ(tone_of("199 %"), Tone::kGood);
    press_text("?");
    EXPECT_THAT(text(), HasSubstr("Handlers idle is of 200 %"));
    press_text("?");
    set_value(snapshot_, "handlers_idle", 0.5);
    snapshot_.values->facts.back() = {"node.role", "broker,controller"};
    EXPECT_THAT(text(), HasSubstr("50 % of 200"));
    EXPECT_EQ(tone_of("50 %"), Tone::kWarn);
    set_value(snapshot_, "broker_handlers_idle", 0.05);  // Kafka 4.3 has a meter for each pool
    EXPECT_THAT(text(), Not(HasSubstr("of 200")));
    EXPECT_EQ(tone_of(" 5 %"), Tone::kBad);
}

TEST_F(ScreenTest, WhatIsNotKnownIsADash) {
    snapshot_.values->values.clear();
    const std::string shown = text();
    EXPECT_THAT(shown, HasSubstr("under-replicated"));
    EXPECT_THAT(shown, Not(HasSubstr("nan")));
    EXPECT_EQ(tone_of(" -"), Tone::kDim);
    snapshot_.values->topics.clear();
    snapshot_.values->topics_total = 0;
    EXPECT_THAT(text(), HasSubstr("none is collected"));
    snapshot_.values->topics_total = 10'000;
    snapshot_.values->has_more_topics = true;
    EXPECT_THAT(text(), HasSubstr("(0 of 10000+)"));
    snapshot_.values.reset();
    snapshot_.values_trouble = "/x/remora.values: cannot be opened";
    EXPECT_THAT(text(), HasSubstr("/x/remora.values: cannot be opened"));
    EXPECT_THAT(text(), Not(HasSubstr("none is collected")));
}

TEST_F(ScreenTest, TopicsAreOrderedFilteredAndMoved) {
    const auto order = [this] {
        const std::string shown = text();
        return shown.find("orders") < shown.find("payments");
    };
    EXPECT_TRUE(order()) << "by bytes in";
    press_text("s");
    EXPECT_FALSE(order()) << "by bytes out";
    press_text("s");
    EXPECT_FALSE(order()) << "by messages";
    press_text("s");
    EXPECT_TRUE(order()) << "by name";
    press_text("/PAYq");
    EXPECT_THAT(text(), HasSubstr("/PAYq_"));
    EXPECT_THAT(text(), HasSubstr("(0 of 2)"));
    press({KeyCode::kBackspace}, options_);
    press({KeyCode::kEnter}, options_);
    EXPECT_THAT(text(), Not(HasSubstr("orders ")));
    EXPECT_THAT(text(), HasSubstr("(1 of 2)"));
    press({KeyCode::kEscape}, options_);
    EXPECT_THAT(text(), HasSubstr("orders "));
    EXPECT_FALSE(press({KeyCode::kText, 'q'}, options_));
}

TEST_F(ScreenTest, ManyTopicsAreMovedAndTheLastOnesStay) {
    snapshot_.values->topics.clear();
    for (int i = 0; i < 30; ++i) {
        snapshot_.values->topics.push_back(
            {"t" + std::to_string(10 + i), {1e6 - i, 0, 0, 10'000}, {}, {}});
    }
    EXPECT_THAT(text(), HasSubstr("t10"));
    press({KeyCode::kDown}, options_);
    EXPECT_THAT(text(), Not(HasSubstr("t10")));
    for (int i = 0; i < 9; ++i) {
        press({KeyCode::kPageDown}, options_);
    }
    EXPECT_THAT(text(), HasSubstr("t39"));
    press({KeyCode::kUp}, options_);
    EXPECT_THAT(text(), Not(HasSubstr("t39"))) << "it has stopped at the last ones";
    press({KeyCode::kHome}, options_);
    EXPECT_THAT(text(), HasSubstr("t10"));
}

TEST_F(ScreenTest, HistoryIsASparkline) {
    tick(1);
    EXPECT_THAT(text(), Not(HasSubstr("\u2588"))) << "one tick is no history";
    tick(8);
    EXPECT_THAT(text(), HasSubstr("8/s \u2582\u2588"));
    options_.is_unicode = false;
    EXPECT_THAT(text(), HasSubstr("8/s .#"));
}

TEST_F(ScreenTest, ATickIsNotedOnce) {
    tick(1);
    history_.note(snapshot_, figures_of(snapshot_));
    EXPECT_EQ(history_.of("messages_in").size(), 1U);
    for (std::size_t i = 0; i < 2 * History::kTicksMax; ++i) {
        tick(1);
    }
    EXPECT_EQ(history_.of("messages_in").size(), History::kTicksMax);
    set_value(snapshot_, "late", 1);
    tick(1);
    EXPECT_EQ(history_.of("late").size(), history_.of("messages_in").size()) << "aligned";
    EXPECT_TRUE(std::isnan(history_.of("late").front()));
}

TEST_F(ScreenTest, SparklinesReachFromZeroToTheLargest) {
    const double unknown = std::nan("");
    EXPECT_EQ(sparkline({0, 7, 14}, 10, false), "_=#");
    EXPECT_EQ(sparkline({0, 0, 0}, 10, false), "___");
    EXPECT_EQ(sparkline({unknown, 7, unknown, 7}, 10, false), " # #");
    EXPECT_EQ(sparkline({1, 2, 3, 4}, 2, false), "+#") << "the newest";
    EXPECT_EQ(sparkline({unknown, 7}, 10, false), "");
}

TEST_F(ScreenTest, JsonHasTheSame) {
    lines();
    const std::string json = json_of({snapshot_, verdict_, figures_, history_});
    for (const char* const part :
         {R"("state":"ALIVE")", R"("verdict":"well")", R"("messages_in":1200.0)",
          R"("broker.id":"1")", R"({"topic":"orders","bytes_in":10000.0)", R"("reasons":[])"}) {
        EXPECT_THAT(json, HasSubstr(part));
    }
    snapshot_.process_ended = true;
    lines();
    EXPECT_THAT(json_of({snapshot_, verdict_, figures_, history_}), Not(HasSubstr("figures")));
}

TEST(Units, NumbersHaveThreeDigitsAndAUnit) {
    EXPECT_EQ(in_bytes(0), "0 B");
    EXPECT_EQ(in_bytes(831), "831 B");
    EXPECT_EQ(in_bytes(1024 * 1.5), "1.50 KiB");
    EXPECT_EQ(in_bytes(1023.9 * 1024), "1.00 MiB");
    EXPECT_EQ(in_bytes(512.0 * 1024 * 1024), "512 MiB");
    EXPECT_EQ(in_count(0.25), "0.25");
    EXPECT_EQ(in_count(0.0042), "0.004");
    EXPECT_EQ(in_count(999), "999");
    EXPECT_EQ(in_count(1'200), "1.20 k");
    EXPECT_EQ(in_count(12'345'678), "12.3 M");
    EXPECT_EQ(in_ms(0.05), "0.05 ms");
    EXPECT_EQ(in_ms(12.34), "12.3 ms");
    EXPECT_EQ(in_ms(1'250), "1.25 s");
    EXPECT_EQ(in_duration(59.9), "59 s");
    EXPECT_EQ(in_duration(200), "3 m 20 s");
    EXPECT_EQ(in_duration(90'000), "1 d 1 h");
}

}  // namespace
}  // namespace remora
