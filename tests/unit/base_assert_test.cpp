#include "base/assert.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace remora {
namespace {

TEST(Assert, WhatHoldsIsEvaluatedOnceAndNothingMore) {
    int times = 0;
    REMORA_ASSERT(++times > 0);
    EXPECT_EQ(times, 1);
}

#ifdef NDEBUG

TEST(Assert, InAReleaseWhatIsBrokenIsThrownWithItsPlace) {
    try {
        REMORA_ASSERT(1 + 1 == 3);
        FAIL() << "went on";
    } catch (const std::logic_error& fault) {
        const std::string text = fault.what();
        EXPECT_EQ(text.find("broken invariant 1 + 1 == 3 at "), 0U) << text;
        EXPECT_NE(text.find("base_assert_test.cpp:"), std::string::npos) << text;
    }
}

#else

TEST(AssertDeathTest, InATestBuildWhatIsBrokenEndsTheProcessWithItsPlace) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(REMORA_ASSERT(1 + 1 == 3), "broken invariant 1 \\+ 1 == 3 at .*assert_test.cpp:");
}

#endif

}  // namespace
}  // namespace remora
