#include "tune/tuning_state.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

Change some_change() {
    Change change;
    change.id = 3;
    change.rule = "costly_family";
    change.subject = "d:type=A";
    change.kinds = {"interval"};
    change.edit = {"rules", "", {{"match", "d:type=A"}, {"interval", "5m"}}};
    change.ground = "0123";
    change.figure = "CPU of reads, % of a core";
    change.before = 1.5;
    change.after = 0.5;
    change.noise = 0.25;
    change.since_wall_ms = 1'700'000'000'000;
    return change;
}

TEST(TuningStateTest, WhatIsReadIsWhatWasWritten) {
    TuningState state;
    state.next_id = 5;
    state.kept = {some_change()};
    state.trial = {some_change()};
    state.rests = {{"d:type=A", 1'700'000'000'001, 21'600}};
    const std::string text = print_state(state);
    const Result<TuningState> read = parse_state(text);
    ASSERT_TRUE(read) << read.status().message();
    EXPECT_EQ(print_state(read.value()), text);
    EXPECT_EQ(read.value().next_id, 5U);
    EXPECT_EQ(read.value().kept[0].edit.keys, some_change().edit.keys);
    EXPECT_EQ(read.value().trial[0].after, 0.5);
    EXPECT_EQ(read.value().rests[0].until_wall_ms, 1'700'000'000'001);
}

TEST(TuningStateTest, WhatIsNoStateIsRefused) {
    for (const char* text : {"", "[]", "{}", "{\"version\": 1}", "{\"version\": \"1\"}"}) {
        EXPECT_EQ(parse_state(text).status().code(), Code::kCorrupt) << text;
    }
    std::string other = print_state({});
    other.replace(other.find("\"version\": 1"), 12, "\"version\": 2");
    EXPECT_NE(parse_state(other).status().message().find("found version 2; expected 1"),
              std::string::npos);
    TuningState nothing;
    nothing.kept = {some_change()};
    nothing.kept[0].edit = {};
    EXPECT_EQ(parse_state(print_state(nothing)).status().code(), Code::kCorrupt);
    nothing.kept[0].edit = {"rules", "", nlohmann::json::array()};
    EXPECT_EQ(parse_state(print_state(nothing)).status().code(), Code::kCorrupt);
}

}  // namespace
}  // namespace remora
