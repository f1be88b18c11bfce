#include "engine/births.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

constexpr std::int64_t kMinute = 60 * kNanosPerSecond;

TEST(BirthsTest, ABeanThatNobodyHasSeenIsNew) {
    Births births;
    EXPECT_TRUE(births.is_new(1));
}

TEST(BirthsTest, WhatCouldNotBeTakenInBeforeIsNotNew) {
    Births births;
    births.met(1);
    EXPECT_FALSE(births.is_new(1));
    EXPECT_TRUE(births.is_new(2));
}

TEST(BirthsTest, WhatComesBackAtOnceGoesOnAndWhatComesBackLaterIsAnother) {
    Births births;
    births.pass(10 * kMinute);
    births.left(1);
    EXPECT_FALSE(births.is_new(1));
    births.pass(11 * kMinute);
    EXPECT_FALSE(births.is_new(1)) << "a minute is not long";
    births.pass(12 * kMinute);
    EXPECT_TRUE(births.is_new(1));
}

TEST(BirthsTest, WhenItCannotRememberAllNothingIsNew) {
    Births births;
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        births.met(i);
    }
    EXPECT_FALSE(births.is_new(1'000'000));
}

}  // namespace
}  // namespace remora
