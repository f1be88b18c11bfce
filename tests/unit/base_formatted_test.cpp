#include "base/formatted.h"

#include <gtest/gtest.h>

#include <string>

namespace remora {
namespace {

TEST(FormattedTest, PrintsAsPrintfDoesAndCutsOffWhatIsTooLong) {
    EXPECT_EQ(formatted("%.2f of %s, %u", 0.125, "1 %", 7U), "0.12 of 1 %, 7");
    EXPECT_EQ(formatted("%s", ""), "");
    EXPECT_EQ(formatted("%s", std::string(2'000, 'x').c_str()), std::string(511, 'x'));
}

}  // namespace
}  // namespace remora
