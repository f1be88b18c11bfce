// A sink worker with everything around it in a test's hands: clock, disk, network, log and the
// ring's producer.
#pragma once

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "sink/sink_worker.h"
#include "support/fake_clock.h"
#include "support/fake_socket.h"
#include "support/fault_file_system.h"
#include "support/temporary_directory.h"

namespace remora {

class MemoryLog final : public LogSink {
 public:
    void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
    // How many lines contain `part`.
    int count(std::string_view part) const {
        return static_cast<int>(std::count_if(
            lines.begin(), lines.end(),
            [part](const std::string& line) { return line.find(part) != std::string::npos; }));
    }
    std::vector<std::string> lines;
};

// A small disk of its own, where mounting one is permitted; gone with the object.
class SmallDisk {
 public:
    explicit SmallDisk(std::string at) : at_(std::move(at)) {
        std::filesystem::create_directory(at_);
        mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=64k") == 0;
    }
    ~SmallDisk() {
        if (mounted_) {
            ::umount2(at_.c_str(), MNT_DETACH);
        }
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool mounted() const { return mounted_; }

 private:
    const std::string at_;
    bool mounted_ = false;
};

class SinkRig : public ::testing::Test {
 protected:
    void SetUp() override {
        options.name = "test";
        options.path = directory + "/out";
        options.file_mode = 0644;
        options.file_end = FileEnd::kKeep;
        options.disk_bytes_max = 256LL << 20;
        options.rotate_bytes = 64LL << 20;
        options.rotated_files_max = 5;
        options.spread_ms = 2'000;
        options.frame_age_ms_max = 30'000;
        options.poll_ms = 100;
        options.host = "receiver";
        options.port = 8125;
        network.names["receiver"] = {"first"};
    }

    void TearDown() override {
        stop();
        EXPECT_EQ(files.open_files(), 0) << "descriptors left open";
        EXPECT_EQ(network.open_sockets, 0) << "sockets left open";
    }

    void start(SinkKind kind, std::size_t block_bytes = 256, std::size_t blocks = 64) {
        options.kind = kind;
        channel = std::make_unique<BlockChannel>(block_bytes, blocks);
        worker = make_sink_worker(options, *channel, {clock, counters, log, files, network});
    }

    void stop() {
        if (worker != nullptr) {
            worker->on_stop();
            worker.reset();
            expect_conservation();
        }
    }

    // A new worker on what the old one left behind.
    void restart() {
        const SinkKind kind = options.kind;
        stop();
        start(kind);
    }

    void push(const std::string& line) {
        char* room = channel->reserve(line.size());
        for (int tries = 0; room == nullptr && tries < 1000; ++tries) {
            step();
            room = channel->reserve(line.size());
        }
        ASSERT_NE(room, nullptr);
        std::memcpy(room, line.data(), line.size());
        channel->commit(line.size());
        bytes_in += line.size();
    }

    void begin() { channel->begin_frame(clock.wall_ms()); }
    void end() {
        while (!channel->end_frame()) {
            step();
        }
        ++frames_in;
    }

    void queue(const std::vector<std::string>& lines) {
        begin();
        for (const std::string& line : lines) {
            push(line);
        }
        end();
    }

    // A turn of the worker; time passes as it asks.
    void step() {
        const std::int64_t wait_ns = worker->do_work();
        ASSERT_GE(wait_ns, 0);
        if (channel->filled() > 0) {
            clock.now_ns += wait_ns;
        }
    }

    // Until the ring is empty.
    void drain() {
        for (int turns = 0; channel->filled() > 0; ++turns) {
            ASSERT_LT(turns, 100'000) << "the sink does not move on";
            step();
        }
    }

    void tick(const std::vector<std::string>& lines) {
        queue(lines);
        drain();
    }

    std::uint64_t get(Counter counter) const { return counters.get(counter); }

    // What a frame that was never ended has in its last block was never handed over.
    void forget_open_block() {
        bytes_in = get(Counter::kSinkBytes) + get(Counter::kSinkBytesDropped);
        frames_in = get(Counter::kSinkFrames) + get(Counter::kSinkFramesDropped);
    }

    void expect_conservation() const {
        EXPECT_EQ(bytes_in, get(Counter::kSinkBytes) + get(Counter::kSinkBytesDropped));
        EXPECT_EQ(frames_in, get(Counter::kSinkFrames) + get(Counter::kSinkFramesDropped));
    }

    static std::string read(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static void write(const std::string& path, const std::string& text) {
        std::ofstream(path, std::ios::binary) << text;
    }

    // Of what is in the directory, but for lock files.
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            if (entry.path().extension() != ".lock") {
                found.push_back(entry.path().filename());
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    std::int64_t bytes_on_disk() const {
        std::int64_t bytes = 0;
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            bytes += static_cast<std::int64_t>(entry.file_size());
        }
        return bytes;
    }

    const TemporaryDirectory temporary;
    const std::string directory = temporary.path();
    SinkOptions options;
    FakeClock clock;
    CounterTable counters;
    MemoryLog log_lines;
    Log log{log_lines, clock, counters};
    FaultFileSystem files;
    FakeSocketFactory network;
    std::unique_ptr<BlockChannel> channel;
    std::unique_ptr<SinkWorker> worker;
    std::uint64_t bytes_in = 0;
    std::uint64_t frames_in = 0;
};

}  // namespace remora
