#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "support/encode_rig.h"

namespace remora {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<Series> summary_series(const std::string& metric_family, std::vector<Label> labels) {
    std::vector<Series> all;
    for (const char* quantile : {"0.50", "0.99"}) {
        Series series = make_series(metric_family, MetricType::kSummary, labels);
        series.labels.push_back({"quantile", quantile});
        all.push_back(series);
    }
    for (const char* suffix : {"_sum", "_count"}) {
        Series series = make_series(metric_family, MetricType::kSummary, labels);
        series.name += suffix;
        all.push_back(series);
    }
    return all;
}

TEST(PrometheusTest, WritesFamiliesContiguouslyWithOneHeaderEach) {
    EncodeRig rig({});
    rig.add("a:type=X,t=1",
            {make_series("b_total", MetricType::kCounter, {{"t", "1"}}),
             make_series("a", MetricType::kGauge, {{"t", "1"}})},
            {1, 2.5});
    rig.add("a:type=X,t=2",
            {make_series("b_total", MetricType::kCounter, {{"t", "2"}}),
             make_series("a", MetricType::kGauge, {{"t", "2"}})},
            {3, -4});
    EXPECT_EQ(rig.tick(),
              "# HELP a Help of a.\n# TYPE a gauge\n"
              "a{t=\"1\"} 2.5\na{t=\"2\"} -4\n"
              "# HELP b_total Help of b_total.\n# TYPE b_total counter\n"
              "b_total{t=\"1\"} 1\nb_total{t=\"2\"} 3\n");
    EXPECT_EQ(rig.flags, kFrameBegin | kFrameEnd);
    EXPECT_EQ(rig.lines, 8U);
    EXPECT_EQ(rig.counters.get(Counter::kLinesEncoded), 4U);
    EXPECT_EQ(rig.tick(), rig.text());
}

TEST(EncoderTest, EveryFileBeginsAsItsFormatDoes) {
    for (const OutputFormat format : {OutputFormat::kPrometheus, OutputFormat::kOpenMetrics,
                                      OutputFormat::kNdjson, OutputFormat::kOtlpJson}) {
        EncoderOptions options;
        options.format = format;
        EncodeRig rig(options);
        const auto expect_start = [format](const std::string& text) {
            const std::vector<std::string> starts = file_starts(format);
            EXPECT_TRUE(std::any_of(starts.begin(), starts.end(), [&](const std::string& start) {
                return text.starts_with(start);
            })) << text;
        };
        if (format == OutputFormat::kOpenMetrics) {
            expect_start(rig.tick());
        }
        rig.add("a:type=X", {make_series("a")}, {1});
        expect_start(rig.tick());
        if (format == OutputFormat::kPrometheus || format == OutputFormat::kOpenMetrics) {
            expect_start(down_page(format, {}));
        }
    }
}

TEST(PrometheusTest, GroupsASummary) {
    EncodeRig rig({});
    rig.add("a:type=X", summary_series("s", {{"r", "P"}}), {1, 2, 30, 4});
    EXPECT_EQ(rig.tick(),
              "# HELP s Help of s.\n# TYPE s summary\ns{r=\"P\",quantile=\"0.50\"} 1\n"
              "s{r=\"P\",quantile=\"0.99\"} 2\ns_sum{r=\"P\"} 30\ns_count{r=\"P\"} 4\n");
}

TEST(PrometheusTest, WritesNumbersThatReadBack) {
    EncodeRig rig({});
    const UnitId unit = rig.add("a:type=X", {make_series("a")}, {0});
    const auto value_of = [&](double value) {
        rig.cache.value(unit) = value;
        const std::string text = rig.tick();
        return text.substr(text.rfind(' ') + 1);
    };
    EXPECT_EQ(value_of(kNaN), "NaN\n");
    EXPECT_EQ(value_of(kInf), "+Inf\n");
    EXPECT_EQ(value_of(-kInf), "-Inf\n");
    EXPECT_EQ(value_of(9007199254740991.0), "9007199254740991\n");
    EXPECT_EQ(value_of(0.1), "0.1\n");
    EXPECT_EQ(value_of(-0.0), "0\n");
    for (const double value : {5e-324, 1.7976931348623157e308, 1.0 / 3, 1e22, 12345.678, -1e-9}) {
        EXPECT_EQ(std::strtod(value_of(std::fabs(value)).c_str(), nullptr), std::fabs(value));
    }
}

TEST(PrometheusTest, EscapesLabelsAndHelp) {
    EncodeRig rig({});
    Series series = make_series("a", MetricType::kGauge, {{"l", "q\" b\\ n\n \xff \xc3\xa4"}});
    series.help = "b\\ n\n\"";
    rig.add("a:type=X", {series}, {1});
    EXPECT_EQ(rig.tick(),
              "# HELP a b\\\\ n\\n\"\n# TYPE a gauge\na{l=\"q\\\" b\\\\ n\\n \xEF\xBF\xBD "
              "\xc3\xa4-706f61ea\"} 1\n");
}

TEST(PrometheusTest, MakesNamesSafeEvenIfTheyAreNot) {
    EncodeRig rig({});
    rig.add("a:type=X", {make_series("0 a-b", MetricType::kGauge, {{"__name__", "x"}, {"", "y"}})},
            {1});
    EXPECT_THAT(rig.tick(), HasSubstr("_0_a_b{_name__=\"x\",_=\"y\"} 1\n"));
}

TEST(PrometheusTest, AddsExtraLabelsBehindTheSeriesOwn) {
    EncodeRig rig({.labels = {{"cluster", "c1"}, {"topic", "extra"}, {"empty", ""}}});
    rig.add("a:type=X",
            {make_series("a", MetricType::kGauge, {{"topic", "own"}}), make_series("b")}, {1, 2});
    const std::string text = rig.tick();
    EXPECT_THAT(text, HasSubstr("a{topic=\"own\",cluster=\"c1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("b{cluster=\"c1\",topic=\"extra\"} 2\n"));
}

TEST(PrometheusTest, EmitsOnlyUnitsThatHaveAValueAndAreNotQuarantined) {
    EncodeRig rig({});
    rig.add("a:type=A", {make_series("a")}, {1}, 0);
    rig.add("a:type=B", {make_series("b")}, {1}, kUnitHasValue | kUnitQuarantined);
    rig.add("a:type=C", {make_series("c")}, {1}, kUnitHasValue | kUnitStale);
    EXPECT_EQ(rig.tick(), "# HELP c Help of c.\n# TYPE c gauge\nc 1\n");
}

TEST(PrometheusTest, CarriesAStateAsLabel) {
    EncodeRig rig({});
    Series series = make_series("s_info", MetricType::kGauge, {{"l", "v"}});
    series.rule = ValueRule::kState;
    series.state_label = "state";
    const UnitId unit = rig.add("a:type=X", {series}, {0});
    rig.cache.texts() = {"", "leader", "a\"b"};
    EXPECT_EQ(rig.tick(), "");
    rig.cache.value(unit) = 1;
    EXPECT_THAT(rig.tick(), HasSubstr("\ns_info{l=\"v\",state=\"leader\"} 1\n"));
    rig.cache.value(unit) = 2;
    EXPECT_THAT(rig.tick(), HasSubstr("\ns_info{l=\"v\",state=\"a\\\"b\"} 1\n"));
    rig.cache.value(unit) = 99;
    EXPECT_EQ(rig.tick(), "");
}

TEST(PrometheusTest, ScalesExactlyWhereTheScaleIsAFraction) {
    EncodeRig rig({});
    Series series = make_series("t_seconds");
    series.rule = ValueRule::kScaled;
    series.scale = 1e-3;
    Series nanos = series;
    nanos.name = nanos.metric_family = "n_seconds";
    nanos.scale = 1e-9;
    rig.add("a:type=X", {series, nanos}, {1700000000123.0, 1234567891});
    const std::string text = rig.tick();
    EXPECT_THAT(text, HasSubstr("t_seconds 1700000000.123\n"));
    EXPECT_THAT(text, HasSubstr("n_seconds 1.234567891\n"));
}

TEST(PrometheusTest, TellsTwoBeansOfOneNameApart) {
    EncodeRig rig({});
    rig.add("a:type=A", {make_series("x")}, {1});
    rig.add("a:type=A,name=B", {make_series("x")}, {2});
    rig.add("a:type=A,name=B", {make_series("x")}, {3});
    const std::string text = rig.tick();
    EXPECT_THAT(text, HasSubstr("x 1\nx{mbean=\"a:type=A,name=B\"} 2\n"));
    EXPECT_THAT(text, Not(HasSubstr("3")));
    EXPECT_EQ(rig.counters.get(Counter::kOutputSeriesClashing), 1U);
    EXPECT_EQ(rig.counters.get(Counter::kValuesUnencodable), 0U);
    EXPECT_EQ(rig.encoder->losses().clashing, 1U);
    EXPECT_EQ(rig.encoder->losses().first_clash, "x of a:type=A,name=B");
}

TEST(PrometheusTest, KeepsOneTypeAFamily) {
    EncodeRig rig({});
    rig.add("a:type=A", summary_series("s", {}), {1, 2, 3, 4});
    rig.add("a:type=B", {make_series("s_count"), make_series("s"), make_series("g")},
            {555, 666, 7});
    rig.add("a:type=C", {make_series("g", MetricType::kCounter, {{"l", "v"}})}, {8});
    const std::string text = rig.tick();
    EXPECT_THAT(text, HasSubstr("# TYPE g gauge\ng 7\ng{l=\"v\"} 8\n"));
    EXPECT_THAT(text, Not(HasSubstr("555")));
    EXPECT_THAT(text, Not(HasSubstr("666")));
    EXPECT_EQ(rig.counters.get(Counter::kOutputSeriesClashing), 2U);
}

TEST(PrometheusTest, RemovesAndAddsUnits) {
    EncodeRig rig({});
    std::vector<UnitId> units;
    for (int i = 0; i < 2000; ++i) {
        units.push_back(rig.add("a:type=X",
                                {make_series("a", MetricType::kGauge, {{"i", std::to_string(i)}})},
                                {static_cast<double>(i)}));
    }
    for (int i = 0; i < 2000; ++i) {
        if (i != 7 && i != 1999) {
            rig.encoder->remove_unit(units[static_cast<std::size_t>(i)]);
        }
    }
    EXPECT_EQ(rig.tick(),
              "# HELP a Help of a.\n# TYPE a gauge\na{i=\"7\"} 7\na{i=\"1999\"} 1999\n");
    // The same bean again, as Kafka does when it adds an attribute.
    rig.encoder->remove_unit(units[7]);
    rig.add("a:type=X", {make_series("a", MetricType::kGauge, {{"i", "7"}})}, {70});
    EXPECT_EQ(rig.tick(),
              "# HELP a Help of a.\n# TYPE a gauge\na{i=\"1999\"} 1999\na{i=\"7\"} 70\n");
    EXPECT_EQ(rig.counters.get(Counter::kOutputSeriesClashing), 0U);
}

TEST(PrometheusTest, GoesOnWhereItStoppedWhenThereWasNoBlock) {
    EncodeRig whole({});
    EncodeRig paused({}, 256, 1);
    for (int i = 0; i < 100; ++i) {
        const std::string name = "m" + std::to_string(i % 7);
        for (EncodeRig* rig : {&whole, &paused}) {
            rig->add("a:type=X",
                     {make_series(name, MetricType::kGauge, {{"i", std::to_string(i)}})},
                     {static_cast<double>(i)});
        }
    }
    EXPECT_EQ(paused.tick(), whole.tick());
    EXPECT_GT(paused.blocks.size(), 5U);
    for (const std::string& block : paused.blocks) {
        EXPECT_TRUE(block.empty() || block.back() == '\n');
    }
    EXPECT_EQ(paused.counters.get(Counter::kLinesEncoded), 100U);
}

TEST(PrometheusTest, AllowsRegistrationDuringAPausedTick) {
    EncodeRig rig({}, 128, 1);
    std::vector<UnitId> units;
    for (int i = 0; i < 300; ++i) {
        units.push_back(rig.add("a:type=X",
                                {make_series("a", MetricType::kGauge, {{"i", std::to_string(i)}})},
                                {static_cast<double>(i)}));
    }
    rig.encoder->begin_tick(1, {});
    std::size_t turn = 0;
    while (!rig.encoder->encode_some(rig.cache.view(), rig.channel)) {
        if (turn < 150) {
            rig.encoder->remove_unit(units[299 - turn]);
            rig.add("b:type=X",
                    {make_series("z" + std::to_string(turn)),
                     make_series("a", MetricType::kGauge, {{"j", std::to_string(turn)}})},
                    {1, 2});
        }
        ++turn;
        rig.drain();
    }
    rig.drain();
    const std::string text = rig.text();
    EXPECT_GT(turn, 20U);
    EXPECT_THAT(text, HasSubstr("a{i=\"149\"} 149\n"));
    EXPECT_THAT(text, Not(HasSubstr("a{i=\"299\"}")));
    EXPECT_THAT(rig.tick(), HasSubstr("z0 1\n"));
}

TEST(PrometheusTest, CountsLinesThatAreTooLong) {
    EncodeRig rig({.labels = {}, .line_bytes_max = 100});
    rig.add(
        "a:type=X",
        {make_series("a", MetricType::kGauge, {{"l", std::string(90, 'x')}}),
         make_series("b", MetricType::kGauge, {{"l", std::string(70'000, 'x')}}), make_series("c")},
        {123456789, 2, 3});
    EXPECT_EQ(rig.tick(), "# HELP c Help of c.\n# TYPE c gauge\nc 3\n");
    EXPECT_EQ(rig.counters.get(Counter::kLinesTooLongDropped), 2U);
    rig.cache.value(0) = 1;
    EXPECT_THAT(rig.tick(), HasSubstr("\"} 1\n"));
}

TEST(PrometheusTest, TakesTheAgentsOwnSamples) {
    EncodeRig rig({.labels = {{"cluster", "c"}}});
    rig.add("a:type=X", {make_series("zz")}, {1});
    std::vector<SelfSample> self = {{make_series("remora_units"), 5},
                                    {make_series("remora_x", MetricType::kGauge, {{"f", "1"}}), 6}};
    EXPECT_THAT(rig.tick(1, self), HasSubstr("remora_units{cluster=\"c\"} 5\n"));
    self[0].value = 50;
    self[1].series.labels[0].value = "2";
    std::string text = rig.tick(2, self);
    EXPECT_THAT(text, HasSubstr("remora_units{cluster=\"c\"} 50\n"));
    EXPECT_THAT(text, HasSubstr("remora_x{f=\"2\",cluster=\"c\"} 6\n"));
    EXPECT_THAT(text, Not(HasSubstr("f=\"1\"")));
    self.pop_back();
    text = rig.tick(3, self);
    EXPECT_THAT(text, Not(HasSubstr("remora_x")));
    EXPECT_THAT(text, HasSubstr("zz{cluster=\"c\"} 1\n"));
}

TEST(PrometheusTest, IgnoresTheEmitModeSinceAFileIsWhole) {
    EncodeRig rig({.emit = EmitMode::kChanged, .keyframe_ms = 180'000, .labels = {}});
    rig.add("a:type=X", {make_series("a")}, {1});
    EXPECT_EQ(rig.tick(1), rig.tick(2));
}

TEST(OpenMetricsTest, NamesCountersByTheirFamilyAndEnds) {
    EncodeRig rig({.format = OutputFormat::kOpenMetrics, .labels = {}});
    Series help = make_series("g");
    help.help = "say \"hi\"";
    rig.add(
        "a:type=X",
        {make_series("b_total", MetricType::kCounter), make_series("c_count", MetricType::kCounter),
         help, make_series("u", MetricType::kUntyped)},
        {1, 2, 3, 4});
    EXPECT_EQ(rig.tick(),
              "# HELP b Help of b_total.\n# TYPE b counter\nb_total 1\n"
              "# HELP c_count Help of c_count.\n# TYPE c_count counter\nc_count_total 2\n"
              "# HELP g say \\\"hi\\\"\n# TYPE g gauge\ng 3\n"
              "# HELP u Help of u.\n# TYPE u unknown\nu 4\n# EOF\n");
}

TEST(OpenMetricsTest, LeavesOutWhatACounterMayNotBe) {
    EncodeRig rig({.format = OutputFormat::kOpenMetrics, .labels = {}});
    rig.add("a:type=X", {make_series("b_total", MetricType::kCounter), make_series("g")},
            {kNaN, kNaN});
    EXPECT_THAT(rig.tick(), Not(HasSubstr("b_total ")));
    EXPECT_THAT(rig.text(), HasSubstr("g NaN\n"));
    EXPECT_EQ(rig.counters.get(Counter::kValuesUnencodable), 1U);
}

// Families are ranked by cost, so self samples change places.
TEST(PrometheusTest, SelfSamplesThatChangePlacesAreAllStillThere) {
    EncoderOptions options;
    options.format = OutputFormat::kPrometheus;
    EncodeRig rig(options);
    const auto sample = [](const char* metric_family, double value) {
        return SelfSample{make_series("cost", MetricType::kGauge, {{"family", metric_family}}),
                          value};
    };
    rig.tick(1, {sample("a", 1), sample("b", 2), sample("c", 3)});
    const std::string text = rig.tick(2, {sample("c", 4), sample("a", 5), sample("b", 6)});
    EXPECT_NE(text.find("cost{family=\"a\"} 5\n"), std::string::npos) << text;
    EXPECT_NE(text.find("cost{family=\"b\"} 6\n"), std::string::npos) << text;
    EXPECT_NE(text.find("cost{family=\"c\"} 4\n"), std::string::npos) << text;
}

TEST(OpenMetricsTest, AFamilyIsOfCountersOrOfNone) {
    EncoderOptions open;
    open.format = OutputFormat::kOpenMetrics;
    EncodeRig rig(open);
    rig.add("b:n=x", {make_series("foo")}, {2});
    rig.add("b:n=y", {make_series("foo_total", MetricType::kCounter)}, {1});
    rig.add("b:n=z", {make_series("bar", MetricType::kCounter)}, {1});
    rig.add("b:n=u", {make_series("bar", MetricType::kGauge, {{"a", "b"}})}, {1});
    const std::string text = rig.tick();
    EXPECT_EQ(text.find("foo_total"), std::string::npos) << text;
    EXPECT_NE(text.find("\nfoo 2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\nbar_total 1\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("\nbar{"), std::string::npos) << text;
    EXPECT_EQ(rig.counters.get(Counter::kOutputSeriesClashing), 2U);
}

TEST(OpenMetricsTest, AQuantileIsAtMostOne) {
    EncoderOptions open;
    open.format = OutputFormat::kOpenMetrics;
    EncodeRig rig(open);
    Series series = make_series("s", MetricType::kSummary, {{"quantile", "99"}});
    rig.add("b:n=x", {series}, {1});
    EXPECT_EQ(rig.tick().find("quantile"), std::string::npos);
}

}  // namespace
}  // namespace remora
