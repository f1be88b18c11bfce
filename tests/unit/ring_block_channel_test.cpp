#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "ring/block_channel.h"

namespace remora {
namespace {

bool put(BlockChannel& channel, const std::string& line) {
    char* room = channel.reserve(line.size());
    if (room == nullptr) {
        return false;
    }
    std::memcpy(room, line.data(), line.size());
    channel.commit(line.size());
    return true;
}

std::string text(const BlockView& view) {
    return {view.bytes.data(), view.bytes.size()};
}

TEST(BlockChannelTest, NeverSplitsALineOverTwoBlocks) {
    BlockChannel channel(10, 4);
    channel.begin_frame(5);
    ASSERT_TRUE(put(channel, "aaaaaa\n"));
    ASSERT_TRUE(put(channel, "bbbbbb\n"));
    ASSERT_TRUE(channel.end_frame());
    BlockView view;
    ASSERT_TRUE(channel.front(view));
    EXPECT_EQ(text(view), "aaaaaa\n");
    EXPECT_EQ(view.flags, kFrameBegin);
    EXPECT_EQ(view.wall_ms, 5);
    channel.pop();
    ASSERT_TRUE(channel.front(view));
    EXPECT_EQ(text(view), "bbbbbb\n");
    EXPECT_EQ(view.flags, kFrameEnd);
    EXPECT_EQ(view.lines, 1U);
    channel.pop();
    EXPECT_FALSE(channel.front(view));
}

TEST(BlockChannelTest, SaysWhenNoBlockIsFreeAndGoesOnLater) {
    BlockChannel channel(4, 2);
    channel.begin_frame(0);
    ASSERT_TRUE(put(channel, "abcd"));
    ASSERT_TRUE(put(channel, "efgh"));
    EXPECT_FALSE(put(channel, "ijkl"));
    EXPECT_FALSE(channel.end_frame()) << "the end needs a block too";
    channel.pop();
    ASSERT_TRUE(put(channel, "ijkl"));
    ASSERT_TRUE(channel.end_frame());
    BlockView view;
    ASSERT_TRUE(channel.front(view));
    EXPECT_EQ(text(view), "efgh");
}

TEST(BlockChannelTest, AnEmptyFrameStillBeginsAndEnds) {
    BlockChannel channel(16, 2);
    channel.begin_frame(1);
    ASSERT_TRUE(channel.end_frame());
    BlockView view;
    ASSERT_TRUE(channel.front(view));
    EXPECT_EQ(view.flags, kFrameBegin | kFrameEnd);
    EXPECT_TRUE(view.bytes.empty());
}

TEST(BlockChannelTest, CarriesFramesBetweenTwoThreadsWithoutLoss) {
    constexpr int kFrames = 2'000;
    BlockChannel channel(64, 8);
    std::thread producer([&] {
        for (int frame = 0; frame < kFrames; ++frame) {
            channel.begin_frame(frame);
            for (int line = 0; line < 10; ++line) {
                while (!put(channel, std::to_string(frame) + ":" + std::to_string(line) + "\n")) {
                    std::this_thread::yield();
                }
            }
            while (!channel.end_frame()) {
                std::this_thread::yield();
            }
        }
    });
    std::string content;
    int ended = 0;
    while (ended < kFrames) {
        BlockView view;
        if (!channel.front(view)) {
            std::this_thread::yield();
            continue;
        }
        content += text(view);
        if ((view.flags & kFrameEnd) != 0) {
            std::string expected;
            for (int line = 0; line < 10; ++line) {
                expected += std::to_string(ended) + ":" + std::to_string(line) + "\n";
            }
            ASSERT_EQ(content, expected);
            content.clear();
            ++ended;
        }
        channel.pop();
    }
    producer.join();
}

TEST(BlockChannelTest, TellsAProducerThatFoundNoBlockOnceHalfOfThemAreFree) {
    BlockChannel channel(8, 4);
    channel.begin_frame(1);
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(put(channel, "1234567\n"));
    }
    BlockView view;
    ASSERT_TRUE(channel.front(view));
    ASSERT_FALSE(put(channel, "1234567\n"));
    EXPECT_FALSE(channel.pop()) << "one block is no room";
    EXPECT_TRUE(channel.pop());
    EXPECT_FALSE(channel.pop()) << "told once";
    EXPECT_TRUE(put(channel, "1234567\n"));
}

// Nothing but the word of the consumer gets the producer to go on: a lost one would hang here.
TEST(BlockChannelTest, NoWordThatThereIsRoomIsLost) {
    constexpr int kLines = 20'000;
    BlockChannel channel(8, 4);
    std::atomic<int> told{1};
    std::thread producer([&] {
        channel.begin_frame(1);
        for (int line = 0; line < kLines;) {
            while (told.load() == 0) {
                std::this_thread::yield();
            }
            told.store(0);
            while (line < kLines && put(channel, "1234567\n")) {
                ++line;
            }
        }
        while (!channel.end_frame()) {
            std::this_thread::yield();
        }
    });
    BlockView view;
    for (bool ended = false; !ended;) {
        if (!channel.front(view)) {
            std::this_thread::yield();
            continue;
        }
        ended = (view.flags & kFrameEnd) != 0;
        if (channel.pop()) {
            told.store(1);
        }
    }
    producer.join();
}

}  // namespace
}  // namespace remora
