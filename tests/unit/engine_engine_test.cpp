#include "engine/engine.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "sample/trace.h"
#include "support/fake_shim.h"

namespace remora {
namespace {

class QuietSink final : public LogSink {
 public:
    void write(LogLevel, std::string_view line) noexcept override {
        const std::scoped_lock lock(mutex_);
        text_ += std::string(line) + "\n";
    }
    std::string text() {
        const std::scoped_lock lock(mutex_);
        return text_;
    }

 private:
    std::mutex mutex_;
    std::string text_;
};

class EngineTest : public testing::Test {
 protected:
    EngineTest() {
        directory_ = std::filesystem::path(testing::TempDir()) /
                     ("engine." + std::to_string(getpid()) + "." +
                      testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(directory_);
    }
    ~EngineTest() override { std::filesystem::remove_all(directory_); }

    std::string config(const std::string& more = "") {
        const std::string path = directory_ / "remora.json";
        std::ofstream(path) << R"({"directory": ")" << directory_.string() << R"(",
            "sampling": {"base_interval": "1s", "min_interval": "1s"},
            "select": {"profile": "all"})"
                            << more << "}";
        return path;
    }

    void start(const std::string& path) {
        auto started = Engine::start(path, "user.name=test\n", shim_.buffers(), log_);
        ASSERT_TRUE(started) << started.status().message();
        engine_ = std::move(started).value();
    }

    std::vector<FakeShim::Answer> send_control() {
        const std::int32_t answered = engine_->control(shim_.take_control_bytes());
        EXPECT_GE(answered, 0);
        return shim_.answers(std::max(answered, 0));
    }

    // What the collector does: plans, reads every planned unit, submits.
    std::uint32_t cycle(double value) {
        engine_->plan(clock_.monotonic_ns());
        std::uint32_t units = 0;
        for (const FakeShim::PlannedGroup& group : shim_.plan()) {
            for (const std::uint32_t unit : group.units) {
                shim_.add_sample(unit, std::vector<double>(slots_.at(unit), value));
                ++units;
            }
            shim_.add_cost(group.family, static_cast<std::uint16_t>(group.units.size()), 1000);
        }
        if (units > 0) {
            EXPECT_GE(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 0);
        }
        return units;
    }

    std::string output() {
        std::ifstream in(directory_ / "remora.prom");
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    // Runs collector cycles until `done`, for a while.
    template <typename Done>
    bool cycle_until(double value, Done&& done) {
        for (int i = 0; i < 1000; ++i) {
            cycle(value);
            if (done()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }

    SystemClock clock_;
    std::filesystem::path directory_;
    FakeShim shim_;
    QuietSink log_;
    std::unique_ptr<Engine> engine_;
    std::map<std::uint32_t, std::size_t> slots_;
};

constexpr const char* kPartitionCount = "kafka.server:type=ReplicaManager,name=PartitionCount";
constexpr const char* kBytesIn = "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=t1";

TEST_F(EngineTest, CarriesAValueFromTheShimToTheFile) {
    start(config());
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    const auto answers = send_control();
    ASSERT_EQ(answers.size(), 1U);
    ASSERT_GE(answers[0].unit, 0);
    slots_[static_cast<std::uint32_t>(answers[0].unit)] = answers[0].selectors.size();
    EXPECT_TRUE(cycle_until(42, [&] {
        return output().find("\nkafka_server_replicamanager_partitioncount 42\n") !=
               std::string::npos;
    })) << output();
    EXPECT_TRUE(engine_->stop(5'000));
    const CounterTable& counters = engine_->counters();
    EXPECT_EQ(counters.get(Counter::kRingFullDropped), 0U);
    EXPECT_EQ(counters.get(Counter::kValuesRead), counters.get(Counter::kValuesCached));
    EXPECT_EQ(counters.get(Counter::kValuesCached), counters.get(Counter::kValuesEmittedFresh) +
                                                        counters.get(Counter::kValuesSuperseded));
}

TEST_F(EngineTest, RecordsATraceAndGoesOnAsBefore) {
    const std::string trace_path = directory_ / "full.trace";
    start(config(R"(, "trace": {"path": ")" + trace_path +
                 R"(", "duration": "3s", "interval": "1s", "size_max": "1MB"})"));
    shim_.add_bean(wire::BeanKind::kMeter, kBytesIn);
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    for (const auto& answer : send_control()) {
        ASSERT_GE(answer.unit, 0);
        slots_[static_cast<std::uint32_t>(answer.unit)] = answer.selectors.size();
    }
    ASSERT_TRUE(cycle_until(7, [&] {
        return log_.text().find("trace complete") != std::string::npos;
    })) << log_.text();
    EXPECT_NE(log_.text().find("the CPU budget does not hold"), std::string::npos);
    const auto read = read_trace(trace_path);
    ASSERT_TRUE(read) << read.status().message();
    const Trace& trace = read.value();
    EXPECT_TRUE(trace.is_complete);
    ASSERT_EQ(trace.units.size(), 2U);
    EXPECT_EQ(trace.units[1].name, kPartitionCount);
    EXPECT_GE(trace.frames.size(), 2U);
    EXPECT_LE(trace.frames.size(), 4U);
    EXPECT_EQ(trace.slots, slots_.begin()->second + 1);
    for (const TraceFamily& family : trace.families) {
        EXPECT_EQ(family.median_ns, 1000) << family.name;
    }
    EXPECT_GT(engine_->counters().get(Counter::kSampleTrace), 0U);
    ASSERT_TRUE(cycle_until(8, [&] {
        return output().find("partitioncount 8\n") != std::string::npos;
    })) << output();
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_EQ(engine_->counters().get(Counter::kUnitsShed), 0U);
    EXPECT_EQ(engine_->counters().get(Counter::kValuesUnaccounted), 0U);
}

TEST_F(EngineTest, DropsAnUnregisteredUnitAtTheNextTickAndUsesItsIdAgain) {
    start(config());
    shim_.add_bean(wire::BeanKind::kMeter, kBytesIn);
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    const auto answers = send_control();
    ASSERT_EQ(answers.size(), 2U);
    for (const auto& answer : answers) {
        slots_[static_cast<std::uint32_t>(answer.unit)] = answer.selectors.size();
    }
    const auto has = [&](const char* text) { return output().find(text) != std::string::npos; };
    ASSERT_TRUE(cycle_until(1, [&] { return has("topic=\"t1\""); }));
    shim_.add_unregister(static_cast<std::uint32_t>(answers[0].unit));
    EXPECT_TRUE(send_control().empty());
    ASSERT_TRUE(cycle_until(2, [&] { return !has("topic=\"t1\""); }));
    EXPECT_TRUE(has("partitioncount")) << "the other unit stays";
    shim_.add_bean(wire::BeanKind::kMeter, kBytesIn);
    EXPECT_EQ(send_control().at(0).unit, answers[0].unit);
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, TakesTheLargestControlCallThereMayBe) {
    start(config());
    std::vector<std::uint32_t> units;
    for (std::uint32_t first = 0; first < wire::kControlRecordsMax; first += 512) {
        for (std::uint32_t i = first; i < first + 512; ++i) {
            shim_.add_bean(wire::BeanKind::kGauge,
                           "kafka.log:type=Log,name=Size,partition=0,topic=t" + std::to_string(i));
        }
        std::int32_t answered = -1;
        const std::int32_t bytes = shim_.take_control_bytes();
        for (int attempt = 0; answered < 0 && attempt < 500; ++attempt) {
            answered = engine_->control(bytes);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        for (const auto& answer : shim_.answers(std::max(answered, 0))) {
            ASSERT_GE(answer.unit, 0);
            units.push_back(static_cast<std::uint32_t>(answer.unit));
        }
    }
    ASSERT_EQ(units.size(), wire::kControlRecordsMax);
    for (const std::uint32_t unit : units) {
        shim_.add_unregister(unit);
    }
    // The core thread needs a moment to take what is in the channels.
    const std::int32_t bytes = shim_.take_control_bytes();
    std::int32_t answered = -1;
    for (int attempt = 0; answered < 0 && attempt < 500; ++attempt) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        answered = engine_->control(bytes);
    }
    EXPECT_EQ(answered, 0);
    EXPECT_EQ(engine_->counters().get(Counter::kUnitsUnregistered), wire::kControlRecordsMax);
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, FlushesTheLastValuesWhenItStops) {
    start(config(R"(, "outputs": [{"path": "${dir}/remora.prom"}])"));
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    const auto answers = send_control();
    slots_[static_cast<std::uint32_t>(answers[0].unit)] = 1;
    shim_.add_sample(static_cast<std::uint32_t>(answers[0].unit), {7});
    ASSERT_EQ(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 1);
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_NE(output().find("partitioncount 7\n"), std::string::npos) << output();
}

TEST_F(EngineTest, RefusesMalformedRecordsAndGoesOn) {
    start(config());
    std::memset(shim_.sample_memory(), 0xFF, 64);
    EXPECT_LT(engine_->submit(64, clock_.monotonic_ns()), 0);
    EXPECT_LT(engine_->submit(-1, clock_.monotonic_ns()), 0);
    EXPECT_LT(engine_->submit(static_cast<std::int32_t>(wire::kSampleBytes) + 8, 0), 0);
    std::memset(shim_.control_memory(), 0xFF, 64);
    EXPECT_LT(engine_->control(64), 0);
    shim_.add_bean(wire::BeanKind::kGauge, "no object name");
    EXPECT_LT(send_control().at(0).unit, 0);
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    EXPECT_GE(send_control().at(0).unit, 0);
    EXPECT_EQ(engine_->counters().get(Counter::kSubmitsRejected), 1U);
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, AFaultSwitchesItOffAndIsSaidOnce) {
    start(config());
    engine_->fault("a test", "broken");
    engine_->plan(clock_.monotonic_ns());
    EXPECT_EQ(shim_.plan_header().flags & wire::kPlanStop, wire::kPlanStop);
    EXPECT_NE(log_.text().find("fault in a test: broken"), std::string::npos);
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, RefusesABadConfigurationWithEveryProblem) {
    const std::string path = config(R"(, "sampling_": {}, "outputs": 7)");
    auto started = Engine::start(path, "", shim_.buffers(), log_);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.status().code(), Code::kInvalidConfig);
    EXPECT_NE(started.status().message().find("sampling_"), std::string::npos);
    EXPECT_NE(started.status().message().find("outputs"), std::string::npos);
}

// Each of these would hold up whoever waits for it: a FIFO without a reader, a receiver that never
// reads, an address where nothing is, a name that nobody knows.
TEST_F(EngineTest, AStuckOutputTouchesNoOther) {
    const std::string fifo = directory_ / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const std::string name = directory_ / "deaf";
    const int deaf = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(deaf, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    start(config(R"(, "log": {"level": "warn"}, "outputs": [{"path": "${dir}/remora.prom"},
        {"format": "ndjson", "path": ")" +
                 fifo + R"("}, {"format": "prometheus", "path": ")" + fifo +
                 R"(2/x"}, {"type": "unixgram", "path": ")" + name + R"("},
        {"type": "udp", "format": "influx", "host": "192.0.2.1"},
        {"type": "udp", "format": "graphite", "host": "nobody.invalid"}])"));
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    const auto answers = send_control();
    slots_[static_cast<std::uint32_t>(answers.at(0).unit)] = 1;
    for (int tick = 1; tick <= 3; ++tick) {
        EXPECT_TRUE(cycle_until(tick,
                                [&] {
                                    return output().find("partitioncount " + std::to_string(tick) +
                                                         "\n") != std::string::npos;
                                }))
            << tick << ": " << output();
    }
    const CounterTable& counters = engine_->counters();
    EXPECT_GE(counters.get(Counter::kSinkFrames), 3U);
    EXPECT_GE(counters.get(Counter::kSinkFramesDropped), 2U);
    const std::int64_t begun_ns = clock_.monotonic_ns();
    EXPECT_TRUE(engine_->stop(10'000));
    EXPECT_LT(clock_.monotonic_ns() - begun_ns, 9 * kNanosPerSecond);
    EXPECT_NE(log_.text().find(fifo), std::string::npos) << log_.text();
    EXPECT_EQ(log_.text().find("started"), std::string::npos) << "log.level is warn";
    ::close(deaf);
}

TEST_F(EngineTest, OutputsThatPushSayWhichBrokerItIs) {
    const std::string path = config(R"(, "labels": {"cluster": "${cluster.id}"},
        "outputs": [{"path": "${dir}/remora.prom"}, {"format": "ndjson"}])");
    auto started = Engine::start(path, "broker.id=7\ncluster.id=c1\n", shim_.buffers(), log_);
    ASSERT_TRUE(started) << started.status().message();
    engine_ = std::move(started).value();
    shim_.add_bean(wire::BeanKind::kGauge, kPartitionCount);
    slots_[static_cast<std::uint32_t>(send_control().at(0).unit)] = 1;
    EXPECT_TRUE(cycle_until(42, [&] {
        return output().find("partitioncount{cluster=\"c1\"} 42\n") != std::string::npos;
    })) << output();
    EXPECT_TRUE(engine_->stop(5'000));
    std::ifstream in(directory_ / "remora.ndjson");
    const std::string lines{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NE(lines.find(R"("cluster":"c1","broker":"7")"), std::string::npos)
        << lines.substr(0, 500);
}

TEST(FactsTest, GiveTheDefaultDirectory) {
    const Facts facts = parse_facts("kafka.logs.dir=/var/log/kafka\nuser.name=kafka\nodd line\n");
    EXPECT_EQ(default_directory(facts), "/var/log/kafka/remora");
    EXPECT_EQ(default_directory(parse_facts("java.io.tmpdir=/tmp\nuser.name=k")), "/tmp/remora-k");
}

}  // namespace
}  // namespace remora
