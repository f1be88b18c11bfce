#include "base/clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace remora {
namespace {

TEST(ThreadCpuTest, IsOfItsThreadSinceThenAndStaysWhenThatEnds) {
    std::unique_ptr<ThreadCpu> cpu;
    std::atomic<int> step{0};
    std::thread thread([&] {
        const auto burn = [] {
            const std::int64_t until_ns = thread_cpu_ns() + 20 * kNanosPerMilli;
            while (thread_cpu_ns() < until_ns) {
            }
        };
        burn();
        cpu = std::make_unique<ThreadCpu>();
        burn();
        step = 1;
        while (step == 1) {
            std::this_thread::yield();
        }
    });
    while (step == 0) {
        std::this_thread::yield();
    }
    const std::int64_t seen_ns = cpu->ns();
    EXPECT_GE(seen_ns, 20 * kNanosPerMilli);
    step = 2;
    thread.join();
    const std::int64_t own_ns = thread_cpu_ns();
    const std::int64_t last_ns = cpu->ns();
    EXPECT_GE(last_ns, seen_ns);
    while (thread_cpu_ns() < own_ns + 5 * kNanosPerMilli) {
    }
    EXPECT_EQ(cpu->ns(), last_ns);
}

}  // namespace
}  // namespace remora
