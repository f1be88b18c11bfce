#include "model/name_store.h"

#include <gtest/gtest.h>

#include <string>

namespace remora {
namespace {

constexpr const char* kFamily = "kafka.log:type=Log,name=Size,topic=*,partition=*";

std::string log_name(const std::string& topic, int partition) {
    return "kafka.log:type=Log,name=Size,topic=" + topic +
           ",partition=" + std::to_string(partition);
}

TEST(NameStoreTest, GivesBackWhatItWasGiven) {
    NameStore names;
    const std::string hostile = log_name("a,partition=7", 3);
    const std::string other = "java.lang:type=Memory";
    const std::string zero = log_name(std::string("z\0z", 3), 1);
    names.set(0, kFamily, log_name("orders", 3));
    names.set(1, kFamily, hostile);
    names.set(2, kFamily, other);
    names.set(3, kFamily, log_name("", 0));
    names.set(4, kFamily, zero);
    names.set(5, other, other);
    names.set(6, "a:b=**", "a:b=xy");
    EXPECT_EQ(names.get(0, kFamily), log_name("orders", 3));
    EXPECT_EQ(names.get(1, kFamily), hostile);
    EXPECT_EQ(names.get(2, kFamily), other) << "not of the family";
    EXPECT_EQ(names.get(3, kFamily), log_name("", 0));
    EXPECT_EQ(names.get(4, kFamily), zero);
    EXPECT_EQ(names.get(5, other), other);
    EXPECT_EQ(names.get(6, "a:b=**"), "a:b=xy");
    EXPECT_EQ(names.get(99, kFamily), "");
}

TEST(NameStoreTest, NamesThatComeAndGoLeaveTheOthersAlone) {
    NameStore names;
    constexpr UnitId kUnits = 20'000;
    for (int round = 0; round < 3; ++round) {
        for (UnitId unit = 0; unit < kUnits; ++unit) {
            names.set(unit, kFamily, log_name("topic-" + std::to_string(unit), round));
        }
        for (UnitId unit = 0; unit < kUnits; ++unit) {
            if (unit % 7 != 0) {
                names.erase(unit);
            }
        }
        for (UnitId unit = 0; unit < kUnits; ++unit) {
            EXPECT_EQ(names.get(unit, kFamily),
                      unit % 7 != 0 ? "" : log_name("topic-" + std::to_string(unit), round));
        }
    }
}

}  // namespace
}  // namespace remora
