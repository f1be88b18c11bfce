// What the engine learns after its start: facts of a slow broker, a file that changed while it was
// read, and that nothing matches.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "engine/engine.h"
#include "engine/housekeeper.h"
#include "support/fake_clock.h"
#include "support/fake_shim.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

class LateTest : public testing::Test {
 protected:
    void TearDown() override {
        if (engine != nullptr) {
            EXPECT_TRUE(engine->stop(5'000));
            engine.reset();
        }
    }

    void write_config(const std::string& more) const {
        std::ofstream(directory + "/remora.json")
            << R"({"directory": ")" << directory
            << R"(", "sampling": {"base_interval": "1s"}, "select": {"profile": "all"})" << more
            << "}";
    }

    void start(const std::string& more, const std::string& facts) {
        write_config(more);
        auto started = Engine::start(directory + "/remora.json", facts, shim.buffers(),
                                     system_environment(log));
        ASSERT_TRUE(started) << started.status().message();
        engine = std::move(started).value();
    }

    void sweep() {
        shim.add_bean(wire::BeanKind::kGauge, "kafka.server:type=A,name=B,topic=t");
        shim.add_swept();
        ASSERT_GE(engine->control(shim.take_control_bytes()), 0);
    }

    void cycle() {
        engine->plan(clock.monotonic_ns());
        bool any = false;
        for (const FakeShim::PlannedGroup& group : shim.plan()) {
            for (const std::uint32_t unit : group.units) {
                shim.add_sample(unit, {7});
                any = true;
            }
            shim.add_cost(group.family, static_cast<std::uint16_t>(group.units.size()), 1000);
        }
        if (any) {
            ASSERT_GE(engine->submit(shim.take_sample_bytes(), clock.monotonic_ns()), 0);
        }
        if ((shim.plan_header().flags & wire::kPlanRediscover) != 0) {
            sweep();
        }
    }

    template <typename Done>
    bool cycle_until(Done&& done) {
        for (int i = 0; i < 3000 && !HasFatalFailure(); ++i) {
            cycle();
            if (done()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }

    std::string read(const std::string& name) const {
        std::ifstream in(directory + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    bool exists(const std::string& name) const {
        return std::filesystem::exists(directory + "/" + name);
    }

    SystemClock clock;
    const TemporaryDirectory temporary;
    const std::string directory = temporary.path();
    FakeShim shim;
    KeptLog log;
    std::unique_ptr<Engine> engine;
};

constexpr const char* kOutputs = R"(, "reload": {"enabled": false},
    "outputs": [{"path": "${dir}/remora.prom"},
                {"name": "lines", "format": "ndjson", "path": "${dir}/lines.ndjson"},
                {"name": "own", "path": "${dir}/own-${broker.id}.prom"}])";

TEST_F(LateTest, WhatNeedsTheIdOfASlowBrokerWaitsForIt) {
    start(kOutputs, "pending=broker.id\n");
    EXPECT_TRUE(log.has("output lines waits: ${broker.id} is not known of this broker yet"));
    EXPECT_TRUE(log.has("output own waits"));
    sweep();
    ASSERT_TRUE(cycle_until([&] {
        return read("remora.prom").find("kafka_server_a_b{topic=\"t\"} 7") != std::string::npos;
    })) << read("remora.prom");
    EXPECT_FALSE(exists("lines.ndjson"));
    EXPECT_FALSE(exists("own-unknown.prom"));

    engine->learn("broker.id=1001\n");
    ASSERT_TRUE(cycle_until([&] { return exists("lines.ndjson") && exists("own-1001.prom"); }))
        << log.text();
    ASSERT_TRUE(cycle_until([&] {
        return read("lines.ndjson").find(R"("broker":"1001")") != std::string::npos;
    })) << read("lines.ndjson");
    const std::string lines = read("lines.ndjson");
    // None without it, from the first line on.
    for (std::size_t at = 0; at < lines.size() && lines.find('\n', at) != std::string::npos;
         at = lines.find('\n', at) + 1) {
        const std::string line = lines.substr(at, lines.find('\n', at) - at);
        EXPECT_NE(line.find(R"("broker":"1001")"), std::string::npos) << line;
    }
}

TEST_F(LateTest, WhatNeverComesIsLeftOut) {
    start(kOutputs, "pending=broker.id,cluster.id\n");
    sweep();
    engine->learn("pending=cluster.id\n");
    ASSERT_TRUE(cycle_until([&] { return !read("lines.ndjson").empty(); })) << log.text();
    EXPECT_EQ(read("lines.ndjson").find("\"broker\""), std::string::npos);
    EXPECT_TRUE(log.has("the label broker is left out: ${broker.id} is not known of this broker"));
    EXPECT_TRUE(cycle_until([&] { return exists("own-unknown.prom"); }));
}

// Of a file that stays as it is the configuration in force is, whatever the file says by now.
TEST_F(LateTest, FactsChangeNothingElse) {
    start(kOutputs, "pending=broker.id\n");
    sweep();
    write_config(R"(, "outputs": [])");
    engine->learn("broker.id=5\n");
    ASSERT_TRUE(cycle_until([&] { return exists("own-5.prom"); })) << log.text();
    EXPECT_EQ(engine->counters().get(Counter::kConfigReloadsFailed), 0U);
    engine->learn("broker.id=5\nnode.role=broker\n");
    EXPECT_TRUE(cycle_until([&] { return engine->counters().get(Counter::kTicks) >= 4; }));
    EXPECT_EQ(engine->counters().get(Counter::kConfigReloads), 1U) << "nothing is built anew";
}

TEST_F(LateTest, AReloadThatMovesAPathMovesItsLock) {
    const std::string more = R"(, "reload": {"check_interval": "100ms"}, "outputs": [{"path": ")";
    start(more + R"(${dir}/a.prom"}])", "");
    sweep();
    ASSERT_TRUE(cycle_until([&] { return exists("a.prom"); }));
    EXPECT_TRUE(exists(".a.prom.lock"));
    write_config(more + R"(${dir}/b.prom"}])");
    ASSERT_TRUE(cycle_until([&] { return exists("b.prom") && !exists("a.prom"); })) << log.text();
    EXPECT_FALSE(exists(".a.prom.lock"));
    EXPECT_TRUE(exists(".b.prom.lock"));
}

TEST_F(LateTest, WhatNothingMatchesIsSaidOnceAndLate) {
    start(R"(, "rules": [{"match": "kafka.server:type=A,*", "importance": "high"},
                          {"match": "kafka.server:type=Lgo,*", "importance": "high"}],
              "topics": {"mode": "list", "list": ["t", "ordres"]})",
          "");
    sweep();
    const std::int64_t now_ns = clock.monotonic_ns();
    engine->plan(now_ns);
    engine->plan(now_ns + 59 * kNanosPerSecond);
    EXPECT_FALSE(log.has("so far"));
    engine->plan(now_ns + 61 * kNanosPerSecond);
    EXPECT_TRUE(
        log.has("nothing on this broker matches so far: rules.1.match "
                "\"kafka.server:type=Lgo,*\"; topics.list.1 \"ordres\"\n"))
        << log.text();
    const std::size_t said = log.text().size();
    engine->plan(now_ns + 3600 * kNanosPerSecond);
    EXPECT_EQ(log.text().find("so far", log.text().find("so far") + 1), std::string::npos);
    EXPECT_GE(log.text().size(), said);
}

TEST_F(LateTest, AChangeBetweenLoadingAndWatchingIsSeen) {
    write_config("");
    const std::string path = directory + "/remora.json";
    const ParseOutcome loaded = load_config(path, {});
    ASSERT_TRUE(loaded.is_ok()) << loaded.error_text();
    EXPECT_EQ(loaded.mark, mark_of(path));
    write_config(R"(, "labels": {"a": "b"})");

    Channels channels;
    CounterTable counters;
    FakeClock time;
    Log lines(log, time, counters);
    int changes = 0;
    Housekeeper::Options options;
    options.config_interval_ms = 5'000;
    options.config_path = path;
    options.config_mark = loaded.mark;
    Housekeeper::Duties duties;
    duties.on_config_changed = [&] { ++changes; };
    duties.take_tuned = [] { return false; };
    duties.take_over = [] { return false; };
    duties.counters_interval_ms = [] { return std::int64_t{10'000}; };
    Housekeeper keeper(options, channels, time, counters, lines, std::move(duties));
    keeper.do_work();
    EXPECT_EQ(changes, 1);
    time.advance_ms(options.config_interval_ms);
    keeper.do_work();
    EXPECT_EQ(changes, 1) << "once";
}

}  // namespace
}  // namespace remora
