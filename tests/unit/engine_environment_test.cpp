// An engine asks its environment for time, files and sockets, and nothing else.
#include "engine/environment.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

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

    const TemporaryDirectory temporary_;
    const std::string directory_ = temporary_.path();
    FakeShim shim_;
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
