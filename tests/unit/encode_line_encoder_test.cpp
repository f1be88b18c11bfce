#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "support/encode_rig.h"

namespace remora {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

EncoderOptions options(OutputFormat format, EmitMode emit = EmitMode::kAll) {
    EncoderOptions made;
    made.format = format;
    made.emit = emit;
    return made;
}

Series state_series() {
    Series series = make_series("s_info", MetricType::kGauge, {{"l", "v"}});
    series.rule = ValueRule::kState;
    series.state_label = "state";
    return series;
}

TEST(InfluxTest, WritesFloatsAtNanoseconds) {
    EncodeRig rig(options(OutputFormat::kInflux));
    rig.add("a:type=X",
            {make_series("m", MetricType::kGauge, {{"t", "a b,c=d\\"}, {"time", "x"}}),
             make_series("n"), state_series()},
            {1, 2.5, 1});
    rig.cache.texts() = {"", "lead er"};
    EXPECT_EQ(rig.tick(1'700'000'000'001),
              "m,t=a\\ b\\,c\\=d_-4eb5a06c,time_=x value=1 1700000000001000000\n"
              "n value=2.5 1700000000001000000\n"
              "s_info,l=v,state=lead\\ er value=1 1700000000001000000\n");
}

TEST(InfluxTest, CountsWhatItCannotExpress) {
    EncodeRig rig(options(OutputFormat::kInflux));
    rig.add("a:type=X", {make_series("a"), make_series("b"), make_series("c")}, {kNaN, kInf, 1});
    EXPECT_THAT(rig.tick(), Not(AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
    EXPECT_EQ(rig.counters.get(Counter::kValuesUnencodable), 2U);
    EXPECT_EQ(rig.counters.get(Counter::kLinesEncoded), 1U);
}

TEST(GraphiteTest, WritesTagsAndSeconds) {
    EncodeRig rig(options(OutputFormat::kGraphite));
    rig.add("a:type=X",
            {make_series("m", MetricType::kGauge, {{"topic", "a.b c;d~/e"}, {"name", "x"}}),
             make_series("n"), state_series()},
            {1, -2.5, 1});
    rig.cache.texts() = {"", "leader"};
    EXPECT_EQ(rig.tick(1'700'000'000'999),
              "m;topic=a.b_c_d__e-ab3b4d6a;name_=x 1 1700000000\nn -2.5 1700000000\n"
              "s_info;l=v;state=leader 1 1700000000\n");
}

TEST(StatsdTest, FoldsLabelsIntoTheNameAndSendsGrowth) {
    EncodeRig rig(options(OutputFormat::kStatsd));
    const UnitId unit =
        rig.add("a:type=X",
                {make_series("c_total", MetricType::kCounter, {{"topic", "a.b:c|d"}}),
                 make_series("g"), state_series()},
                {10, 2.5, 1});
    rig.cache.texts() = {"", "leader"};
    EXPECT_EQ(rig.tick(), "g:2.5|g\ns_info.l.v.state.leader:1|g\n");
    rig.cache.value(unit) = 15;
    EXPECT_EQ(rig.tick(),
              "c_total.topic.a_b_c_d-863606d4:5|c\ng:2.5|g\ns_info.l.v.state.leader:1|g\n");
    EXPECT_THAT(rig.tick(), HasSubstr(":0|c\n"));
    rig.cache.value(unit) = 4;  // reset
    EXPECT_THAT(rig.tick(), HasSubstr(":4|c\n"));
}

TEST(StatsdTest, SetsANegativeGaugeInOneDatagram) {
    // Room for one pair but not for two.
    EncodeRig rig(options(OutputFormat::kStatsd), 24);
    rig.add("a:type=X", {make_series("x"), make_series("y")}, {-5, -0.5});
    EXPECT_EQ(rig.tick(), "x:0|g\nx:-5|g\ny:0|g\ny:-0.5|g\n");
    EXPECT_EQ(rig.blocks.size(), 2U);
    EXPECT_EQ(rig.lines, 4U);
}

TEST(DogstatsdTest, WritesTags) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    const UnitId unit = rig.add(
        "a:type=X",
        {make_series("c_total", MetricType::kCounter, {{"topic", "a.b|c,d"}, {"n", ""}}),
         make_series("g", MetricType::kGauge, {{"k", "v"}}), state_series(), make_series("z")},
        {10, -5, 1, 7});
    rig.cache.texts() = {"", "leader"};
    EXPECT_EQ(rig.tick(), "g:0|g|#k:v\ng:-5|g|#k:v\ns_info:1|g|#l:v,state:leader\nz:7|g\n");
    rig.cache.value(unit) = 11;
    EXPECT_THAT(rig.tick(), HasSubstr("c_total:1|c|#topic:a.b_c_d-06d09df9\n"));
}

TEST(DogstatsdTest, CallsQuantilesOtherThanTheirSummary) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    Series quantile = make_series("s", MetricType::kSummary, {{"quantile", "0.99"}});
    Series count = make_series("s", MetricType::kSummary);
    count.name = "s_count";
    const UnitId unit = rig.add("a:type=X", {quantile, count}, {5, 1});
    rig.tick();
    rig.cache.value(unit) = 6;
    EXPECT_EQ(rig.tick(), "s_quantile:6|g|#quantile:0.99\ns_count:0|c\n");
}

TEST(DogstatsdTest, LeavesTheProcessesNamesToItsReceiver) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    rig.add("a:type=X",
            {make_series("process_open_fds", MetricType::kGauge, {{"process", "kafka"}}),
             make_series("processes")},
            {5, 6});
    EXPECT_EQ(rig.tick(), "kafka_process_open_fds:5|g|#process:kafka\nprocesses:6|g\n");
}

TEST(LineProtocolTest, ASummarysCountAndSumGoOutAsGrowth) {
    for (const OutputFormat format : {OutputFormat::kStatsd, OutputFormat::kDogstatsd}) {
        EncodeRig rig(options(format));
        std::vector<Series> all(2, make_series("s", MetricType::kSummary));
        all[0].name = "s_count";
        all[1].name = "s_sum";
        const UnitId unit = rig.add("a:type=X", all, {10, 100});
        EXPECT_EQ(rig.tick(), "") << "the first sight is no growth";
        rig.cache.value(unit) = 12;
        rig.cache.value(unit, 1) = 130.5;
        EXPECT_EQ(rig.tick(), "s_count:2|c\ns_sum:30|c\n");
        rig.cache.value(unit, 1) = 131;
        EXPECT_EQ(rig.tick(), "s_count:0|c\ns_sum:1|c\n") << "what was left of the tick before";
    }
}

// CPU seconds grow by less than one a tick; receivers that cut to integers would see nothing.
TEST(LineProtocolTest, GrowthGoesOutInWholeNumbersAndNothingOfItIsLost) {
    for (const OutputFormat format : {OutputFormat::kStatsd, OutputFormat::kDogstatsd}) {
        EncodeRig rig(options(format));
        Series seconds = make_series("cpu_seconds_total", MetricType::kCounter);
        seconds.rule = ValueRule::kScaled;
        seconds.scale = 1e-9;
        const UnitId unit = rig.add("a:type=X", {seconds}, {5.25e9});
        rig.tick();
        double said = 0;
        for (int i = 1; i <= 152; ++i) {
            rig.cache.value(unit) = 5.25e9 + 0.71e9 * i;
            const std::string line = rig.tick();
            const double growth = std::stod(line.substr(line.find(':') + 1));
            EXPECT_EQ(growth, std::floor(growth)) << line;
            said += growth;
            if (i % 10 == 0) {
                rig.encoder->frame_lost(true);
                said -= growth;
            }
        }
        // The last tick got out; 152 * 0.71 is 107.92.
        EXPECT_EQ(said, 107);
        rig.cache.value(unit) = 0.5e9;  // it was reset, and has grown by half a second since
        EXPECT_EQ(rig.tick().substr(17, 3), ":1|") << "with the 0.92 that were left";
    }
}

TEST(LineProtocolTest, WhatBeganWhileTheAgentRunsSendsItsFirstValue) {
    for (const OutputFormat format : {OutputFormat::kStatsd, OutputFormat::kDogstatsd}) {
        EncodeRig rig(options(format));
        rig.add("a:type=Old", {make_series("old", MetricType::kCounter)}, {1'000'000});
        EXPECT_EQ(rig.tick(), "") << "was there before";
        rig.add_new("a:type=New", {make_series("errors_total", MetricType::kCounter)}, {31});
        EXPECT_EQ(rig.tick(), "errors_total:31|c\nold:0|c\n");
        EXPECT_EQ(rig.tick(), "errors_total:0|c\nold:0|c\n");
        rig.add_new("a:type=Zero", {make_series("p", MetricType::kCounter)}, {0});
        EXPECT_THAT(rig.tick(), HasSubstr("p:0|c\n"));
    }
}

// Kafka registers a bean anew for each attribute that it gets.
TEST(LineProtocolTest, ABeanThatIsRegisteredAnewGoesOnWhereItWas) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    const Series counter = make_series("c_total", MetricType::kCounter);
    const UnitId before = rig.add("a:type=X", {counter}, {100.5});
    rig.tick();
    rig.cache.value(before) = 103.25;
    EXPECT_EQ(rig.tick(), "c_total:2|c\n");
    rig.encoder->remove_unit(before);
    const UnitId after =
        rig.add_new("a:type=X", {counter, make_series("n", MetricType::kCounter)}, {104.75, 3});
    EXPECT_EQ(rig.tick(), "c_total:2|c\nn:3|c\n") << "1.5 and the 0.75 that were left";
    rig.encoder->remove_unit(after);
    rig.add("a:type=X", {counter}, {7});
    EXPECT_EQ(rig.tick(), "c_total:7|c\n") << "the object is another one: it was reset";
}

TEST(LineProtocolTest, TheAgentsOwnCountersBeginWithIt) {
    EncoderOptions wanted = options(OutputFormat::kDogstatsd);
    wanted.begins_with_agent = true;
    EncodeRig rig(wanted);
    std::vector<SelfSample> self = {{make_series("remora_a_total", MetricType::kCounter), 3}};
    EXPECT_EQ(rig.tick(1, self), "remora_a_total:3|c\n");
    // Another one comes before it, which was counted all along.
    self.insert(self.begin(), {make_series("remora_b_total", MetricType::kCounter), 1'000});
    self[1].value = 5;
    EXPECT_EQ(rig.tick(2, self), "remora_a_total:2|c\n");
    EncodeRig later(options(OutputFormat::kDogstatsd));
    EXPECT_EQ(later.tick(1, self), "") << "an output that a reload brought";
}

const std::vector<std::string>& like_names() {
    static const std::vector<std::string> all = {
        "x_y",    "x|y",    "x;y", "x y",  "x,y",  "x.y",    "x\\y",  "x#y",
        "x/y",    "x=y",    "x:y", "x\ty", "日本", "中国",   "北京",  "上海",
        "москва", "Москва", "é",   "e",    "__",   "x\xFFy", "x\xFEy"};
    return all;
}

std::set<std::string> series_of(OutputFormat format, const std::vector<std::string>& clients) {
    EncodeRig rig(options(format), 1432, 16);
    for (const std::string& client : clients) {
        rig.add("k:type=X,client-id=" + client,
                {make_series("m", MetricType::kGauge, {{"clientId", client}})}, {1});
    }
    std::istringstream lines(rig.tick());
    std::set<std::string> all;
    for (std::string line; std::getline(lines, line);) {
        all.insert(line);
    }
    EXPECT_EQ(rig.counters.get(Counter::kOutputSeriesClashing), 0U);
    return all;
}

TEST(LineProtocolTest, ClientIdsThatLookAlikeStayApartWhateverTheirOrder) {
    std::vector<std::string> backwards = like_names();
    std::reverse(backwards.begin(), backwards.end());
    for (const OutputFormat format :
         {OutputFormat::kInflux, OutputFormat::kGraphite, OutputFormat::kStatsd,
          OutputFormat::kDogstatsd, OutputFormat::kPrometheus}) {
        const std::set<std::string> all = series_of(format, like_names());
        const std::size_t headers = format == OutputFormat::kPrometheus ? 2 : 0;
        EXPECT_EQ(all.size(), like_names().size() + headers) << static_cast<int>(format);
        EXPECT_EQ(all, series_of(format, backwards)) << static_cast<int>(format);
        for (const std::string& line : all) {
            EXPECT_THAT(line, Not(HasSubstr("mbean"))) << "depends on the order";
        }
    }
}

TEST(LineProtocolTest, WhatAFormatCanHoldGoesOutAsItIs) {
    const std::vector<std::string> clients = {"x|y", "x_y", "日本"};
    EXPECT_EQ(series_of(OutputFormat::kStatsd, clients),
              (std::set<std::string>{"m.clientId.x_y-2f63b762:1|g", "m.clientId.x_y:1|g",
                                     "m.clientId.__-0502dc45:1|g"}));
    EXPECT_EQ(series_of(OutputFormat::kDogstatsd, clients),
              (std::set<std::string>{"m:1|g|#clientId:x_y-2f63b762", "m:1|g|#clientId:x_y",
                                     "m:1|g|#clientId:日本"}));
}

// Telegraf 1.x cuts the last tag of a line within its last character.
TEST(DogstatsdTest, TheLastTagEndsInAscii) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    rig.add("a:type=X",
            {make_series("m", MetricType::kGauge, {{"a", "x"}, {"b", "日本"}, {"c", "y"}}),
             make_series("n", MetricType::kGauge, {{"a", "x"}, {"b", "日本"}})},
            {1, 2});
    EXPECT_EQ(rig.tick(), "m:1|g|#b:日本,a:x,c:y\nn:2|g|#b:日本,a:x\n");
}

TEST(LineProtocolTest, DotsStayInTheNamesOfLabelsWhereTheFormatHasThem) {
    EncoderOptions wanted = options(OutputFormat::kInflux);
    wanted.labels = {{"service.name", "kafka"}};
    for (const auto& [format, text] :
         {std::tuple{OutputFormat::kInflux, "m,service.name=kafka value=1"},
          std::tuple{OutputFormat::kGraphite, "m;service.name=kafka 1"},
          std::tuple{OutputFormat::kDogstatsd, "m:1|g|#service.name:kafka"},
          std::tuple{OutputFormat::kStatsd, "m.service_name.kafka:1|g"},
          std::tuple{OutputFormat::kPrometheus, "m{service_name=\"kafka\"} 1"}}) {
        wanted.format = format;
        EncodeRig rig(wanted);
        rig.add("a:type=X", {make_series("m")}, {1});
        EXPECT_THAT(rig.tick(), HasSubstr(text));
    }
}

TEST(LineProtocolTest, ALineCarriesTheTimeOfTheReadWhenAsked) {
    for (const auto& [format, tick, read] :
         {std::tuple{OutputFormat::kInflux, " value=1 1700000010000000000\n",
                     " value=1 1699999999000000000\n"},
          std::tuple{OutputFormat::kGraphite, " 1 1700000010\n", " 1 1699999999\n"}}) {
        EncoderOptions wanted = options(format);
        EncodeRig by_tick(wanted);
        wanted.time_of_read = true;
        EncodeRig by_read(wanted);
        for (EncodeRig* rig : {&by_tick, &by_read}) {
            const UnitId unit = rig->add("a:type=X", {make_series("m")}, {1});
            rig->cache.read_wall_ms(unit) = 1'699'999'999'000;
        }
        EXPECT_THAT(by_tick.tick(1'700'000'010'000), HasSubstr(tick));
        EXPECT_THAT(by_read.tick(1'700'000'010'000), HasSubstr(read));
    }
}

TEST(DogstatsdTest, ATickThatWaitsForRoomSendsEachGrowthOnce) {
    EncodeRig rig(options(OutputFormat::kDogstatsd), 32, 1);
    std::vector<UnitId> units;
    for (int i = 0; i < 10; ++i) {
        units.push_back(
            rig.add("a:type=X",
                    {make_series("c" + std::to_string(i) + "_total", MetricType::kCounter)}, {0}));
    }
    rig.tick();
    for (const UnitId unit : units) {
        rig.cache.value(unit) = 5;
    }
    rig.blocks.clear();
    rig.encoder->begin_tick(1, {});
    ASSERT_FALSE(rig.encoder->encode_some(rig.cache.view(), rig.channel));
    rig.drain();
    // What comes while it waits goes with what it has not come to yet.
    rig.cache.value(units[9]) = 7;
    while (!rig.encoder->encode_some(rig.cache.view(), rig.channel)) {
        rig.drain();
    }
    rig.drain();
    const std::string text = rig.text();
    EXPECT_THAT(text, HasSubstr("c0_total:5|c\n"));
    EXPECT_THAT(text, HasSubstr("c9_total:7|c\n"));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
}

TEST(LineProtocolTest, FillsDatagramsAndNeverSplitsALine) {
    for (const OutputFormat format :
         {OutputFormat::kInflux, OutputFormat::kGraphite, OutputFormat::kStatsd,
          OutputFormat::kDogstatsd, OutputFormat::kNdjson}) {
        EncodeRig rig(options(format), 1432, 3);
        for (int i = 0; i < 500; ++i) {
            rig.add(
                "a:type=X",
                {make_series("m", MetricType::kGauge, {{"i", std::to_string(i)}, {"l", "value"}})},
                {i * 0.5});
        }
        const std::string text = rig.tick();
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 500);
        for (std::size_t i = 0; i < rig.blocks.size(); ++i) {
            const std::string& block = rig.blocks[i];
            EXPECT_LE(block.size(), 1432U);
            EXPECT_TRUE(block.empty() || block.back() == '\n');
            EXPECT_TRUE(i + 1 == rig.blocks.size() || block.size() > 1432 - 200);
        }
    }
}

TEST(LineProtocolTest, DropsALineThatFitsNoDatagram) {
    EncodeRig rig(options(OutputFormat::kInflux), 100);
    rig.add("a:type=X", {make_series("m", MetricType::kGauge, {{"l", std::string(100, 'x')}})},
            {1});
    EXPECT_EQ(rig.tick(), "");
    EXPECT_EQ(rig.counters.get(Counter::kLinesTooLongDropped), 1U);
}

TEST(LineProtocolTest, StaysOneLineUnderHostileText) {
    std::string every;
    for (int c = 0; c < 256; ++c) {
        every.push_back(static_cast<char>(c));
    }
    for (const OutputFormat format : {OutputFormat::kInflux, OutputFormat::kGraphite,
                                      OutputFormat::kStatsd, OutputFormat::kDogstatsd}) {
        EncodeRig rig(options(format));
        rig.add(every, {make_series(every, MetricType::kGauge, {{every, every}})}, {1});
        const std::string text = rig.tick();
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
        EXPECT_EQ(std::count_if(text.begin(), text.end() - 1,
                                [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
                  0);
    }
}

TEST(LineEncoderTest, AnAttributeThatGaveNoValueIsLeftOutOfEveryFormat) {
    for (const OutputFormat format :
         {OutputFormat::kPrometheus, OutputFormat::kOpenMetrics, OutputFormat::kNdjson,
          OutputFormat::kOtlpJson, OutputFormat::kInflux, OutputFormat::kGraphite,
          OutputFormat::kStatsd, OutputFormat::kDogstatsd}) {
        EncodeRig rig(options(format));
        rig.add("a:type=X", {make_series("missing"), make_series("there")},
                {std::bit_cast<double>(wire::kNoValueBits), 2.5});
        const std::string text = rig.tick();
        EXPECT_EQ(text.find("missing"), std::string::npos) << text;
        EXPECT_NE(text.find("there"), std::string::npos) << text;
        EXPECT_EQ(rig.counters.get(Counter::kValuesUnencodable), 0U);
    }
}

TEST(StatsdTest, CountsOnlyFromWhatACounterCanBe) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    const UnitId unit = rig.add("b:n=x", {make_series("c", MetricType::kCounter)},
                                {std::numeric_limits<double>::quiet_NaN()});
    EXPECT_EQ(rig.tick(), "");
    rig.cache.value(unit) = 1'000;
    EXPECT_EQ(rig.tick(), "") << "the first sight says where it stands";
    rig.cache.value(unit) = std::numeric_limits<double>::infinity();
    EXPECT_EQ(rig.tick(), "");
    rig.cache.value(unit) = -3;
    EXPECT_EQ(rig.tick(), "") << "no receiver takes a negative increment";
    rig.cache.value(unit) = 1'004;
    EXPECT_EQ(rig.tick(), "c:4|c\n");
}

TEST(StatsdTest, SendsAgainWhatALostFrameHeld) {
    EncodeRig rig(options(OutputFormat::kDogstatsd));
    const UnitId unit = rig.add("b:n=x", {make_series("c", MetricType::kCounter)}, {10});
    EXPECT_EQ(rig.tick(), "");
    rig.cache.value(unit) = 13;
    EXPECT_EQ(rig.tick(), "c:3|c\n");
    rig.encoder->frame_lost(true);
    rig.cache.value(unit) = 14;
    EXPECT_EQ(rig.tick(), "c:4|c\n");
    rig.encoder->frame_lost(false);
    rig.cache.value(unit) = 15;
    EXPECT_EQ(rig.tick(), "c:1|c\n") << "a part got out, which must not count twice";
}

TEST(LineProtocolTest, ALabelThatIsRenamedTakesNoOthersName) {
    const std::vector<Label> reserved = {{"value", "a"}, {"_field", "b"}, {"_measurement", "c"}};
    EncodeRig third(options(OutputFormat::kInflux));
    third.add("b:n=x", {make_series("m", MetricType::kGauge, reserved)}, {1});
    EXPECT_TRUE(third.tick().starts_with("m,value_=a,_field_=b,_measurement_=c value=1 "));
    const std::vector<Label> influx = {{"time", "a"}, {"time_", "b"}, {"time__", "c"}};
    EncodeRig first(options(OutputFormat::kInflux));
    first.add("b:n=x", {make_series("m", MetricType::kGauge, influx)}, {1});
    EXPECT_TRUE(first.tick().starts_with("m,time___=a,time_=b,time__=c value=1 "));
    EncodeRig second(options(OutputFormat::kGraphite));
    second.add("b:n=x", {make_series("m", MetricType::kGauge, {{"name", "a"}, {"name_", "b"}})},
               {1});
    EXPECT_TRUE(second.tick().starts_with("m;name__=a;name_=b 1 "));
}

}  // namespace
}  // namespace remora
