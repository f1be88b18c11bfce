// Collector, core and two sinks race on one engine while units come and go. Meant for
// ThreadSanitizer; the conservation of values is checked at the end. REMORA_STRESS_SECONDS,
// default 10.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "support/fake_shim.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

class SilentSink final : public LogSink {
 public:
    void write(LogLevel, std::string_view) noexcept override {}
};

struct Stress {
    FakeShim shim;
    SilentSink log;
    SystemClock clock;
    std::unique_ptr<Engine> engine;
    std::map<std::uint32_t, std::size_t> slots;  // by unit
    std::vector<std::uint32_t> live;
    std::mt19937 random{7};
    std::uint32_t made = 0;

    void register_some(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string topic = "t" + std::to_string(made++);
            shim.add_bean(i % 2 == 0 ? wire::BeanKind::kMeter : wire::BeanKind::kHistogram,
                          "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=" + topic);
        }
        for (const auto& answer : shim.answers(send())) {
            ASSERT_GE(answer.unit, 0);
            slots[static_cast<std::uint32_t>(answer.unit)] = answer.selectors.size();
            live.push_back(static_cast<std::uint32_t>(answer.unit));
        }
    }

    void unregister_some(std::size_t count) {
        for (std::size_t i = 0; i < count && !live.empty(); ++i) {
            const std::size_t at = random() % live.size();
            shim.add_unregister(live[at]);
            live[at] = live.back();
            live.pop_back();
        }
        send();
    }

    // As a shim does: "full" means that nothing was handled, so the same records are sent again.
    std::int32_t send() {
        const std::int32_t bytes = shim.take_control_bytes();
        std::int32_t answered = engine->control(bytes);
        while (answered == negative(Code::kFull)) {
            usleep(1000);
            answered = engine->control(bytes);
        }
        EXPECT_GE(answered, 0);
        return answered;
    }

    // Reads everything, planned or not: the ring must cope with more than it asked for.
    void read_all() {
        engine->plan(clock.monotonic_ns());
        for (const std::uint32_t unit : live) {
            const auto status =
                random() % 50 == 0 ? wire::ReadStatus::kThrew : wire::ReadStatus::kOk;
            const std::size_t count = status == wire::ReadStatus::kOk ? slots[unit] : 0;
            shim.add_sample(unit, std::vector<double>(count, static_cast<double>(random() % 100)),
                            status);
        }
        shim.add_cost(0, 10, 5'000);
        ASSERT_GE(engine->submit(shim.take_sample_bytes(), clock.monotonic_ns()), 0);
    }
};

TEST(EngineStress, LosesNothingWithoutCountingItWhileEverythingRaces) {
    const char* asked = std::getenv("REMORA_STRESS_SECONDS");
    const int seconds = asked == nullptr ? 10 : std::atoi(asked);
    const TemporaryDirectory temporary;
    const std::filesystem::path directory = temporary.path();
    std::ofstream(directory / "remora.json")
        << R"({"directory": ")" << directory.string() << R"(", "select": {"profile": "all"},
        "sampling": {"base_interval": "1s", "min_interval": "1s"},
        "outputs": [{"path": "${dir}/remora.prom"},
                    {"type": "file", "format": "ndjson", "path": "${dir}/remora.ndjson",
                     "rotate": {"size": "1MB", "files": 2, "total_size": "8MB"}}]})";
    Stress stress;
    auto started = Engine::start((directory / "remora.json").string(), "user.name=t\n",
                                 stress.shim.buffers(), system_environment(stress.log));
    ASSERT_TRUE(started) << started.status().message();
    stress.engine = std::move(started).value();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    std::uint64_t rounds = 0;
    while (std::chrono::steady_clock::now() < end) {
        stress.register_some(20);
        for (int i = 0; i < 10; ++i) {
            stress.read_all();
            usleep(1000);
        }
        stress.unregister_some(stress.live.size() > 400 ? 200 : 10);
        ++rounds;
    }
    ASSERT_TRUE(stress.engine->stop(20'000));
    const CounterTable& counters = stress.engine->counters();
    const auto count = [&](Counter counter) { return counters.get(counter); };
    EXPECT_GT(rounds, 3U);
    EXPECT_EQ(count(Counter::kFaults), 0U);
    EXPECT_EQ(count(Counter::kValuesRead), count(Counter::kRingFullDropped) +
                                               count(Counter::kValuesCached) +
                                               count(Counter::kValuesOrphanDropped));
    EXPECT_EQ(count(Counter::kValuesCached), count(Counter::kValuesEmittedFresh) +
                                                 count(Counter::kValuesSuperseded) +
                                                 count(Counter::kValuesUnregisteredDropped));
    EXPECT_EQ(count(Counter::kValuesUnaccounted), 0U);
    EXPECT_EQ(count(Counter::kUnits), stress.live.size());
}

}  // namespace
}  // namespace remora
