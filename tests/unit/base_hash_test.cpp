#include "base/hash.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

TEST(HashTest, Fnv1IsThatOfGo) {
    // FNV-1, not FNV-1a: test vectors of the hash's authors.
    EXPECT_EQ(fnv1_32(""), 0x811c9dc5U);
    EXPECT_EQ(fnv1_32("a"), 0x050c5d7eU);
    EXPECT_EQ(fnv1_32("foobar"), 0x31f0b262U);
}

}  // namespace
}  // namespace remora
