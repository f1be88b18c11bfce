#include "ring/spsc_channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace remora {
namespace {

TEST(SpscChannelTest, RejectsABatchThatDoesNotFitWhole) {
    SpscChannel<int> channel(4);
    const std::vector<int> three = {1, 2, 3};
    EXPECT_TRUE(channel.try_push_all(three));
    EXPECT_FALSE(channel.try_push_all(three));
    EXPECT_TRUE(channel.try_push(4));
    EXPECT_FALSE(channel.try_push(5));
    std::vector<int> got(8);
    EXPECT_EQ(channel.pop_some(got), 4U);
    EXPECT_EQ(got[3], 4);
}

TEST(SpscChannelTest, KeepsEveryItemInOrderBetweenTwoThreads) {
    constexpr std::uint32_t kItems = 200'000;
    SpscChannel<std::uint32_t> channel(256);
    std::uint64_t refused = 0;
    std::thread producer([&] {
        for (std::uint32_t i = 0; i < kItems;) {
            const std::uint32_t batch[3] = {i, i + 1, i + 2};
            const std::size_t count = std::min<std::size_t>(3, kItems - i);
            if (channel.try_push_all({batch, count})) {
                i += static_cast<std::uint32_t>(count);
            } else {
                ++refused;
                std::this_thread::yield();
            }
        }
    });
    std::vector<std::uint32_t> got(100);
    std::uint32_t expected = 0;
    while (expected < kItems) {
        const std::size_t count = channel.pop_some(got);
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(got[i], expected++);
        }
        if (count == 0) {
            std::this_thread::yield();
        }
    }
    producer.join();
    EXPECT_EQ(channel.filled(), 0U);
}

}  // namespace
}  // namespace remora
