#include "model/name_values.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

TEST(NameValuesTest, ValuesAreReplacedByKeyAndTheOrderOfKeysStays) {
    const ObjectName name = ObjectName::parse("d:type=Log,topic=\"a,b\",partition=3").value();
    EXPECT_EQ(with_values(name,
                          [](const KeyProperty& property) {
                              return property.key == "topic" ? "t" : property.value;
                          }),
              "d:type=Log,topic=t,partition=3");
    EXPECT_EQ(family_name(name), "d:type=Log,topic=*,partition=*");
    EXPECT_EQ(without_partition(name), "d:type=Log,topic=\"a,b\"");
}

}  // namespace
}  // namespace remora
