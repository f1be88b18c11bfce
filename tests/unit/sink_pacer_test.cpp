#include "sink/pacer.h"

#include <gtest/gtest.h>

namespace remora {
namespace {

TEST(PacerTest, ASmallFrameLeavesAtOnce) {
    Pacer pacer(2 * kNanosPerSecond);
    for (int frame = 0; frame < 3; ++frame) {
        pacer.begin_frame(frame * 10 * kNanosPerSecond);
        for (int i = 0; i < Pacer::kBurst; ++i) {
            EXPECT_EQ(pacer.wait_ns(frame * 10 * kNanosPerSecond), 0);
            pacer.sent();
        }
        pacer.end_frame();
    }
}

TEST(PacerTest, AThreadThatWasHeldUpDoesNotSendAllAtOnce) {
    Pacer pacer(2'000 * kNanosPerMilli);
    pacer.begin_frame(0);
    // Half of the time is over before the first datagram.
    const std::int64_t late_ns = 1'000 * kNanosPerMilli;
    int at_once = 0;
    while (pacer.wait_ns(late_ns) == 0) {
        pacer.sent();
        ++at_once;
    }
    EXPECT_LE(at_once, 2 * Pacer::kBurst);
    EXPECT_GE(at_once, Pacer::kBurst);
}

TEST(PacerTest, AFrameThatGrewGoesOnAtTheQuickPaceWhenItsTimeIsOver) {
    Pacer pacer(kNanosPerSecond);
    for (const int datagrams : {100, 100, 4'000}) {
        pacer.begin_frame(0);
        std::int64_t now_ns = 0;
        for (int i = 0; i < datagrams; ++i) {
            now_ns += pacer.wait_ns(now_ns);
            ASSERT_EQ(pacer.wait_ns(now_ns), 0);
            pacer.sent();
        }
        pacer.end_frame();
        EXPECT_LE(now_ns, kNanosPerSecond + 4'000 * Pacer::kQuickGapNs + kNanosPerSecond / 10);
    }
}

}  // namespace
}  // namespace remora
