// What Java writes for a number, as JDK 17 says it.
#include "rules/java_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace remora {
namespace {

TEST(JavaTextTest, WritesDoublesAsJavaDoes) {
    EXPECT_EQ(java_double_text(3), "3.0");
    EXPECT_EQ(java_double_text(-0.5), "-0.5");
    EXPECT_EQ(java_double_text(0.001), "0.001");
    EXPECT_EQ(java_double_text(0.0001), "1.0E-4");
    EXPECT_EQ(java_double_text(1.5e-10), "1.5E-10");
    EXPECT_EQ(java_double_text(9999999), "9999999.0");
    EXPECT_EQ(java_double_text(1e7), "1.0E7");
    EXPECT_EQ(java_double_text(1.25e100), "1.25E100");
    EXPECT_EQ(java_double_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_EQ(java_double_text(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(JavaTextTest, WritesWholeNumbersWithoutAPoint) {
    EXPECT_EQ(java_number_text(1'700'000'000'123), "1700000000123");
    EXPECT_EQ(java_number_text(-3), "-3");
    EXPECT_EQ(java_number_text(0.25), "0.25");
    EXPECT_EQ(java_number_text(1e18), "1.0E18");
}

}  // namespace
}  // namespace remora
