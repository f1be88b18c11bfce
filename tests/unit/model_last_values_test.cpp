// The file of last values, written and read.
#include "model/last_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "support/find_value.h"

namespace remora {
namespace {

LastValues some() {
    LastValues values;
    values.process = {4711, 4026531836, 99};
    values.tick_wall_ms = 1'700'000'000'000;
    values.tick_interval_ms = 10'000;
    values.facts = {{"broker.id", "1"}, {"cluster.id", "MkU3OEVBNTcwNTJENDM2Qg"}};
    values.values = {{"bytes_in", {1.5e9, 900, 1.4e9, 10'000}},
                     {"request_p99/Produce", {12.5, 3, 0, 0}}};
    values.topics = {{"a", {3, 0, 1, 5}, {}, {2, 7, 2, 9}}};
    values.topics_total = 7;
    values.classes = {{"broker", 12, 1.5, 3, 40, 0.01, 0.002}};
    values.outputs = {{"file-0", {100, 0, 50, 10'000}, 12, 1, 2, 3, 400}};
    values.events = {{"reads_blocked_total", 3, -1}};
    return values;
}

TEST(LastValues, WhatIsWrittenIsReadAgain) {
    const Result<LastValues> read = parse_values(print_values(some()));
    ASSERT_TRUE(read) << read.status().message();
    EXPECT_EQ(read.value(), some());
}

TEST(LastValues, ThatThereAreMoreTopicsIsReadAgain) {
    LastValues values = some();
    values.has_more_topics = true;
    EXPECT_EQ(parse_values(print_values(values)).value(), values);
}

TEST(LastValues, ForeignNamesCannotMakeLines) {
    LastValues values = some();
    values.topics[0].topic = "a\nvalue\tb";
    values.values[0].name = std::string("nul\0tab\t", 8);
    const Result<LastValues> read = parse_values(print_values(values));
    ASSERT_TRUE(read);
    EXPECT_EQ(read.value().topics[0].topic, "a?value?b");
    EXPECT_EQ(read.value().values[0].name, "nul?tab?");
    EXPECT_EQ(read.value().values.size(), 2U);
}

TEST(LastValues, NoNumberAndInfinityAreRead) {
    LastValues values = some();
    values.values[0].reading.value = std::nan("");
    values.values[1].reading.value = HUGE_VAL;
    const Result<LastValues> read = parse_values(print_values(values));
    ASSERT_TRUE(read);
    EXPECT_TRUE(std::isnan(read.value().values[0].reading.value));
    EXPECT_EQ(read.value().values[1].reading.value, HUGE_VAL);
}

TEST(LastValues, LinesOfAnotherVersionArePassedOver) {
    const Result<LastValues> read = parse_values(print_values(some()) + "colour\tblue\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read.value(), some());
}

TEST(LastValues, WhatIsNoSuchFileIsRefused) {
    const std::string whole = print_values(some());
    for (const std::string& text :
         {std::string(), std::string("kafka_x 1\n"), whole.substr(0, whole.size() - 1),
          whole + "value\tx\tseven\t0\t0\t0\n", whole + "tick\n"}) {
        EXPECT_EQ(parse_values(text).status().code(), Code::kCorrupt) << text.substr(0, 40);
    }
}

TEST(LastValues, ARateNeedsTwoReadsAndGrowth) {
    EXPECT_EQ(rate({300, 0, 100, 10'000}), 20.0);
    EXPECT_EQ(rate({100, 0, 100, 10'000}), 0.0);
    EXPECT_EQ(rate({300, 0, 100, 0}), std::nullopt) << "one read";
    EXPECT_EQ(rate({50, 0, 100, 10'000}), std::nullopt) << "it began anew";
    EXPECT_EQ(rate({std::nan(""), 0, 100, 10'000}), std::nullopt);
}

TEST(LastValues, WhatThereIsNotIsNotFound) {
    const LastValues values = some();
    EXPECT_EQ(find_value(values, "bytes_in")->value, 1.5e9);
    EXPECT_EQ(find_value(values, "bytes"), nullptr);
    EXPECT_EQ(fact_of(values, "broker.id"), "1");
    EXPECT_EQ(fact_of(values, "rack"), "");
    EXPECT_EQ(find_event(values, Counter::kReadsBlocked)->total, 3U);
    EXPECT_EQ(find_event(values, Counter::kLogLinesLost), nullptr);
}

}  // namespace
}  // namespace remora
