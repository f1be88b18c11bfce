// An engine asks its environment for time, files and sockets, and nothing else.
#include "engine/environment.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "support/fake_clock.h"
#include "support/fake_shim.h"
#include "support/fake_socket.h"
#include "support/fault_file_system.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

class EnvironmentTest : public testing::Test {
 protected:
    Result<std::unique_ptr<Engine>> start(const std::string& more) {
        return Engine::start("directory=" + directory_ + "/own," + more, "", shim_.buffers(),
                             {clock_, files_, sockets_, log_});
    }

    // Registers beans that are all wanted.
    void register_beans(Engine& engine, wire::BeanKind kind, std::size_t count) {
        while (slots_.size() < count) {
            for (std::size_t i = 0; i < 100; ++i) {
                shim_.add_bean(kind, "kafka.a:type=T,name=n" + std::to_string(slots_.size() + i));
            }
            const std::int32_t answered = engine.control(shim_.take_control_bytes());
            ASSERT_GE(answered, 0);
            for (const FakeShim::Answer& answer : shim_.answers(answered)) {
                ASSERT_GE(answer.unit, 0);
                slots_[static_cast<std::uint32_t>(answer.unit)] = answer.selectors.size();
            }
        }
    }
    // All their values.
    void read_all(Engine& engine, double value) {
        for (const auto& [unit, slots] : slots_) {
            shim_.add_sample(unit, std::vector<double>(slots, value));
        }
        EXPECT_GE(engine.submit(shim_.take_sample_bytes(), clock_->monotonic_ns()), 0);
        engine.plan(clock_->monotonic_ns());
    }
    // An interval passes, at whose end all is read.
    void tick(Engine& engine, double value) {
        const std::uint64_t ticks = engine.counters().get(Counter::kTicks);
        clock_->advance_ms(10'000);
        EXPECT_TRUE(comes_true([&] {
            read_all(engine, value);
            return engine.counters().get(Counter::kTicks) > ticks;
        }));
    }
    // Within half a minute of real time.
    template <typename Condition>
    static bool comes_true(Condition&& condition) {
        for (int i = 0; i < 3'000 && !condition(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return condition();
    }

    const TemporaryDirectory temporary_;
    const std::string directory_ = temporary_.path();
    FakeShim shim_;
    std::map<std::uint32_t, std::size_t> slots_;  // of the registered units
    KeptLog log_;
    std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
    std::shared_ptr<FaultFileSystem> files_ = std::make_shared<FaultFileSystem>();
    std::shared_ptr<FakeSocketFactory> sockets_ = std::make_shared<FakeSocketFactory>();
};

TEST_F(EnvironmentTest, TimeStandsStillAndTheLastTickGoesOutThroughItsSockets) {
    sockets_->names["statsd.example"] = {"a"};
    auto started = start(
        R"(self_metrics=basic,outputs=[{"type":"udp","format":"statsd","host":"statsd.example",)"
        R"("port":8125,"spread":0}])");
    ASSERT_TRUE(started) << started.status().message();
    Engine& engine = *started.value();
    engine.plan(clock_->monotonic_ns());
    ASSERT_TRUE(engine.stop(10'000));
    EXPECT_EQ(engine.counters().get(Counter::kTicks), 1U) << "the last one";
    EXPECT_EQ(engine.counters().get(Counter::kUptimeSeconds), 0U);
    ASSERT_FALSE(sockets_->sent.empty()) << log_.text();
    EXPECT_EQ(sockets_->sent[0].first, "a");
    EXPECT_NE(sockets_->sent[0].second.find("remora_up"), std::string::npos);
}

// The clock stands still, so what is left of a tick that is spread over time would never leave.
TEST_F(EnvironmentTest, AStopAmidATickThatIsSpreadOverTimeLosesNoGrowth) {
    constexpr std::size_t kCounters = 3'000;
    sockets_->names["statsd.example"] = {"a"};
    auto started =
        start(R"(self_metrics=off,select.profile=all,outputs=[{"type":"udp","format":"dogstatsd",)"
              R"("host":"statsd.example","port":8125,"spread":0.8}])");
    ASSERT_TRUE(started) << started.status().message();
    Engine& engine = *started.value();
    register_beans(engine, wire::BeanKind::kCounter, kCounters);
    const CounterTable& counters = engine.counters();
    tick(engine, 1);
    tick(engine, 3);
    constexpr std::uint64_t kBurst = 16;
    EXPECT_TRUE(comes_true([&] { return counters.get(Counter::kSinkPackets) >= kBurst; }));
    EXPECT_EQ(counters.get(Counter::kSinkPackets), kBurst) << "the rest waits for its time";
    read_all(engine, 7);
    ASSERT_TRUE(engine.stop(10'000)) << "it waits for what does not come";
    EXPECT_EQ(counters.get(Counter::kTicksSkipped), 0U);
    std::size_t growth = 0;
    for (const auto& [address, packet] : sockets_->sent) {
        std::istringstream lines(packet);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t at = line.find(':');
            growth += at == std::string::npos ? 0 : std::stoul(line.substr(at + 1));
        }
    }
    EXPECT_EQ(growth, kCounters * (7 - 1));
}

// Its ring is full again and again. No tick comes and nothing is read meanwhile, so nobody but the
// sink can wake the core.
TEST_F(EnvironmentTest, AnOutputThatIsLargerThanItsRingIsWrittenAsFastAsItsSinkWrites) {
    constexpr int kHeld = 4;  // rounds of writes that wait until the ring is full
    std::atomic<const CounterTable*> counters = nullptr;
    int writes = 0;
    std::uint64_t blocked = 0;
    files_->on_write = [&] {
        if (counters == nullptr || writes++ % 24 != 0 || writes > kHeld * 24) {
            return;
        }
        EXPECT_TRUE(
            comes_true([&] { return counters.load()->get(Counter::kSinkBlocked) > blocked; }));
        blocked = counters.load()->get(Counter::kSinkBlocked);
    };
    auto started = start(R"(self_metrics=off,select.profile=all,labels={"x":")" +
                         std::string(900, 'x') + R"("},outputs=[{"format":"ndjson"}])");
    ASSERT_TRUE(started) << started.status().message();
    Engine& engine = *started.value();
    register_beans(engine, wire::BeanKind::kMeter, 1'000);
    counters = &engine.counters();
    tick(engine, 1);
    EXPECT_TRUE(comes_true([&] { return engine.counters().get(Counter::kSinkFrames) == 1; }));
    EXPECT_GE(engine.counters().get(Counter::kSinkBytes), 4U << 20) << "four times its ring";
    EXPECT_TRUE(engine.stop(10'000));
}

TEST_F(EnvironmentTest, ADirectoryThatItsFilesRefuseIsNotMade) {
    files_->fail(FileOp::kMakeDirectory, EROFS);
    const auto started = start("self_metrics=basic");
    ASSERT_TRUE(started) << started.status().message();
    EXPECT_TRUE(log_.has("/own cannot be made: Read-only file system")) << log_.text();
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/own"));
    EXPECT_TRUE(started.value()->stop(10'000));
}

}  // namespace
}  // namespace remora
