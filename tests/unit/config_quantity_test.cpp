#include "config/quantity.h"

#include <gtest/gtest.h>

#include <string>

namespace remora {
namespace {

TEST(ConfigQuantity, DurationsAndSizesComeBackAsTheyWere) {
    for (const std::int64_t ms : {0LL, 1LL, 999LL, 1000LL, 90'000LL, 3'600'000LL, 86'461'001LL}) {
        EXPECT_EQ(parse_duration(format_duration(ms)), ms);
    }
    for (const std::uint64_t bytes : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 64ULL << 20}) {
        EXPECT_EQ(parse_size(format_size(bytes)), bytes);
    }
    EXPECT_EQ(parse_size("64 KiB"), 65536U);
    EXPECT_EQ(parse_size("1432"), 1432U);
    EXPECT_FALSE(parse_size("MB"));
    EXPECT_FALSE(parse_size("1.5MB"));
    EXPECT_FALSE(parse_size("9999999999999TB"));
    EXPECT_FALSE(parse_duration("s"));
    EXPECT_FALSE(parse_duration("1"));
    EXPECT_FALSE(parse_duration("1s2s"));
}

TEST(ConfigQuantity, TheNearestNameIsFoundThroughSlipsOfTheHand) {
    const std::vector<std::string> names = {"base_interval", "max_interval", "policy"};
    EXPECT_EQ(nearest("bas_interval", names), "base_interval");
    EXPECT_EQ(nearest("polciy", names), "policy");
    EXPECT_EQ(nearest("interval", names), "base_interval");
    EXPECT_EQ(nearest("zzz", names), "");
    EXPECT_EQ(edit_distance("abcd", "abdc"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
}

}  // namespace
}  // namespace remora
