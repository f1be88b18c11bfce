#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/encode_rig.h"

namespace remora {
namespace {

using nlohmann::json;

struct Line {
    json resource;
    json metric;
};

std::vector<Line> parse_lines(const std::string& text) {
    std::vector<Line> all;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const json data = json::parse(line, nullptr, false);
        EXPECT_FALSE(data.is_discarded()) << line;
        const json resource_metrics = data["resourceMetrics"][0];
        all.push_back({resource_metrics["resource"]["attributes"],
                       resource_metrics["scopeMetrics"][0]["metrics"][0]});
    }
    return all;
}

EncoderOptions otlp() {
    EncoderOptions options;
    options.format = OutputFormat::kOtlpJson;
    return options;
}

TEST(OtlpTest, WritesGaugesAndSums) {
    EncoderOptions options = otlp();
    options.labels = {{"cluster", "c"}};
    EncodeRig rig(options);
    rig.add("a:type=X",
            {make_series("g", MetricType::kGauge, {{"topic", "t"}}),
             make_series("c_total", MetricType::kCounter)},
            {2.5, 7});
    const std::vector<Line> lines = parse_lines(rig.tick(1'700'000'000'001));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].resource,
              json::parse(R"([{"key":"service.name","value":{"stringValue":"kafka"}},
                              {"key":"cluster","value":{"stringValue":"c"}}])"));
    EXPECT_EQ(lines[0].metric, json::parse(R"({"name":"c_total","description":"Help of c_total.",
        "sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
        {"attributes":[],"timeUnixNano":"1700000000123000000","asInt":"7"}]}})"));
    EXPECT_EQ(lines[1].metric, json::parse(R"({"name":"g","description":"Help of g.",
        "gauge":{"dataPoints":[{"attributes":[{"key":"topic","value":{"stringValue":"t"}}],
        "timeUnixNano":"1700000000123000000","asDouble":2.5}]}})"));
}

TEST(OtlpTest, SaysSinceWhenCountersCount) {
    EncoderOptions options = otlp();
    options.start_wall_ms = 1'600'000'000'123;
    EncodeRig rig(options);
    std::vector<Series> all = {make_series("g"), make_series("c_total", MetricType::kCounter)};
    for (const char* suffix : {"_count", "_sum"}) {
        all.push_back(make_series("s", MetricType::kSummary));
        all.back().name += suffix;
    }
    rig.add("a:type=X", all, {1, 2, 3, 4});
    const std::vector<Line> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 3U);
    constexpr const char* kStart = "1600000000123000000";
    EXPECT_EQ(lines[0].metric["sum"]["dataPoints"][0]["startTimeUnixNano"], kStart);
    EXPECT_FALSE(lines[1].metric["gauge"]["dataPoints"][0].contains("startTimeUnixNano"));
    EXPECT_EQ(lines[2].metric["summary"]["dataPoints"][0]["startTimeUnixNano"], kStart);
}

json counter_point(const std::string& text) {
    const std::vector<Line> lines = parse_lines(text);
    return lines.empty() ? json{} : lines[0].metric["sum"]["dataPoints"][0];
}

constexpr std::int64_t kTickMs = 1'700'000'000'000;

// Receivers compute a rate from a start and a value: one that is older than the counter is wrong.
TEST(OtlpTest, ACounterThatFellCountsSinceTheTickBefore) {
    EncoderOptions options = otlp();
    options.start_wall_ms = 1'600'000'000'000;
    EncodeRig rig(options);
    const UnitId unit = rig.add("a:type=X", {make_series("c", MetricType::kCounter)}, {100});
    rig.cache.read_wall_ms(unit) = kTickMs - 50;
    EXPECT_EQ(counter_point(rig.tick(kTickMs))["startTimeUnixNano"], "1600000000000000000");
    rig.cache.value(unit) = 4;
    rig.cache.read_wall_ms(unit) = kTickMs + 9'950;
    const json fallen = counter_point(rig.tick(kTickMs + 10'000));
    EXPECT_EQ(fallen["startTimeUnixNano"], "1700000000000000000");
    EXPECT_EQ(fallen["asInt"], "4");
    rig.cache.value(unit) = 6;
    EXPECT_EQ(counter_point(rig.tick(kTickMs + 20'000))["startTimeUnixNano"], "1700000000000000000")
        << "and stays so";
}

TEST(OtlpTest, ACounterThatBeganWhileTheAgentRunsSaysSo) {
    EncoderOptions options = otlp();
    options.start_wall_ms = 1'600'000'000'000;
    EncodeRig rig(options);
    rig.tick(kTickMs);
    const UnitId unit = rig.add_new("a:type=X", {make_series("c", MetricType::kCounter)}, {31});
    rig.cache.read_wall_ms(unit) = kTickMs + 9'950;
    const json begun = counter_point(rig.tick(kTickMs + 10'000));
    EXPECT_EQ(begun["startTimeUnixNano"], "1700000000000000000");
    EXPECT_EQ(begun["asInt"], "31");
    // Registered anew with a smaller value it is another one; with a larger one it went on.
    rig.encoder->remove_unit(unit);
    const UnitId again = rig.add("a:type=X", {make_series("c", MetricType::kCounter)}, {40});
    rig.cache.read_wall_ms(again) = kTickMs + 19'950;
    EXPECT_EQ(counter_point(rig.tick(kTickMs + 20'000))["startTimeUnixNano"],
              "1700000000000000000");
    rig.encoder->remove_unit(again);
    const UnitId other = rig.add("a:type=X", {make_series("c", MetricType::kCounter)}, {2});
    rig.cache.read_wall_ms(other) = kTickMs + 29'950;
    EXPECT_EQ(counter_point(rig.tick(kTickMs + 30'000))["startTimeUnixNano"],
              "1700000020000000000");
}

TEST(OtlpTest, ASummaryWhoseCountFellCountsSinceTheTickBefore) {
    EncoderOptions options = otlp();
    options.start_wall_ms = 1'600'000'000'000;
    EncodeRig rig(options);
    std::vector<Series> all(2, make_series("s", MetricType::kSummary));
    all[0].name += "_count";
    all[1].name += "_sum";
    const UnitId unit = rig.add("a:type=X", all, {10, 100});
    rig.tick(kTickMs);
    rig.cache.value(unit) = 3;
    rig.cache.value(unit, 1) = 170;
    rig.cache.read_wall_ms(unit) = kTickMs + 9'950;
    const std::vector<Line> lines = parse_lines(rig.tick(kTickMs + 10'000));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].metric["summary"]["dataPoints"][0]["startTimeUnixNano"],
              "1700000000000000000");
}

// Protobuf has no way to leave a sum or a count out: it would be 0.
TEST(OtlpTest, ASummaryWithoutASumIsMetricsOfItsOwn) {
    EncodeRig rig(otlp());
    std::vector<Series> all(2, make_series("s", MetricType::kSummary, {{"r", "1"}}));
    all[0].name += "_count";
    all[1].labels.push_back({"quantile", "0.99"});
    rig.add("a:type=X", all, {10, 9.5});
    const std::vector<Line> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].metric["name"], "s_count");
    EXPECT_EQ(lines[0].metric["sum"]["dataPoints"][0]["asInt"], "10");
    EXPECT_EQ(lines[1].metric["name"], "s_quantile");
    EXPECT_EQ(lines[1].metric["gauge"]["dataPoints"][0]["asDouble"], 9.5);
    EXPECT_EQ(lines[1].metric["gauge"]["dataPoints"][0]["attributes"][1]["key"], "quantile");
}

TEST(OtlpTest, ASummaryWhoseCountIsNoneIsLeftOutAndCounted) {
    for (const double count :
         {2.5, -1.0, 1.8446744073709552e19, std::numeric_limits<double>::quiet_NaN()}) {
        EncodeRig rig(otlp());
        std::vector<Series> all(2, make_series("s", MetricType::kSummary));
        all[0].name += "_count";
        all[1].name += "_sum";
        const UnitId unit = rig.add("a:type=X", all, {count, 100});
        EXPECT_EQ(rig.tick(), "") << count;
        EXPECT_EQ(rig.counters.get(Counter::kValuesUnencodable), 2U) << count;
        rig.cache.value(unit) = 3;
        EXPECT_EQ(parse_lines(rig.tick()).size(), 1U);
    }
}

TEST(OtlpTest, WholeNumbersAreIntegersUntilAFamilyHasAFraction) {
    EncodeRig rig(otlp());
    const UnitId unit = rig.add("a:type=X", {make_series("g")}, {9007199254740994.0});
    const auto point = [&] { return parse_lines(rig.tick())[0].metric["gauge"]["dataPoints"][0]; };
    EXPECT_EQ(point()["asInt"], "9007199254740994");
    rig.cache.value(unit) = -9223372036854775808.0;
    EXPECT_EQ(point()["asInt"], "-9223372036854775808");
    rig.cache.value(unit) = 9223372036854775808.0;  // one more than fits
    EXPECT_EQ(point()["asDouble"], 9223372036854775808.0);
    rig.cache.value(unit) = 5;
    EXPECT_EQ(point()["asDouble"], 5) << "a series does not change its type again and again";
    Series seconds = make_series("t_seconds");
    seconds.unit = "s";
    rig.add("a:type=Y", {seconds}, {3});
    EXPECT_EQ(parse_lines(rig.tick())[1].metric["gauge"]["dataPoints"][0]["asDouble"], 3);
}

TEST(OtlpTest, SaysUnitsTheScopeAndWhoItIs) {
    EncoderOptions options = otlp();
    options.version = "1.2";
    options.labels = {{"service.name", "payments"}, {"service.instance.id", "c/1"}};
    EncodeRig rig(options);
    Series bytes = make_series("b");
    bytes.unit = "By";
    rig.add("a:type=X", {bytes}, {1});
    const std::string text = rig.tick();
    const std::vector<Line> lines = parse_lines(text);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].metric["unit"], "By");
    EXPECT_EQ(lines[0].resource,
              json::parse(R"([{"key":"service.name","value":{"stringValue":"payments"}},
                              {"key":"service.instance.id","value":{"stringValue":"c/1"}}])"));
    EXPECT_THAT(text, testing::HasSubstr(R"("scope":{"name":"remora","version":"1.2"})"));
}

TEST(OtlpTest, ASumThatAlsoFallsIsNotMonotonic) {
    EncodeRig rig(otlp());
    rig.add("a:type=X", {make_series("jvm.thread.count", MetricType::kUpDownCounter)}, {1});
    const std::vector<Line> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].metric["name"], "jvm.thread.count");
    EXPECT_EQ(lines[0].metric["sum"]["isMonotonic"], false);
}

TEST(OtlpTest, GathersASummaryIntoOnePoint) {
    EncodeRig rig(otlp());
    for (int i = 0; i < 2; ++i) {
        std::vector<Series> all;
        const std::vector<Label> labels = {{"r", std::to_string(i)}};
        for (const char* suffix : {"_count", "_sum"}) {
            all.push_back(make_series("s", MetricType::kSummary, labels));
            all.back().name += suffix;
        }
        for (const char* quantile : {"0.50", "0.99"}) {
            all.push_back(make_series("s", MetricType::kSummary, labels));
            all.back().labels.push_back({"quantile", quantile});
        }
        rig.add("a:type=X", all, {10, 100, 5, 9.5});
    }
    const std::vector<Line> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 1U);
    const json points = lines[0].metric["summary"]["dataPoints"];
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[1], json::parse(R"({"attributes":[{"key":"r","value":{"stringValue":"1"}}],
        "timeUnixNano":"1700000000123000000","count":"10","sum":100,"quantileValues":[
        {"quantile":0.5,"value":5},{"quantile":0.99,"value":9.5}]})"));
}

TEST(OtlpTest, WritesWhatIsNoNumberAsProtobufDoes) {
    EncodeRig rig(otlp());
    rig.add("a:type=X", {make_series("a"), make_series("b")},
            {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()});
    const std::vector<Line> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].metric["gauge"]["dataPoints"][0]["asDouble"], "NaN");
    EXPECT_EQ(lines[1].metric["gauge"]["dataPoints"][0]["asDouble"], "-Infinity");
}

TEST(OtlpTest, CarriesAStateAsAttribute) {
    EncodeRig rig(otlp());
    Series series = make_series("s_info", MetricType::kGauge, {{"l", "v"}});
    series.rule = ValueRule::kState;
    series.state_label = "state";
    rig.add("a:type=X", {series}, {1});
    rig.cache.texts() = {"", "lea\"der"};
    const std::vector<Line> lines = parse_lines(rig.tick());
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].metric["gauge"]["dataPoints"][0]["attributes"][1],
              json::parse(R"({"key":"state","value":{"stringValue":"lea\"der"}})"));
}

TEST(OtlpTest, SplitsAMetricOverLinesAndGoesOnWhereItStopped) {
    EncodeRig rig(otlp(), 2048, 1);
    for (int i = 0; i < 200; ++i) {
        rig.add("a:type=X", {make_series("g", MetricType::kGauge, {{"i", std::to_string(i)}})},
                {static_cast<double>(i)});
    }
    const std::vector<Line> lines = parse_lines(rig.tick());
    EXPECT_GT(lines.size(), 5U);
    int next = 0;
    for (const Line& line : lines) {
        for (const json& point : line.metric["gauge"]["dataPoints"]) {
            EXPECT_EQ(point["asInt"], std::to_string(next++));
        }
    }
    EXPECT_EQ(next, 200);
}

TEST(OtlpTest, EmitsOnlyWhatChanged) {
    EncoderOptions options = otlp();
    options.emit = EmitMode::kChanged;
    options.keyframe_ms = 180'000;
    EncodeRig rig(options);
    const UnitId unit = rig.add("a:type=X", {make_series("a"), make_series("b")}, {1, 2});
    EXPECT_EQ(parse_lines(rig.tick()).size(), 2U);
    EXPECT_EQ(rig.tick(), "");
    rig.cache.value(unit, 1) = 3;
    EXPECT_EQ(parse_lines(rig.tick()).size(), 1U);
}

}  // namespace
}  // namespace remora
