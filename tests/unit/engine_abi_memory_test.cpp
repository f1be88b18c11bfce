// A start that runs out of memory leaves nothing behind: no thread that works on what is freed.
#include <gtest/gtest.h>
#include <remora/abi.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <thread>

#include "support/counted_new.h"
#include "support/fake_shim.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

// But the one that writes log lines, which serves every agent of the process.
int threads_of_ours() {
    int found = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::ifstream(task.path() / "comm") >> name;
        found += name.starts_with("remora") && name != "remora-log" ? 1 : 0;
    }
    return found;
}

// Threads end on their own, a moment after they were told.
bool soon_without_threads() {
    for (int i = 0; i < 500 && threads_of_ours() > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return threads_of_ours() == 0;
}

TEST(StartMemoryTest, AnAllocationThatFailsAfterThreadsRunEndsThem) {
    const TemporaryDirectory directory;
    const std::string arguments = "directory=" + directory.path() + ",log.level=error";
    FakeShim shim;
    const remora_buffers buffers = shim.buffers();
    char message[256] = {};
    remora_agent* agent = nullptr;
    std::size_t all = 0;
    // The first start makes what later ones find made.
    for (int start = 0; start < 2; ++start) {
        allocations = 0;
        agent = remora_start(arguments.c_str(), "", &buffers, message, sizeof(message));
        all = allocations;
        ASSERT_NE(agent, nullptr) << message;
        ASSERT_EQ(remora_stop(agent, 5'000), 0);
    }
    int refused = 0;
    // The last ones are those after the first thread has begun.
    for (std::size_t i = all - 40; i <= all; ++i) {
        allocations = 0;
        failing_allocation = i;
        agent = remora_start(arguments.c_str(), "", &buffers, message, sizeof(message));
        failing_allocation = 0;
        if (agent == nullptr) {
            ++refused;
            EXPECT_STREQ(message, "std::bad_alloc");
            EXPECT_TRUE(soon_without_threads()) << "allocation " << i << " of " << all;
        } else {
            EXPECT_EQ(remora_stop(agent, 5'000), 0);
        }
    }
    EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace remora
