#include "select/bean_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace remora {
namespace {

TEST(BeanListTest, ReadsAllThreeForms) {
    const Result<BeanList> list = BeanList::parse(
        "# a comment\n"
        "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec\n"
        "timer\tkafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs\r\n"
        "{\"name\": \"kafka.x:type=H\", \"attributes\": {\"Count\": 1, \"999thPercentile\": 2.5}}\n"
        "{\"mbean\": \"java.lang:type=Memory\", \"attribute\": \"Verbose\", \"value\": true}\n"
        "{\"mbean\": \"java.lang:type=Memory\", \"attribute\": \"Used\", \"value\": 5}\n");
    ASSERT_TRUE(list) << list.status().message();
    const std::vector<Bean>& beans = list.value().beans();
    ASSERT_EQ(beans.size(), 4U);
    EXPECT_EQ(beans[0].kind, BeanKind::kMeter);
    EXPECT_EQ(beans[1].kind, BeanKind::kTimer);
    EXPECT_EQ(beans[2].kind, BeanKind::kHistogram);
    EXPECT_EQ(beans[3].kind, BeanKind::kMBean);
    ASSERT_EQ(beans[3].attributes.size(), 2U);
    EXPECT_EQ(beans[3].attributes[0].type, ValueType::kBoolean);
    EXPECT_FALSE(BeanList::parse("a:b=1\nnonsense\n"));
    EXPECT_FALSE(BeanList::parse("{\"x\": 1}\n"));
    EXPECT_FALSE(BeanList::parse("thing\ta:b=1\n"));
}

}  // namespace
}  // namespace remora
