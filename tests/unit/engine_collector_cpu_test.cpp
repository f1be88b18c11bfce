#include "engine/collector_cpu.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace remora {
namespace {

void burn(std::int64_t ns) {
    const std::int64_t until_ns = thread_cpu_ns() + ns;
    while (thread_cpu_ns() < until_ns) {
    }
}

TEST(CollectorCpuTest, AThreadThatSpinsInAReadIsTheAgentsAndNotTheNextOnes) {
    CollectorCpu cpu;
    std::atomic<int> step{0};
    std::thread hung([&] {
        burn(5 * kNanosPerMilli);
        EXPECT_GE(cpu.take_ns(), 5 * kNanosPerMilli) << "of its whole life";
        burn(5 * kNanosPerMilli);
        EXPECT_GE(cpu.take_ns(), 5 * kNanosPerMilli);
        EXPECT_EQ(cpu.take_abandoned_ns(), 0);
        step = 1;
        burn(20 * kNanosPerMilli);
        step = 2;
        while (step == 2) {
            std::this_thread::yield();
        }
    });
    while (step < 2) {
        std::this_thread::yield();
    }
    const std::int64_t before_ns = cpu.total_ns();
    cpu.take_ns();
    const std::int64_t own_ns = cpu.total_ns() - before_ns;
    EXPECT_GE(cpu.take_abandoned_ns(), 20 * kNanosPerMilli);
    EXPECT_GE(cpu.total_ns(), before_ns + own_ns + 20 * kNanosPerMilli);
    step = 3;
    hung.join();
    cpu.take_abandoned_ns();
    const std::int64_t at_end_ns = cpu.total_ns();
    EXPECT_EQ(cpu.take_abandoned_ns(), 0);
    EXPECT_EQ(cpu.total_ns(), at_end_ns);
    burn(kNanosPerMilli);
    EXPECT_GE(cpu.take_ns(), kNanosPerMilli);
}

}  // namespace
}  // namespace remora
