#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "config/config.h"
#include "support/encode_rig.h"

namespace remora {
namespace {

using nlohmann::json;

std::vector<json> parse_lines(const std::string& text) {
    std::vector<json> all;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        all.push_back(json::parse(line, nullptr, false));
        EXPECT_FALSE(all.back().is_discarded()) << line;
    }
    return all;
}

TEST(NdjsonTest, WritesOneObjectAValue) {
    EncodeRig rig({.format = OutputFormat::kNdjson, .labels = {{"cluster", "c"}}});
    rig.add("kafka.log:type=Log,name=Size,topic=\"a\\\"b\"",
            {make_series("kafka_log_log_size", MetricType::kGauge, {{"topic", "a\"b"}})}, {12.5},
            kUnitHasValue | kUnitStale);
    rig.add("a:type=X", {make_series("x")}, {3});
    const std::vector<json> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], json({{"ts", 1'700'000'000'123},
                              {"name", "kafka_log_log_size"},
                              {"mbean", "kafka.log:type=Log,name=Size,topic=\"a\\\"b\""},
                              {"attribute", "Value"},
                              {"labels", {{"topic", "a\"b"}, {"cluster", "c"}}},
                              {"value", 12.5},
                              {"stale", true}}));
    EXPECT_FALSE(lines[1].contains("stale"));
    EXPECT_EQ(lines[1]["value"], 3);
}

TEST(NdjsonTest, SaysInTextWhatJsonHasNoNumberFor) {
    EncodeRig rig({.format = OutputFormat::kNdjson, .labels = {}});
    rig.add("a:type=X", {make_series("a"), make_series("b"), make_series("c")},
            {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
             -std::numeric_limits<double>::infinity()});
    const std::vector<json> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[0]["value"].is_null());
    EXPECT_EQ(lines[0]["text"], "NaN");
    EXPECT_EQ(lines[1]["text"], "+Inf");
    EXPECT_EQ(lines[2]["text"], "-Inf");
}

TEST(NdjsonTest, CarriesAStateAsLabel) {
    EncodeRig rig({.format = OutputFormat::kNdjson, .labels = {}});
    Series series = make_series("s_info");
    series.rule = ValueRule::kState;
    series.state_label = "state";
    rig.add("a:type=X", {series}, {1});
    rig.cache.texts() = {"", "lea\"der"};
    const std::vector<json> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0]["labels"]["state"], "lea\"der");
    EXPECT_EQ(lines[0]["value"], 1);
}

TEST(NdjsonTest, StaysValidUnderHostileText) {
    EncodeRig rig({.format = OutputFormat::kNdjson, .labels = {}});
    std::string every;
    for (int c = 1; c < 256; ++c) {
        every.push_back(static_cast<char>(c));
    }
    rig.add(every, {make_series(every, MetricType::kGauge, {{every, every}})}, {1});
    const std::vector<json> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 1U);
}

TEST(NdjsonTest, KeepsLinesBelowWhatTailersTake) {
    EncodeRig rig({.format = OutputFormat::kNdjson, .labels = {}});
    rig.add(
        "a:type=X",
        {make_series("a", MetricType::kGauge, {{"l", std::string(8100, 'x')}}), make_series("b")},
        {1, 2});
    EXPECT_EQ(parse_lines(rig.tick()).size(), 1U);
    EXPECT_EQ(rig.counters.get(Counter::kLinesTooLongDropped), 1U);
}

TEST(NdjsonTest, EmitsOnlyWhatWasReadSinceItsLastTick) {
    EncodeRig rig({.format = OutputFormat::kNdjson, .emit = EmitMode::kFresh, .labels = {}});
    const UnitId a = rig.add("a:type=A", {make_series("a")}, {1});
    const UnitId b = rig.add("a:type=B", {make_series("b")}, {2});
    EXPECT_EQ(parse_lines(rig.tick(1'700'000'010'000)).size(), 2U);
    EXPECT_EQ(rig.tick(1'700'000'020'000), "");
    rig.cache.flags(a) = kUnitHasValue | kUnitFresh;
    // Read in an engine tick that this output skipped: its flag is gone, its time is not.
    rig.cache.read_wall_ms(b) = 1'700'000'025'000;
    EXPECT_EQ(parse_lines(rig.tick(1'700'000'030'000)).size(), 2U);
}

TEST(NdjsonTest, EmitsOnlyWhatChangedAndAKeyframe) {
    EncodeRig rig({.format = OutputFormat::kNdjson,
                   .emit = EmitMode::kChanged,
                   .keyframe_ms = 180'000,
                   .labels = {}});
    const UnitId a = rig.add("a:type=A", {make_series("a"), make_series("b")}, {1, 2});
    constexpr std::int64_t kStart = 1'700'000'000'000;
    EXPECT_EQ(parse_lines(rig.tick(kStart)).size(), 2U);
    rig.cache.value(a) = 5;
    const std::vector<json> changed = parse_lines(rig.tick(kStart + 10'000));
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0]["value"], 5);
    EXPECT_EQ(rig.tick(kStart + 170'000), "");
    EXPECT_EQ(parse_lines(rig.tick(kStart + 180'000)).size(), 2U);
    EXPECT_EQ(rig.tick(kStart + 190'000), "");
    EXPECT_EQ(parse_lines(rig.tick(kStart)).size(), 2U) << "a clock that was set back";
    // A tick that did not get out may have lost its changes: all is written again.
    rig.tick(kStart + 10'000);
    rig.encoder->frame_lost(true);
    EXPECT_EQ(parse_lines(rig.tick(kStart + 20'000)).size(), 2U);
}

// A series stays in Prometheus for five minutes after its last value, which may be a minute old
// when it is said.
TEST(NdjsonTest, NothingIsUnsaidForLongerThanPrometheusRemembers) {
    EncodeRig rig({.format = OutputFormat::kNdjson,
                   .emit = EmitMode::kChanged,
                   .keyframe_ms = OutputConfig{}.keyframe_interval_ms,
                   .labels = {}});
    rig.add("a:type=A", {make_series("a")}, {1});
    constexpr std::int64_t kTickMs = 10'000;
    constexpr std::int64_t kLookbackMs = 300'000 - 60'000;
    std::int64_t said_ms = 0;
    for (std::int64_t now_ms = 0; now_ms < 3'600'000; now_ms += kTickMs) {
        if (!rig.tick(1'700'000'000'000 + now_ms).empty()) {
            EXPECT_LT(now_ms - said_ms, kLookbackMs);
            said_ms = now_ms;
        }
    }
    EXPECT_GT(said_ms, 3'600'000 - kLookbackMs);
}

}  // namespace
}  // namespace remora
