#include "engine/output_pipe.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <thread>

#include "cache/cache.h"
#include "support/fake_socket.h"
#include "support/fault_file_system.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

// A cache with gauges `m{topic="t<n>"}`, and one output of it with its own sink thread.
class OutputPipeTest : public testing::Test {
 protected:
    OutputPipeTest() {
        network_.names["127.0.0.1"] = {"receiver"};
        config_.name = "test";
        config_.path = directory_ + "/out";
    }
    ~OutputPipeTest() override { pipe_.reset(); }

    SinkEnvironment environment() {
        return {clock_, counters_, log_, files_, network_, [this] { has_room_.store(true); }};
    }

    std::unique_ptr<OutputPipe> make(const OutputConfig& config, std::int64_t base_ms = 1'000) {
        return std::make_unique<OutputPipe>(
            config, std::vector<Label>{{"env", "test"}}, base_ms, environment(), [](const char*) {},
            OutputPipe::Host{});
    }

    static OwnedObjectName owned_name(const std::string& text) {
        return OwnedObjectName(ObjectName::parse(text).value());
    }

    static Registration unit(UnitId id, const std::string& type) {
        Registration registration;
        registration.unit = id;
        registration.name =
            owned_name("kafka.server:type=" + type + ",name=Size,topic=t" + std::to_string(id));
        Series series;
        series.metric_family = series.name = "m";
        series.labels = {{"topic", "t" + std::to_string(id)}};
        series.attribute = "Value";
        registration.series = {series};
        return registration;
    }

    void start(std::size_t units, const std::string& type = "Log") {
        pipe_ = make(config_);
        for (UnitId id = 0; id < units; ++id) {
            cache_.add_unit(id, 1);
            pipe_->add_unit(unit(id, type));
        }
        ASSERT_TRUE(pipe_->start());
    }

    void read_all(std::size_t units, double value) {
        for (UnitId id = 0; id < units; ++id) {
            cache_.stage(id, 0, value);
            cache_.take(id, clock_.monotonic_ns(), clock_.wall_ms());
        }
    }

    // How often the ring was found full.
    std::size_t tick() {
        if (!pipe_->can_begin_tick()) {
            pipe_->skip_tick(false);
            return 0;
        }
        cache_.freeze_flags(0);
        pipe_->begin_tick(clock_.wall_ms(), {}, cache_.view(0));
        std::size_t refused = 0;
        while (!pipe_->go_on(cache_.view(0))) {
            ++refused;
            for (int i = 0; i < 60'000 && !has_room_.exchange(false); ++i) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
        return refused;
    }

    // A tick, and until the sink has dealt with its frame.
    void whole_tick() {
        const auto frames = [this] {
            return counters_.get(Counter::kSinkFrames) + counters_.get(Counter::kSinkFramesDropped);
        };
        const std::uint64_t before = frames();
        tick();
        for (int i = 0; i < 5'000 && frames() == before; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        ASSERT_EQ(frames(), before + 1);
    }

    void stop() { EXPECT_TRUE(pipe_->stop(10'000)); }

    std::string output() const {
        std::ifstream in(config_.path);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    std::size_t lines() const {
        const std::string text = output();
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }

    SystemClock clock_;
    CounterTable counters_;
    KeptLog log_lines_;
    Log log_{log_lines_, clock_, counters_};
    FaultFileSystem files_;
    std::atomic<bool> has_room_{false};
    FakeSocketFactory network_;
    Cache cache_{counters_};
    const TemporaryDirectory temporary_;
    const std::string directory_ = temporary_.path();
    OutputConfig config_;
    std::unique_ptr<OutputPipe> pipe_;
};

TEST_F(OutputPipeTest, AnIntervalIsRoundedUpToBaseIntervals) {
    config_.interval_ms = 2'500;
    const auto pipe = make(config_);
    EXPECT_FALSE(pipe->is_due(0, 1));
    EXPECT_FALSE(pipe->is_due(1, 2));
    EXPECT_TRUE(pipe->is_due(2, 3));
    EXPECT_TRUE(pipe->is_due(2, 4)) << "a tick that makes up for several";
    config_.interval_ms = 0;
    EXPECT_TRUE(make(config_)->is_due(0, 1));
}

TEST_F(OutputPipeTest, TakesWhatIsIncludedAndNotExcluded) {
    config_.include = {"kafka.server:type=Log,*"};
    config_.exclude = {"*:topic=t1,*"};
    config_.labels = {{"env", "mine"}, {"rack", "r1"}};
    config_.at_end = FileEnd::kKeep;
    start(3);
    cache_.add_unit(3, 1);
    pipe_->add_unit(unit(3, "Other"));
    read_all(4, 5);
    tick();
    stop();
    EXPECT_NE(output().find(R"(m{topic="t0",env="mine",rack="r1"} 5)"), std::string::npos)
        << output();
    EXPECT_NE(output().find("t2"), std::string::npos);
    EXPECT_EQ(output().find("t1"), std::string::npos);
    EXPECT_EQ(output().find("t3"), std::string::npos);
}

TEST_F(OutputPipeTest, EmitsWhatItsModeSays) {
    config_.format = OutputFormat::kNdjson;
    config_.emit = EmitMode::kFresh;
    start(4);
    read_all(4, 1);
    whole_tick();
    read_all(2, 1);
    whole_tick();
    stop();
    EXPECT_EQ(lines(), 6U) << "read again, though not changed";
    config_.emit = EmitMode::kChanged;
    config_.keyframe_interval_ms = 3'600'000;
    config_.path += ".changed";
    start(4);
    for (int i = 0; i < 6; ++i) {
        read_all(4, 1);
        whole_tick();
    }
    stop();
    EXPECT_EQ(lines(), 4U) << "nothing changed";
}

TEST_F(OutputPipeTest, ASeriesThatClashesIsCountedAndSaidOnce) {
    pipe_ = make(config_);
    for (UnitId id = 0; id < 3; ++id) {
        cache_.add_unit(id, 1);
        Registration same = unit(0, "Log");
        same.unit = id;
        pipe_->add_unit(same);
    }
    ASSERT_TRUE(pipe_->start());
    read_all(3, 1);
    whole_tick();
    whole_tick();
    stop();
    EXPECT_EQ(counters_.get(Counter::kOutputSeriesClashing), 1U);
    EXPECT_EQ(counters_.get(Counter::kValuesUnencodable), 0U);
    EXPECT_EQ(log_lines_.count("m of kafka.server:type=Log,name=Size,topic=t0 is left out"), 1);
}

TEST_F(OutputPipeTest, NamesByOtelWhereItHasAName) {
    config_.format = OutputFormat::kOtlpJson;
    config_.names = "otel";
    pipe_ = make(config_);
    Registration partitions = unit(0, "Log");
    partitions.name = owned_name("kafka.server:type=ReplicaManager,name=PartitionCount");
    partitions.series[0].labels.clear();
    cache_.add_unit(0, 1);
    cache_.add_unit(1, 1);
    pipe_->add_unit(partitions);
    pipe_->add_unit(unit(1, "Log"));
    ASSERT_TRUE(pipe_->start());
    read_all(2, 7);
    whole_tick();
    stop();
    EXPECT_NE(output().find("\"name\":\"kafka.partition.count\""), std::string::npos);
    EXPECT_NE(output().find("\"name\":\"m\""), std::string::npos) << "it has no other name";
}

TEST_F(OutputPipeTest, WhatAFaultSwallowedIsSaidAgain) {
    for (const EmitMode emit : {EmitMode::kChanged, EmitMode::kFresh}) {
        config_.format = OutputFormat::kNdjson;
        config_.emit = emit;
        config_.keyframe_interval_ms = 3'600'000;
        config_.path = directory_ + "/swallowed" + std::to_string(static_cast<int>(emit));
        for (UnitId id = 0; id < 4; ++id) {
            cache_.remove_unit(id);
        }
        start(4);
        read_all(4, 1);
        whole_tick();
        EXPECT_EQ(lines(), 4U);
        files_.fail(FileOp::kWrite, ENOSPC);
        read_all(1, 2);
        whole_tick();
        files_.clear();
        EXPECT_EQ(lines(), 4U) << "the disk was full";
        std::this_thread::sleep_for(std::chrono::milliseconds(1'100));  // the sink's back-off
        whole_tick();
        EXPECT_EQ(lines(), 8U) << "nothing was read or changed since, and yet it must be said";
        whole_tick();
        EXPECT_EQ(lines(), 8U) << "once";
        stop();
    }
}

TEST_F(OutputPipeTest, GrowthThatDidNotGetOutIsSentLater) {
    config_.type = OutputType::kUnixgram;
    config_.format = OutputFormat::kStatsd;
    config_.path = directory_ + "/socket";
    network_.names["socket"] = {"socket"};
    pipe_ = make(config_);
    cache_.add_unit(0, 1);
    Registration counted = unit(0, "Log");
    counted.series[0].type = MetricType::kCounter;
    pipe_->add_unit(counted);
    ASSERT_TRUE(pipe_->start());
    read_all(1, 100);
    whole_tick();
    read_all(1, 103);
    whole_tick();
    network_.connect_error = ECONNREFUSED;
    network_.send_error_always = ECONNREFUSED;
    read_all(1, 110);
    whole_tick();
    network_.connect_error = 0;
    network_.send_error_always = 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
    read_all(1, 111);
    whole_tick();
    stop();
    ASSERT_EQ(network_.sent.size(), 2U);
    EXPECT_NE(network_.sent[0].second.find(":3|c"), std::string::npos) << network_.sent[0].second;
    EXPECT_NE(network_.sent[1].second.find(":8|c"), std::string::npos) << network_.sent[1].second;
}

TEST_F(OutputPipeTest, LossesAndSkippedTicksAreSaidOnce) {
    config_.type = OutputType::kUdp;
    config_.format = OutputFormat::kInflux;
    config_.host = "receiver";
    config_.packet_bytes = 64;
    network_.names["receiver"] = {"first"};
    pipe_ = make(config_);
    cache_.add_unit(0, 1);
    Registration wordy = unit(0, "Log");
    wordy.series[0].labels.push_back({"wordy", std::string(200, 'x')});
    pipe_->add_unit(wordy);
    cache_.add_unit(1, 1);
    pipe_->add_unit(unit(1, "Log"));
    ASSERT_TRUE(pipe_->start());
    for (int i = 0; i < 3; ++i) {
        read_all(2, std::numeric_limits<double>::quiet_NaN());
        whole_tick();
    }
    stop();
    EXPECT_EQ(log_lines_.count("lines longer than 64 bytes"), 1);
    EXPECT_EQ(log_lines_.count("no form for"), 1);
}

TEST_F(OutputPipeTest, AFileHasTheModeAndIsSyncedWhenItRotates) {
    config_.format = OutputFormat::kNdjson;
    config_.mode = 0600;
    config_.fsync = FsyncMode::kRotate;
    config_.rotate.bytes = 4096;
    config_.rotate.files = 2;
    start(40);
    for (int i = 0; i < 5; ++i) {
        read_all(40, i);
        tick();
        while (counters_.get(Counter::kSinkFrames) <= static_cast<std::uint64_t>(i)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    const std::uint64_t rotations = counters_.get(Counter::kSinkRotations);
    EXPECT_GE(rotations, 3U);
    stop();
    EXPECT_EQ(static_cast<std::uint64_t>(files_.calls[FileOp::kSync]), rotations + 1);
    struct stat facts {};
    ASSERT_EQ(::stat(config_.path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    const auto files = std::distance(std::filesystem::directory_iterator(directory_), {});
    EXPECT_EQ(files, 3) << "the live one and two";
}

TEST_F(OutputPipeTest, PacketsAreNoLongerThanAskedAndTheirLinesWhole) {
    config_.type = OutputType::kUdp;
    config_.format = OutputFormat::kDogstatsd;
    config_.packet_bytes = 200;
    config_.spread = 0;
    start(500);
    read_all(500, 3);
    tick();
    stop();
    std::set<std::string> seen;
    for (const auto& [to, packet] : network_.sent) {
        EXPECT_LE(packet.size(), 200U);
        std::istringstream in(packet);
        for (std::string line; std::getline(in, line);) {
            EXPECT_EQ(line.substr(0, 6), "m:3|g|") << line;
            seen.insert(line);
        }
    }
    EXPECT_EQ(seen.size(), 500U);
}

// The spread must cost the core no crowd of looks at a ring that is still full.
TEST_F(OutputPipeTest, AFullRingOfASpreadOutputIsLookedAtWhenHalfOfItIsFree) {
    config_.type = OutputType::kUdp;
    config_.format = OutputFormat::kStatsd;
    config_.packet_bytes = 64;
    config_.spread = 0.8;
    start(40'000);
    read_all(40'000, 3);
    const std::size_t refused = tick();
    EXPECT_GE(refused, 2U) << "the ring must have been full for this to mean anything";
    EXPECT_LE(refused, 40'000U / kDatagramsPerOutput * 2 + 2);
    stop();
    EXPECT_EQ(counters_.get(Counter::kSinkFrames), 1U);
}

TEST_F(OutputPipeTest, ASlowDiskHoldsUpItsOwnOutputOnly) {
    std::atomic<bool> stalled{true};
    files_.on_write = [&] {
        while (stalled.load()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    };
    config_.format = OutputFormat::kNdjson;
    start(50'000);  // more than a ring holds
    FaultFileSystem healthy;
    OutputConfig other_config = config_;
    other_config.path = directory_ + "/healthy";
    OutputPipe other(
        other_config, {}, 1'000, {clock_, counters_, log_, healthy, network_}, [](const char*) {},
        OutputPipe::Host{});
    other.add_unit(unit(0, "Log"));
    ASSERT_TRUE(other.start());
    constexpr int kTicks = 5;
    for (int i = 0; i < kTicks; ++i) {
        read_all(50'000, i);
        cache_.freeze_flags(0);
        if (pipe_->can_begin_tick()) {
            pipe_->begin_tick(clock_.wall_ms(), {}, cache_.view(0));
        } else {
            pipe_->skip_tick(i == 1);
            EXPECT_EQ(log_lines_.count("output test: a tick is not out when the next is due"),
                      i == 1 ? 0 : 1)
                << "an output that is about to be replaced blames nobody";
        }
        ASSERT_TRUE(other.can_begin_tick());
        other.begin_tick(clock_.wall_ms(), {}, cache_.view(0));
        for (int turn = 0; turn < 20; ++turn) {
            pipe_->go_on(cache_.view(0));
            EXPECT_TRUE(!other.busy() || other.go_on(cache_.view(0)));
        }
    }
    EXPECT_TRUE(pipe_->busy());
    EXPECT_FALSE(has_room_.load()) << "nobody is called while nothing moves";
    EXPECT_EQ(counters_.get(Counter::kTicksSkipped), static_cast<std::uint64_t>(kTicks - 1))
        << "the first is still under way";
    EXPECT_EQ(log_lines_.count("output test: a tick is not out when the next is due"), 1);
    EXPECT_TRUE(other.stop(5'000));
    std::ifstream in(other_config.path);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kTicks);
    // What is under way goes on when the disk does, with the newest values; nothing began anew.
    stalled = false;
    while (!pipe_->go_on(cache_.view(0))) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    stop();
    const std::string late = output();
    EXPECT_EQ(std::count(late.begin(), late.end(), '\n'), 50'000);
    EXPECT_NE(late.find("\"value\":4"), std::string::npos);
}

}  // namespace
}  // namespace remora
