#include "tune/tuning_state.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

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

std::string why_refused(const std::string& text) {
    const Result<TuningState> read = parse_state(text);
    EXPECT_EQ(read.status().code(), Code::kCorrupt) << text.substr(0, 200);
    EXPECT_EQ(read.status().message().find("exception"), std::string::npos);
    return read.status().message();
}

TEST(TuningStateTest, WhatIsNoStateIsRefused) {
    for (const char* text : {"", "[]", "{}", "7", "{\"version\": 2}", "{\"version\": \"2\"}"}) {
        EXPECT_NE(why_refused(text).find("; expected "), std::string::npos);
    }
    std::string other = print_state({});
    other.replace(other.find("\"version\": 2"), 12, "\"version\": 7");
    EXPECT_EQ(why_refused(other), "found version 7; expected 2");
    TuningState nothing;
    nothing.kept = {some_change()};
    nothing.kept[0].edit = {};
    EXPECT_EQ(why_refused(print_state(nothing)).rfind("found a change or a rest that cannot be", 0),
              0U);
    nothing.kept[0].edit = {"rules", "", nlohmann::json::array()};
    why_refused(print_state(nothing));
    TuningState long_rest;
    long_rest.rests = {{"d:type=A", 1, 1e300}};
    why_refused(print_state(long_rest));
    TuningState two;
    two.trial = {some_change(), some_change()};
    why_refused(print_state(two));
}

TEST(TuningStateTest, WhatWasEditedOrCutIsRefused) {
    TuningState state;
    state.kept = {some_change()};
    const std::string text = print_state(state);
    for (std::size_t bytes = 0; bytes + 1 < text.size(); ++bytes) {
        ASSERT_FALSE(parse_state(text.substr(0, bytes))) << bytes;
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (std::isalnum(static_cast<unsigned char>(text[at])) == 0) {
            continue;  // white space means nothing
        }
        std::string edited = text;
        edited[at] = edited[at] == '1' ? '2' : '1';
        ASSERT_FALSE(parse_state(edited)) << at << "\n" << edited;
    }
}

// Printing and copying what lies so deep would end the broker.
TEST(TuningStateTest, WhatLiesDeepIsRefused) {
    const std::string deep(kTuningBytesMax / 2, '[');
    why_refused("{\"version\": 2, \"kept\": " + deep);
    why_refused(deep + std::string(deep.size(), ']'));
    why_refused("{\"version\": " + deep + std::string(deep.size(), ']') + "}");
}

}  // namespace
}  // namespace remora
