#include "model/object_name.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace remora {
namespace {

// Short enough for a text inside std::string itself, and longer.
TEST(OwnedObjectNameTest, KeepsTheNameWhenTheTextIsGoneAndItIsMoved) {
    for (const std::string topic : {"t", "\"a,b=c\"", "a-topic-whose-name-is-rather-long"}) {
        const std::string expected = "d:k=,topic=" + topic;
        std::string text = expected;
        OwnedObjectName owned(ObjectName::parse(text).value());
        text.assign(text.size(), '#');
        std::vector<OwnedObjectName> all;
        all.push_back(std::move(owned));
        all.emplace_back();
        all.reserve(100);
        const ObjectName& name = all.front().get();
        EXPECT_EQ(name.text(), expected);
        EXPECT_EQ(name.domain(), "d");
        ASSERT_EQ(name.properties().size(), 2U);
        EXPECT_EQ(name.properties()[0].key, "k");
        EXPECT_EQ(name.get("k"), "");
        EXPECT_EQ(name.get("topic"), topic);
        EXPECT_EQ(all.back().get().text(), "");
    }
}

}  // namespace
}  // namespace remora
