#include "base/runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/clock.h"

namespace remora {
namespace {

class ScriptedWorker final : public Worker {
 public:
    ScriptedWorker(std::atomic<int>& turns, std::atomic<bool>& stopped, bool throws)
        : turns_(turns), stopped_(stopped), throws_(throws) {}
    std::int64_t do_work() override {
        ++turns_;
        if (throws_) {
            throw std::runtime_error("broken");
        }
        return 60 * kNanosPerSecond;
    }
    void on_stop() override { stopped_ = true; }

 private:
    std::atomic<int>& turns_;
    std::atomic<bool>& stopped_;
    const bool throws_;
};

TEST(RunnerTest, WorksWhenWokenAndStopsWithinItsDeadline) {
    std::atomic<int> turns{0};
    std::atomic<bool> stopped{false};
    Runner runner("test", std::make_unique<ScriptedWorker>(turns, stopped, false),
                  [](const char*) {});
    ASSERT_TRUE(runner.start());
    while (turns < 1) {
    }
    runner.wake();
    while (turns < 2) {
    }
    EXPECT_TRUE(runner.stop(10'000));
    EXPECT_TRUE(stopped);
}

TEST(RunnerTest, ContainsAWorkerThatThrows) {
    std::atomic<int> turns{0};
    std::atomic<bool> stopped{false};
    std::string fault;
    Runner runner("test", std::make_unique<ScriptedWorker>(turns, stopped, true),
                  [&](const char* what) { fault = what; });
    ASSERT_TRUE(runner.start());
    EXPECT_TRUE(runner.stop(10'000));
    EXPECT_EQ(fault, "broken");
}

class StuckWorker final : public Worker {
 public:
    explicit StuckWorker(std::shared_ptr<std::atomic<bool>> release)
        : release_(std::move(release)) {}
    std::int64_t do_work() override {
        while (!*release_) {
            usleep(1000);
        }
        return kNanosPerSecond;
    }

 private:
    std::shared_ptr<std::atomic<bool>> release_;
};

TEST(RunnerTest, LeavesAStuckThreadBehind) {
    auto release = std::make_shared<std::atomic<bool>>(false);
    const int before = Runner::threads();
    {
        Runner runner("test", std::make_unique<StuckWorker>(release), [](const char*) {});
        ASSERT_TRUE(runner.start());
        EXPECT_FALSE(runner.stop(20));
        EXPECT_EQ(Runner::threads(), before + 1) << "its code must stay";
        *release = true;
        EXPECT_TRUE(runner.stop(10'000)) << "once the cause is gone it ends by itself";
        EXPECT_EQ(Runner::threads(), before);
    }
}

}  // namespace
}  // namespace remora
