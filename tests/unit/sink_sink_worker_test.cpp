#include <thread>

#include "base/runner.h"
#include "support/counted_new.h"
#include "support/sink_rig.h"

namespace remora {
namespace {

class WorkerTest : public SinkRig {};

// Not with the rig's doubles: they allocate.
TEST_F(WorkerTest, ASteadyTickAllocatesNothing) {
    PosixFileSystem real_files;
    for (const SinkKind kind : {SinkKind::kTextfile, SinkKind::kAppend}) {
        options.kind = kind;
        options.path = directory + "/steady" + std::to_string(static_cast<int>(kind));
        channel = std::make_unique<BlockChannel>(256, 64);
        worker = make_sink_worker(options, *channel, {clock, counters, log, real_files, network});
        const std::string line = "0123456789012345678901234567890123456789\n";
        for (int i = 0; i < 200; ++i) {
            const std::uint64_t before = allocations;
            begin();
            for (int j = 0; j < 50; ++j) {
                push(line);
            }
            end();
            drain();
            if (i > 1) {
                ASSERT_EQ(allocations, before) << "tick " << i;
            }
        }
        stop();
    }
}

TEST_F(WorkerTest, OnASlowDiskTheNewestValuesWin) {
    options.path = directory + "/slow.prom";
    start(SinkKind::kTextfile);
    files.on_write = [this] { clock.advance_ms(25'000); };
    for (int i = 0; i < 8; ++i) {
        queue({"a " + std::to_string(i) + "\n"});
        clock.advance_ms(10'000);
    }
    drain();
    EXPECT_EQ(read(options.path), "a 7\n");
    EXPECT_GE(get(Counter::kSinkFramesDropped), 4U);
    EXPECT_EQ(get(Counter::kSinkErrors), 0U);
}

TEST_F(WorkerTest, StopEndsOnASlowDiskToo) {
    options.frame_age_ms_max = 0;
    options.stop_drain_ms = 500;
    start(SinkKind::kAppend);
    files.on_write = [this] { clock.advance_ms(400); };
    for (int i = 0; i < 20; ++i) {
        queue({"a\n"});
    }
    stop();
    EXPECT_LE(files.calls[FileOp::kWrite], 3);
    EXPECT_GE(get(Counter::kSinkFramesDropped), 17U);
}

TEST_F(WorkerTest, InsideAFrameItLooksOftenAndLessAndLessOftenWhenNothingComes) {
    start(SinkKind::kAppend, 16, 64);
    EXPECT_EQ(worker->do_work(), options.poll_ms * kNanosPerMilli);
    begin();
    push("0123456789abcde\n");
    push("0123456789abcde\n");
    std::int64_t before = 0;
    for (int i = 0; i < 20; ++i) {
        const std::int64_t wait_ns = worker->do_work();
        EXPECT_GE(wait_ns, before);
        EXPECT_LE(wait_ns, 50 * kNanosPerMilli);
        before = wait_ns;
    }
    end();
    drain();
}

TEST_F(WorkerTest, TheTimeUntilATickIsWrittenIsMeasured) {
    start(SinkKind::kAppend);
    queue({"a\n"});
    clock.advance_ms(40);
    drain();
    EXPECT_EQ(get(Counter::kSinkTickMillis), 40U);
    tick({"a\n"});
    EXPECT_EQ(get(Counter::kSinkTickMillis), 0U);
}

TEST_F(WorkerTest, ItTellsItsCpuTime) {
    start(SinkKind::kAppend);
    EXPECT_EQ(worker->cpu_ns(), 0);
    tick({"a\n"});
    EXPECT_GT(worker->cpu_ns(), 0);
}

// The real thing: a producer thread, a runner's thread, and a file that others pull about.
TEST_F(WorkerTest, ProducerAndSinkThreadsPassEveryLineOn) {
    const SystemClock system_clock;
    PosixFileSystem real_files;
    options.kind = SinkKind::kAppend;
    options.path = directory + "/threads";
    options.rotate_bytes = 20'000;
    options.rotated_files_max = 10'000;
    channel = std::make_unique<BlockChannel>(512, 8);
    Runner runner(
        "sink",
        make_sink_worker(options, *channel, {system_clock, counters, log, real_files, network}),
        [](const char* fault) { ADD_FAILURE() << fault; });
    ASSERT_TRUE(runner.start().is_ok());
    int next = 0;
    for (int frame = 0; frame < 300; ++frame) {
        channel->begin_frame(system_clock.wall_ms());
        for (int i = 0; i < 50; ++i, ++next) {
            const std::string line = std::to_string(next) + "\n";
            char* room = nullptr;
            while ((room = channel->reserve(line.size())) == nullptr) {
                runner.wake();
                std::this_thread::yield();
            }
            std::memcpy(room, line.data(), line.size());
            channel->commit(line.size());
        }
        while (!channel->end_frame()) {
            std::this_thread::yield();
        }
        runner.wake();
    }
    ASSERT_TRUE(runner.stop(5'000));
    std::string all;
    for (const std::string& name : names()) {
        if (name != "threads") {
            all += read(directory + "/" + name);
        }
    }
    all += read(options.path);
    std::istringstream in(all);
    int expected = 0;
    for (std::string line; std::getline(in, line); ++expected) {
        ASSERT_EQ(line, std::to_string(expected));
    }
    EXPECT_EQ(expected, 15'000);
    EXPECT_EQ(get(Counter::kSinkFrames), 300U);
    EXPECT_GT(get(Counter::kSinkRotations), 1U);
}

}  // namespace
}  // namespace remora
