#include "base/words.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

using Words = std::vector<std::string_view>;

TEST(WordsTest, BlanksOfEveryKindStandBetween) {
    EXPECT_EQ(split_words(" S  1\t42\n7"), (Words{"S", "1", "42", "7"}));
    EXPECT_EQ(split_words("one"), Words{"one"});
}

TEST(WordsTest, NoneAreInBlanks) {
    EXPECT_EQ(split_words(""), Words{});
    EXPECT_EQ(split_words(" \t\n"), Words{});
}

}  // namespace
}  // namespace remora
