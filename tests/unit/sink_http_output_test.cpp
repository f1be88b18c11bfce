#include "sink/http_output.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/http_client.h"
#include "support/sink_rig.h"

namespace remora {
namespace {

// A sink worker whose destination is a port of this machine.
class HttpOutputTest : public SinkRig {
 protected:
    void SetUp() override {
        SinkRig::SetUp();
        options.kind = SinkKind::kHttp;
        options.host = "127.0.0.1";
        options.port = free_tcp_port();
        options.page_age_ms_max = 30'000;
        options.down_text = "remora_up 0\n";
        channel = std::make_unique<BlockChannel>(256, 64);
        worker = make_sink_worker(options, *channel, {clock, counters, log, files, sockets});
        step();
    }

    using SinkRig::get;
    // The server's thread is given the time to listen.
    HttpReply get(const std::string& target) {
        HttpReply reply = http_get(options.port, target);
        for (int i = 0; i < 10'000 && reply.status == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            reply = http_get(options.port, target);
        }
        return reply;
    }

    PosixSocketFactory sockets;
};

TEST_F(HttpOutputTest, AFrameIsThePageOnceItIsWhole) {
    EXPECT_EQ(get("/metrics").body, "remora_up 0\n") << "before the first tick";
    tick({"a 1\n", "b 2\n"});
    EXPECT_EQ(get("/metrics").body, "a 1\nb 2\n");
    begin();
    for (int i = 0; i < 200; ++i) {
        push("new " + std::to_string(i) + "\n");
    }
    worker->do_work();
    EXPECT_EQ(get("/metrics").body, "a 1\nb 2\n");
    end();
    drain();
    EXPECT_TRUE(get("/metrics").body.ends_with("new 199\n"));
    EXPECT_EQ(get(Counter::kSinkFrames), 2U);
}

TEST_F(HttpOutputTest, AFrameThatAStopCutsOffIsNoPageAndThePortIsClosed) {
    tick({"old 1\n"});
    EXPECT_EQ(get("/metrics").body, "old 1\n");
    begin();
    for (int i = 0; i < 100; ++i) {
        push("new " + std::to_string(i) + "\n");
    }
    worker->on_stop();
    forget_open_block();
    EXPECT_FALSE(HttpClient(options.port).is_connected());
}

TEST_F(HttpOutputTest, WithoutTicksThePageIsDown) {
    tick({"a 1\n"});
    EXPECT_EQ(get("/healthz").body, "ok\n");
    clock.advance_ms(30'001);
    EXPECT_EQ(get("/metrics").status, 503);
    EXPECT_EQ(get("/healthz").body, "no tick for 30 s\n");
    tick({"a 2\n"});
    EXPECT_EQ(get("/metrics").body, "a 2\n");
}

}  // namespace
}  // namespace remora
