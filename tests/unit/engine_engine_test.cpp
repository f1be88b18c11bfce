#include "engine/engine.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "support/fake_shim.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"
#include "trace/trace.h"

namespace remora {

class EngineInside {
 public:
    // Tells the core of a registration that does not exist. Collector thread.
    static void announce_nothing(Engine& engine) {
        engine.channels_.samples.try_push(Message::control());
    }
};

namespace {

class EngineTest : public testing::Test {
 protected:
    // `sampling`: keys beside the base interval; `more`: after the common sections.
    std::string config(const std::string& more = "", const std::string& sampling = "") {
        const std::string path = directory_ / "remora.json";
        std::ofstream(path) << R"({"directory": ")" << directory_.string() << R"(",
            "self_metrics": "full", "sampling": {"base_interval": "1s", "min_interval": "1s")"
                            << sampling << R"(}, "select": {"profile": "all"})" << more << "}";
        return path;
    }

    void start(const std::string& path) {
        auto started =
            Engine::start(path, "user.name=test\n", shim_.buffers(), system_environment(log_));
        ASSERT_TRUE(started) << started.status().message();
        engine_ = std::move(started).value();
    }

    // Registers a bean; returns its unit.
    std::uint32_t add(wire::BeanKind kind, const std::string& name) {
        shim_.add_bean(kind, name);
        const auto answers = send_control();
        EXPECT_EQ(answers.size(), 1U);
        EXPECT_GE(answers.at(0).unit, 0) << name;
        const auto unit = static_cast<std::uint32_t>(answers.at(0).unit);
        slots_[unit] = answers.at(0).selectors.size();
        return unit;
    }

    std::vector<FakeShim::Answer> send_control() {
        const std::int32_t answered = engine_->control(shim_.take_control_bytes());
        EXPECT_GE(answered, 0);
        return shim_.answers(std::max(answered, 0));
    }

    // What the collector does: plans, reads every planned unit, submits.
    std::uint32_t cycle(double value) {
        engine_->plan(clock_.monotonic_ns());
        return read_planned(value);
    }
    // But for those of `unread_`.
    std::uint32_t read_planned(double value) {
        std::uint32_t units = 0;
        for (const FakeShim::PlannedGroup& group : shim_.plan()) {
            for (const std::uint32_t unit : group.units) {
                if (unread_.count(unit) == 0) {
                    shim_.add_sample(unit, std::vector<double>(slots_.at(unit), value));
                    ++units;
                }
            }
            shim_.add_cost(group.family, static_cast<std::uint16_t>(group.units.size()), 1000);
        }
        if (units > 0) {
            EXPECT_GE(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 0);
        }
        return units;
    }

    std::string output(const char* file = "remora.prom") {
        std::ifstream in(directory_ / file);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    bool has(const std::string& text, const char* file = "remora.prom") {
        return output(file).find(text) != std::string::npos;
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
    const TemporaryDirectory temporary_;
    const std::filesystem::path directory_ = temporary_.path();
    FakeShim shim_;
    KeptLog log_;
    std::unique_ptr<Engine> engine_;
    std::map<std::uint32_t, std::size_t> slots_;
    std::set<std::uint32_t> unread_;
};

constexpr const char* kPartitionCount = "kafka.server:type=ReplicaManager,name=PartitionCount";
constexpr const char* kBytesIn = "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=t1";
constexpr const char* kSize = "kafka.log:type=Log,name=Size,topic=t,partition=0";

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

TEST_F(EngineTest, TheFileTellsThatTheAgentIsUpAndHowOldItsValuesAre) {
    start(config());
    add(wire::BeanKind::kGauge, kPartitionCount);
    add(wire::BeanKind::kMeter, kBytesIn);
    ASSERT_TRUE(cycle_until(3, [&] {
        return has("\nremora_value_age_seconds{class=\"broker\",quantile=\"1\"} ") &&
               has("\nremora_accuracy_samples_total{class=\"broker\"} ");
    })) << output();
    const std::string text = output();
    EXPECT_NE(text.find("\nremora_up 1\n"), std::string::npos);
    const auto value_of = [&text](const std::string& series) {
        const std::size_t at = text.find("\n" + series + " ");
        EXPECT_NE(at, std::string::npos) << series;
        return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
    };
    const double now_s = static_cast<double>(clock_.wall_ms()) / 1e3;
    EXPECT_NEAR(value_of("remora_last_tick_timestamp_seconds"), now_s, 60);
    double before = 0;
    for (const char* quantile : {"0.5", "0.99", "1"}) {
        for (const char* unit_class : {"broker", "topic"}) {
            EXPECT_GE(value_of(std::string("remora_value_age_seconds{class=\"") + unit_class +
                               "\",quantile=\"" + quantile + "\"}"),
                      0);
        }
        const double age =
            value_of(std::string("remora_value_age_seconds{class=\"broker\",quantile=\"") +
                     quantile + "\"}");
        EXPECT_GE(age, before);
        EXPECT_LT(age, 60);
        before = age;
    }
    for (const char* about : {"remora_value_age_seconds", "remora_accuracy_error_ratio"}) {
        EXPECT_EQ(text.find(std::string(about) + "{class=\"partition\""), std::string::npos)
            << "there is none";
    }
    EXPECT_EQ(value_of("remora_accuracy_error_ratio{class=\"broker\"}"), 0)
        << "read for every tick";
    EXPECT_EQ(value_of("remora_tick_interval_milliseconds"), 1'000);
    EXPECT_EQ(value_of("remora_sampler_price_nanoseconds"), 10'000);
    EXPECT_EQ(value_of("remora_bounds_widening_step"), 0);
    EXPECT_EQ(value_of("remora_values_expired"), 0);
    EXPECT_EQ(text.find("remora_sampler_lambda"), std::string::npos);
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, APolicyWithoutAPriceShowsNone) {
    start(config("", R"(, "policy": "fixed")"));
    add(wire::BeanKind::kGauge, kPartitionCount);
    ASSERT_TRUE(cycle_until(3, [&] { return has("\nremora_sampler_price_nanoseconds "); }));
    EXPECT_TRUE(has("\nremora_sampler_price_nanoseconds 0\n")) << output();
    EXPECT_TRUE(engine_->stop(5'000));
}

// Its bound is that of its rule.
TEST_F(EngineTest, AValueThatWasNotReadForFiveTimesItsBoundLeavesTheFileUntilItIsRead) {
    start(config(R"(, "rules": [{"match": "*:name=PartitionCount,*", "interval": "200ms"}])"));
    const std::uint32_t unit = add(wire::BeanKind::kGauge, kPartitionCount);
    add(wire::BeanKind::kMeter, kBytesIn);
    ASSERT_TRUE(cycle_until(5, [&] { return has("partitioncount 5\n") && has("topic=\"t1\""); }));
    EXPECT_TRUE(has("\nremora_values_expired 0\n"));
    unread_.insert(unit);
    ASSERT_TRUE(cycle_until(6, [&] { return !has("partitioncount"); })) << output();
    EXPECT_TRUE(has("\nremora_values_expired 1\n")) << output();
    EXPECT_TRUE(has("topic=\"t1\"")) << "what is read stays";
    EXPECT_NE(log_.text().find("1 series were not read for five times their bound"),
              std::string::npos)
        << log_.text();
    unread_.clear();
    ASSERT_TRUE(cycle_until(7, [&] { return has("partitioncount 7\n"); })) << output();
    EXPECT_TRUE(has("\nremora_values_expired 0\n"));
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_EQ(engine_->counters().get(Counter::kValuesUnaccounted), 0U);
}

// The operator's word: such a bean may be expensive, or have side effects.
TEST_F(EngineTest, ABeanIsNotReadMoreOftenThanItsRuleSays) {
    start(config(R"(, "rules": [{"match": "kafka.log:*", "interval": "1d"}])"));
    add(wire::BeanKind::kGauge, kPartitionCount);
    add(wire::BeanKind::kGauge, kSize);
    ASSERT_TRUE(cycle_until(5, [&] { return has("kafka_log_log_size{"); }));
    const std::uint64_t ticks = engine_->counters().get(Counter::kTicks);
    ASSERT_TRUE(
        cycle_until(6, [&] { return engine_->counters().get(Counter::kTicks) >= ticks + 3; }));
    EXPECT_TRUE(has("partitioncount 6\n"));
    EXPECT_TRUE(has("kafka_log_log_size{topic=\"t\",partition=\"0\"} 5\n")) << output();
    EXPECT_TRUE(engine_->stop(5'000));
}

// A sum is no older than its parts may be, which an operator's rule says.
TEST_F(EngineTest, ASumOfValuesThatARuleReadsSeldomStays) {
    start(config(R"(, "topics": {"aggregate": "sum"},
        "rules": [{"match": "kafka.log:*", "interval": "1d"}])",
                 R"(, "partition_max_interval": "1s")"));
    add(wire::BeanKind::kGauge, kPartitionCount);
    const std::uint32_t unit = add(wire::BeanKind::kGauge, kSize);
    shim_.add_swept();
    EXPECT_TRUE(send_control().empty());
    ASSERT_TRUE(cycle_until(5, [&] { return has("kafka_log_log_size{topic=\"t\"} 5\n"); }))
        << output();
    unread_.insert(unit);  // whoever wants it
    const std::uint64_t ticks = engine_->counters().get(Counter::kTicks);
    ASSERT_TRUE(
        cycle_until(6, [&] { return engine_->counters().get(Counter::kTicks) >= ticks + 7; }));
    EXPECT_TRUE(has("kafka_log_log_size{topic=\"t\"} 5\n")) << output();
    EXPECT_EQ(engine_->counters().get(Counter::kValuesExpired), 0U);
    EXPECT_TRUE(engine_->stop(5'000));
}

// The reads of a tick are held back until it is due. When the machine holds this test up for as
// long as a tick waits at most, that says nothing, and the next tick is tried.
TEST_F(EngineTest, ATickWaitsForItsReads) {
    start(config());
    add(wire::BeanKind::kGauge, kPartitionCount);
    ASSERT_TRUE(cycle_until(1, [&] { return has("partitioncount 1\n"); }));
    const CounterTable& counters = engine_->counters();
    bool waited = false;
    for (int attempt = 2; attempt < 12 && !waited; ++attempt) {
        const std::uint64_t begun = counters.get(Counter::kTicks);
        ASSERT_TRUE(cycle_until(1, [&] { return counters.get(Counter::kTicks) > begun; }));
        const std::uint64_t ticks = counters.get(Counter::kTicks);
        const std::uint64_t unfinished = counters.get(Counter::kTicksUnfinished);
        std::uint32_t planned = 0;
        for (int i = 0; i < 2'000 && planned == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            engine_->plan(clock_.monotonic_ns());
            planned = shim_.plan_header().unit_count;
        }
        ASSERT_GT(planned, 0U);
        // It was planned a tenth of a second before its tick at most.
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
        const bool is_held = counters.get(Counter::kTicks) == ticks;
        const bool gave_up = counters.get(Counter::kTicksUnfinished) > unfinished;
        read_planned(attempt);
        ASSERT_TRUE(is_held || gave_up) << "a tick that did not wait";
        ASSERT_TRUE(cycle_until(1, [&] { return counters.get(Counter::kTicks) > ticks; }));
        if (is_held && counters.get(Counter::kTicksUnfinished) == unfinished) {
            waited = true;
            EXPECT_TRUE(cycle_until(1, [&] {
                return has("partitioncount " + std::to_string(attempt) + "\n");
            })) << "the tick has what it waited for";
        }
    }
    EXPECT_TRUE(waited);
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, ATickDoesNotWaitForEver) {
    start(config());
    const std::uint32_t unit = add(wire::BeanKind::kGauge, kPartitionCount);
    ASSERT_TRUE(cycle_until(1, [&] { return has("partitioncount 1\n"); }));
    const CounterTable& counters = engine_->counters();
    // The collector hangs: nobody plans or reads.
    const std::uint64_t ticks = counters.get(Counter::kTicks);
    for (int i = 0; i < 1'000 && counters.get(Counter::kTicks) < ticks + 2; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_GE(counters.get(Counter::kTicks), ticks + 2);
    EXPECT_GE(counters.get(Counter::kTicksUnfinished), 1U);
    EXPECT_TRUE(has("partitioncount 1\n")) << "unit " << unit << " is not expired yet";
    EXPECT_TRUE(engine_->stop(5'000));
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

TEST_F(EngineTest, LastValuesFollowAShorterInterval) {
    const auto file = [this](const char* interval) {
        const std::string path = directory_ / "remora.json";
        std::ofstream(path) << R"({"directory": ")" << directory_.string()
                            << R"(", "sampling": {"base_interval": ")" << interval << R"("}})";
        return path;
    };
    start(file("1m"));
    add(wire::BeanKind::kGauge, kPartitionCount);
    file("2s");
    engine_->reload();
    EXPECT_TRUE(cycle_until(7, [&] { return has("\t2000\n", "remora.values"); }))
        << output("remora.values");
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, FlushesTheLastValuesWhenItStopsAndSaysThatItIsDown) {
    start(config(R"(, "outputs": [{"path": "${dir}/remora.prom"},
        {"path": "${dir}/kept.prom", "at_end": "keep"}, {"format": "ndjson"}])"));
    const std::uint32_t unit = add(wire::BeanKind::kGauge, kPartitionCount);
    shim_.add_sample(unit, {7});
    ASSERT_EQ(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 1);
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_TRUE(has("partitioncount 7\n", "kept.prom")) << output("kept.prom");
    EXPECT_TRUE(has(R"("value":7)", "remora.ndjson")) << output("remora.ndjson");
    EXPECT_TRUE(has("remora_up 0\n")) << output();
    EXPECT_FALSE(has("partitioncount")) << "dead must not look alive";
}

TEST_F(EngineTest, EveryOutputSaysWhatWasReadLastWhenItStops) {
    const int receiver = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    ASSERT_EQ(::bind(receiver, reinterpret_cast<sockaddr*>(&address), bytes), 0);
    ASSERT_EQ(::getsockname(receiver, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
    start(config(R"(, "outputs": [{"path": "${dir}/now.prom", "at_end": "keep"},
        {"format": "ndjson", "path": "${dir}/seldom", "interval": "1h"},
        {"format": "ndjson", "path": "${dir}/fresh", "interval": "1h", "emit": "fresh"},
        {"format": "ndjson", "path": "${dir}/changed", "emit": "changed"},
        {"type": "udp", "spread": 1, "port": )" +
                 std::to_string(ntohs(address.sin_port)) + "}]"));
    const std::uint32_t unit = add(wire::BeanKind::kGauge, kPartitionCount);
    EXPECT_TRUE(cycle_until(7, [&] { return has("partitioncount 7\n", "now.prom"); }));
    shim_.add_sample(unit, {8});
    ASSERT_EQ(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 1);
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_TRUE(has("partitioncount 8\n", "now.prom"));
    for (const char* file : {"seldom", "fresh", "changed"}) {
        EXPECT_TRUE(has(R"("value":8)", file)) << file;
    }
    std::string received;
    char packet[65536];
    for (ssize_t got = 0; (got = ::recv(receiver, packet, sizeof(packet), MSG_DONTWAIT)) > 0;) {
        received.append(packet, static_cast<std::size_t>(got));
    }
    ::close(receiver);
    EXPECT_NE(received.find("partitioncount:8|g"), std::string::npos) << received;
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
    for (const std::int64_t nanos : {std::int64_t{-1}, INT64_MAX}) {
        shim_.add_cost(0, 1, nanos);
        EXPECT_LT(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 0) << nanos;
    }
    EXPECT_EQ(engine_->counters().get(Counter::kReadNanos), 0U);
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
    auto started = Engine::start(path, "", shim_.buffers(), system_environment(log_));
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

TEST_F(EngineTest, ControlBytesThatNoShimSendsDoNoHarm) {
    start(config(R"(, "topics": {"aggregate": "sum"})"));
    const auto units = [&] { return engine_->counters().get(Counter::kUnits); };
    const std::uint32_t partition = add(wire::BeanKind::kGauge, kSize);
    EXPECT_EQ(units(), 2U) << "and what is made of it";
    shim_.add_unregister(partition + 1);
    send_control();
    EXPECT_EQ(units(), 2U) << "that leaves with its last member only";
    shim_.add_unregister(partition);
    send_control();
    EXPECT_EQ(units(), 0U);
    for (std::uint32_t i = 0; i <= wire::kControlRecordsMax; ++i) {
        shim_.add_unregister(i);
    }
    EXPECT_EQ(engine_->control(shim_.take_control_bytes()), negative(Code::kInvalidArgument));
    EXPECT_TRUE(engine_->stop(5'000));
}

#ifdef NDEBUG
TEST_F(EngineTest, ABrokenInvariantSwitchesTheAgentOffIsCountedAndSaidOnce) {
    start(config());
    add(wire::BeanKind::kGauge, kPartitionCount);
    ASSERT_TRUE(cycle_until(42, [&] { return has("partitioncount 42\n"); }));
    EngineInside::announce_nothing(*engine_);
    // A submit wakes the core; what it finds then is told by the next plan.
    const auto is_off = [&] { return (shim_.plan_header().flags & wire::kPlanStop) != 0; };
    while (!is_off()) {
        cycle(43);
        ASSERT_GE(engine_->submit(0, clock_.monotonic_ns()), 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    engine_->plan(clock_.monotonic_ns());
    EXPECT_TRUE(is_off()) << "and stays so";
    EXPECT_EQ(engine_->counters().get(Counter::kFaults), 1U);
    EXPECT_TRUE(engine_->stop(10'000));
    const std::string said = log_.text();
    const std::size_t at = said.find("broken invariant is_there at engine/core.cpp:");
    EXPECT_NE(at, std::string::npos) << said;
    EXPECT_EQ(said.find("broken invariant", at + 1), std::string::npos) << said;
    EXPECT_TRUE(has("remora_up 0")) << output();
    EXPECT_FALSE(has("partitioncount"));
}
#endif

TEST_F(EngineTest, OutputsThatPushSayWhichBrokerItIs) {
    const std::string path = config(R"(, "labels": {"cluster": "${cluster.id}"},
        "outputs": [{"path": "${dir}/remora.prom"}, {"format": "ndjson"}])");
    auto started = Engine::start(path, "broker.id=7\ncluster.id=c1\n", shim_.buffers(),
                                 system_environment(log_));
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

TEST_F(EngineTest, EachBrokerIsAnInstanceOfItsOwn) {
    const std::string more = R"(, "outputs": [{"format": "otlp_json"}])";
    auto started = Engine::start(config(more), "broker.id=7\ncluster.id=c1\n", shim_.buffers(),
                                 system_environment(log_));
    ASSERT_TRUE(started) << started.status().message();
    engine_ = std::move(started).value();
    add(wire::BeanKind::kGauge, kPartitionCount);
    constexpr const char* kInstance =
        R"({"key":"service.instance.id","value":{"stringValue":"c1/7"}})";
    EXPECT_TRUE(cycle_until(42, [&] { return has(kInstance, "remora.otlp.json"); }))
        << output("remora.otlp.json").substr(0, 500);
    EXPECT_TRUE(engine_->stop(5'000));
}

// A receiver of increments adds up what it gets: the first value of a bean that came just now is
// growth, that of one that was there before is not.
TEST_F(EngineTest, AlertsAreReadBeforeWhatMayTakeLong) {
    start(config());
    add(wire::BeanKind::kGauge, "kafka.a:type=Slow,name=First");
    add(wire::BeanKind::kGauge, "kafka.server:type=ReplicaManager,name=LeaderCount");
    const std::uint32_t alert = add(
        wire::BeanKind::kGauge, "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions");
    std::vector<FakeShim::PlannedGroup> groups;
    EXPECT_TRUE(cycle_until(1, [&] {
        groups = shim_.plan();
        return groups.size() == 3;
    }));
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups[0].units, std::vector<std::uint32_t>{alert});
    EXPECT_TRUE(engine_->stop(5'000));
}

TEST_F(EngineTest, ABeanThatComesWhileTheAgentRunsSaysSinceWhenItCounts) {
    start(config(R"(, "outputs": [{"format": "otlp_json", "self_metrics": "off"}])"));
    const std::string errors = "kafka.network:type=RequestMetrics,name=ErrorsPerSec,error=";
    add(wire::BeanKind::kCounter, errors + "OLD");
    shim_.add_swept();
    send_control();
    constexpr const char* kFile = "remora.otlp.json";
    EXPECT_TRUE(cycle_until(31, [&] { return has("OLD", kFile); }));
    add(wire::BeanKind::kCounter, errors + "NEW");
    constexpr const char* kNewWithStart = R"(NEW"}}],"startTimeUnixNano")";
    EXPECT_TRUE(cycle_until(31, [&] { return has(kNewWithStart, kFile); })) << output(kFile);
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_FALSE(has(R"(OLD"}}],"startTimeUnixNano")", kFile)) << "nothing told its start";
}

TEST_F(EngineTest, AnExpressionThatNeedsTooManyStepsIsCountedAndLoggedOnce) {
    start(config(R"(, "rules": [{"match": "kafka.a:*", "action": "exclude",
        "where": {"name": "(a+)+[bc]"}}])"));
    const std::string name = "kafka.a:type=A,name=" + std::string(40, 'a');
    add(wire::BeanKind::kGauge, name);
    add(wire::BeanKind::kGauge, name + "a");
    EXPECT_TRUE(cycle_until(1, [&] { return has("\nremora_regex_unanswered_total 2\n"); }))
        << output();
    EXPECT_TRUE(engine_->stop(5'000));
    EXPECT_EQ(log_.count("rules.0.where.name: the regular expression"), 1) << log_.text();
}

TEST(FactsTest, GiveTheDefaultDirectory) {
    const Facts facts = parse_facts("kafka.logs.dir=/var/log/kafka\nuser.name=kafka\nodd line\n");
    EXPECT_EQ(default_directory(facts), "/var/log/kafka/remora");
    EXPECT_EQ(default_directory(parse_facts("java.io.tmpdir=/tmp\nuser.name=k")), "/tmp/remora-k");
}

}  // namespace
}  // namespace remora
