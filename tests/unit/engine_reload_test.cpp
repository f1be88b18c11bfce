// Changes of the configuration while an engine runs.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "engine/engine.h"
#include "support/fake_shim.h"
#include "support/http_client.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"
#include "tune/tuning_state.h"

namespace remora {
namespace {

// A host of gauges: what the Java shim does with them, and what came out.
class ReloadTest : public testing::Test {
 protected:
    struct Unit {
        std::int32_t id = -1;
        std::size_t slots = 0;
        int reads = 0;
    };

    ~ReloadTest() override {
        if (engine_ != nullptr) {
            EXPECT_TRUE(engine_->stop(5'000));
            engine_.reset();
        }
    }

    // `more`: keys after the common ones.
    void write_config(const std::string& more) {
        const std::string path = directory_ / "remora.json";
        std::ofstream(path + ".new")
            << R"({"directory": ")" << directory_.string()
            << R"(", "reload": {"check_interval": "100ms"}, "self_metrics": "full",
                  "rules": [{"match": "*:type=Slow,*", "action": "include", "interval": "1d"}])"
            << more << "}";
        std::filesystem::rename(path + ".new", path);
    }

    // Without a ceiling that a sanitizer on a busy machine would reach: ticks would come seldom.
    static std::string sampling(const char* more = R"(, "cpu_budget_percent": 100)") {
        return std::string(R"(, "sampling": {"base_interval": "1s")") + more + "}";
    }

    void start(const std::string& more) {
        write_config(more);
        start_as_is((directory_ / "remora.json").string());
    }

    void start_as_is(const std::string& arguments) {
        Environment environment = system_environment(log_);
        environment.default_config = directory_ / "remora.json";
        auto started = Engine::start(arguments, "user.name=test\n", shim_.buffers(), environment);
        ASSERT_TRUE(started) << started.status().message();
        engine_ = std::move(started).value();
        sweep();
    }

    // Offers everything, as the shim does, and ends with the record that says so.
    void sweep() {
        std::vector<std::string> offered;
        const auto send = [&] {
            const std::int32_t answered = engine_->control(shim_.take_control_bytes());
            ASSERT_GE(answered, 0);
            const auto answers = shim_.answers(answered);
            ASSERT_EQ(answers.size(), offered.size());
            for (std::size_t i = 0; i < answers.size(); ++i) {
                take_answer(offered[i], answers[i]);
            }
            offered.clear();
        };
        for (const std::string& name : beans_) {
            shim_.add_bean(wire::BeanKind::kGauge, name);
            offered.push_back(name);
            if (shim_.control_used() > 64 * 1024) {
                send();
            }
        }
        shim_.add_swept();
        send();
    }

    void take_answer(const std::string& name, const FakeShim::Answer& answer) {
        Unit& unit = units_[name];
        if (unit.id != answer.unit) {
            names_.erase(unit.id);
            unit = Unit{answer.unit, answer.selectors.size(), 0};
        }
        if (answer.unit >= 0) {
            names_[answer.unit] = name;
        }
    }

    void cycle() {
        engine_->plan(clock_.monotonic_ns());
        bool any = false;
        for (const FakeShim::PlannedGroup& group : shim_.plan()) {
            for (const std::uint32_t id : group.units) {
                const auto found = names_.find(static_cast<std::int32_t>(id));
                ASSERT_NE(found, names_.end()) << "unit " << id << " is planned and nobody's";
                Unit& unit = units_[found->second];
                ++unit.reads;
                any = true;
                shim_.add_sample(id, std::vector<double>(unit.slots, value_));
            }
            shim_.add_cost(group.family, static_cast<std::uint16_t>(group.units.size()), 1000);
        }
        if (any) {
            ASSERT_GE(engine_->submit(shim_.take_sample_bytes(), clock_.monotonic_ns()), 0);
        }
        if ((shim_.plan_header().flags & wire::kPlanRediscover) != 0) {
            ++sweeps_;
            sweep();
        }
    }

    template <typename Done>
    bool cycle_until(Done&& done, int turns = 8000) {
        for (int i = 0; i < turns && !HasFatalFailure(); ++i) {
            cycle();
            if (done()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }

    bool cycle_until_counter(Counter counter, std::uint64_t value) {
        return cycle_until([&] { return engine_->counters().get(counter) >= value; });
    }

    // Two whole ticks from now are in the file, which says how many there were.
    bool pass_two_ticks() {
        const std::uint64_t ticks = engine_->counters().get(Counter::kTicks) + 2;
        return cycle_until([&] {
            const std::string text = output();
            const std::size_t line = text.find("\nremora_ticks_total");  // labels may follow
            return line != std::string::npos &&
                   std::stoull(text.substr(text.find(' ', line))) >= ticks;
        });
    }

    std::string output(const char* name = "remora.prom") {
        std::ifstream in(directory_ / name);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    static std::size_t count(const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != std::string::npos;
             at = text.find(part, at + 1)) {
            ++found;
        }
        return found;
    }

    static std::string by_topic(int i) {
        return "kafka.server:type=Topics,name=Lag,topic=t" + std::to_string(i);
    }
    static std::string slow(int i) {
        return "kafka.server:type=Slow,name=Size" + std::to_string(i);
    }

    SystemClock clock_;
    const TemporaryDirectory temporary_;
    const std::filesystem::path directory_ = temporary_.path();
    FakeShim shim_;
    KeptLog log_;
    std::unique_ptr<Engine> engine_;
    std::vector<std::string> beans_;
    std::map<std::string, Unit> units_;
    std::map<std::int32_t, std::string> names_;
    double value_ = 41;
    int sweeps_ = 0;
};

constexpr const char* kAllProfile = R"(, "select": {"profile": "all"})";

TEST_F(ReloadTest, WhatStaysKeepsItsUnitItsCachedValueAndItsInterval) {
    beans_ = {slow(1), by_topic(1), by_topic(2)};
    start(sampling() + kAllProfile);
    ASSERT_TRUE(pass_two_ticks());
    ASSERT_EQ(count(output(), "\nkafka_server_topics_lag{topic="), 2U) << output();
    const Unit before = units_[slow(1)];
    const int first_reads = before.reads;
    ASSERT_GE(first_reads, 1);
    value_ = 97;  // a unit that is read again would show it

    write_config(sampling() + kAllProfile + R"(, "topics": {"mode": "list", "list": ["t2"]})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    const std::string text = output();
    EXPECT_EQ(count(text, "kafka_server_slow_size1 41\n"), 1U) << text;
    EXPECT_EQ(count(text, "lag{topic=\"t2\"} 97\n"), 1U) << text;
    EXPECT_EQ(count(text, "topic=\"t1\""), 0U) << text;
    EXPECT_EQ(units_[slow(1)].id, before.id);
    EXPECT_EQ(units_[slow(1)].reads, first_reads);
    EXPECT_EQ(units_[by_topic(1)].id, negative(Code::kNotFound));
    EXPECT_EQ(engine_->counters().get(Counter::kUnits), 2U);
    EXPECT_EQ(sweeps_, 1);

    write_config(sampling() + kAllProfile);
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 2));
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_server_topics_lag{topic="), 2U) << output();
    EXPECT_EQ(units_[slow(1)].reads, first_reads);
}

TEST_F(ReloadTest, AnInvalidFileIsRefusedWithEveryProblemAndTheOldOneGoesOn) {
    beans_ = {slow(1), by_topic(1)};
    start(sampling() + kAllProfile);
    ASSERT_TRUE(pass_two_ticks());
    write_config(R"(, "sampling": {"base_intervall": "1s"}, "topics": {"mode": 7})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloadsFailed, 1));
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_NE(log_.text().find("sampling.base_intervall"), std::string::npos) << log_.text();
    EXPECT_NE(log_.text().find("topics.mode"), std::string::npos) << log_.text();
    EXPECT_NE(output().find("\nremora_config_reload_failures_total 1\n"), std::string::npos);
    EXPECT_NE(output().find("lag{topic=\"t1\"} 41\n"), std::string::npos);
    EXPECT_EQ(engine_->counters().get(Counter::kConfigReloads), 0U);
    EXPECT_EQ(sweeps_, 0);
}

TEST_F(ReloadTest, ADefaultFileThatAppearsLaterIsTakenOver) {
    beans_ = {slow(1)};
    start_as_is("directory=" + directory_.string() +
                ",reload.check_interval=100ms,sampling.base_interval=1s,select.profile=all");
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_TRUE(log_.has("no configuration file")) << log_.text();
    EXPECT_EQ(count(output(), "kafka_server_slow_size1 41\n"), 1U) << output();
    write_config(R"(, "labels": {"rack": "r1"})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "kafka_server_slow_size1{rack=\"r1\"} 41\n"), 1U) << output();
}

TEST_F(ReloadTest, WhenAskedForItIsReadAtOnceAndTheAnswerHasEveryMistake) {
    beans_ = {slow(1)};
    write_config(kAllProfile);
    start_as_is((directory_ / "remora.json").string() +
                ",reload.check_interval=1h,sampling.base_interval=1s");
    ASSERT_FALSE(engine_->reload_outcome()) << "nobody has asked yet";
    const auto answer = [&] {
        std::optional<std::string> outcome;
        EXPECT_TRUE(cycle_until([&] { return (outcome = engine_->reload_outcome()).has_value(); }));
        return outcome.value_or("none");
    };
    write_config(R"(, "topics": {"mode": 7}, "log": {"level": "loud"})");
    engine_->reload();
    const std::string mistakes = answer();
    EXPECT_NE(mistakes.find("topics.mode"), std::string::npos) << mistakes;
    EXPECT_NE(mistakes.find("\n"), std::string::npos) << "one a line: " << mistakes;
    EXPECT_NE(mistakes.find("log.level"), std::string::npos) << mistakes;
    EXPECT_FALSE(engine_->reload_outcome()) << "once";

    write_config(std::string(kAllProfile) + R"(, "labels": {"rack": "r1"})");
    engine_->reload();
    EXPECT_EQ(answer(), "");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    engine_->reload();
    EXPECT_EQ(answer(), "") << "a file that did not change is read too";
}

TEST_F(ReloadTest, OutputsComeGoAndChangeWithoutAFileThatLacksSeries) {
    for (int i = 0; i < 300; ++i) {
        beans_.push_back(slow(i));
    }
    const auto outputs = [](const char* labels, const char* more) {
        return std::string(R"(, "outputs": [{"path": "${dir}/remora.prom", "labels": {)") + labels +
               "}}" + more + "]";
    };
    start(sampling() + kAllProfile + outputs("", ""));
    ASSERT_TRUE(pass_two_ticks());
    bool whole = true;
    const auto reloaded = [&](std::uint64_t number) {
        return cycle_until([&] {
            whole = whole && count(output(), "\nkafka_server_slow_size") == 300;
            return engine_->counters().get(Counter::kConfigReloads) >= number;
        });
    };
    ASSERT_EQ(count(output(), "\nkafka_server_slow_size"), 300U);
    write_config(sampling() + kAllProfile +
                 outputs("", R"(, {"path": "${dir}/more.ndjson", "format": "ndjson"})"));
    ASSERT_TRUE(reloaded(1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_NE(output("more.ndjson").find("Size299"), std::string::npos);

    write_config(sampling() + kAllProfile + outputs(R"("rack": "r1")", ""));
    ASSERT_TRUE(reloaded(2)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "{rack=\"r1\"} 41\n"), 300U) << output().substr(0, 2000);
    const auto bytes = std::filesystem::file_size(directory_ / "more.ndjson");
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(std::filesystem::file_size(directory_ / "more.ndjson"), bytes) << "it was taken out";
    EXPECT_TRUE(whole);
    EXPECT_EQ(engine_->counters().get(Counter::kUnitsUnregistered), 0U);
}

TEST_F(ReloadTest, AScrapedPortMovesWaitsWhileItIsTakenAndIsClosedAtTheEnd) {
    beans_ = {by_topic(1)};
    const auto config = [](std::uint16_t port, const char* more = "") {
        return sampling() + kAllProfile +
               R"(, "outputs": [{"path": "${dir}/remora.prom"}, {"type": "http", "port": )" +
               std::to_string(port) + more + "}]";
    };
    const auto serves = [&](std::uint16_t port, const char* what) {
        return cycle_until(
            [&] { return http_get(port, "/metrics").body.find(what) != std::string::npos; });
    };
    const std::uint16_t first = free_tcp_port();
    start(config(first));
    ASSERT_TRUE(serves(first, "kafka_server_topics_lag{topic=\"t1\"} 41\n")) << log_.text();
    EXPECT_TRUE(log_.has("127.0.0.1:" + std::to_string(first)));

    PosixSocketFactory sockets;
    const std::uint16_t second = free_tcp_port();
    std::vector<SocketAddress> addresses;
    std::string why;
    ASSERT_TRUE(sockets.resolve("127.0.0.1", second, addresses, why)) << why;
    const int taken = sockets.listen(addresses.at(0), 1);
    ASSERT_GE(taken, 0);
    write_config(config(second));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    EXPECT_FALSE(HttpClient(first).is_connected());
    ASSERT_TRUE(cycle_until([&] { return log_.has("cannot listen at 127.0.0.1:"); }));
    ASSERT_TRUE(pass_two_ticks()) << "the other output goes on";
    ::close(taken);
    EXPECT_TRUE(serves(second, "kafka_server_topics_lag")) << log_.text();
    EXPECT_EQ(log_.count("cannot listen"), 1);

    write_config(config(second, R"(, "labels": {"rack": "r1"})"));
    EXPECT_TRUE(serves(second, "rack=\"r1\"")) << log_.text();
    EXPECT_TRUE(engine_->stop(5'000));
    engine_.reset();
    EXPECT_FALSE(HttpClient(second).is_connected());
}

TEST_F(ReloadTest, WhatAnOutputUsedIsNotForgottenWhenItGoes) {
    for (int i = 0; i < 300; ++i) {
        beans_.push_back(slow(i));
    }
    start(sampling() + kAllProfile);
    ASSERT_TRUE(pass_two_ticks());
    const std::uint64_t before = engine_->counters().get(Counter::kSinkCpuNanos);
    ASSERT_GT(before, 0U);
    write_config(sampling() + kAllProfile + R"(, "labels": {"rack": "r1"})");
    std::uint64_t least = before;
    ASSERT_TRUE(cycle_until([&] {
        least = std::min(least, engine_->counters().get(Counter::kSinkCpuNanos));
        return count(output(), "rack=\"r1\"") > 0;
    })) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(least, before);
    EXPECT_GT(engine_->counters().get(Counter::kSinkCpuNanos), before);
    EXPECT_GT(engine_->counters().get(Counter::kHouseCpuNanos), 0U);
    EXPECT_EQ(engine_->counters().get(Counter::kValuesUnaccounted), 0U);
}

TEST_F(ReloadTest, TheBaseIntervalAndThePolicyChangeWhileItRuns) {
    beans_ = {by_topic(1), by_topic(2)};
    start(sampling() + kAllProfile);
    ASSERT_TRUE(pass_two_ticks());
    write_config(R"(, "sampling": {"base_interval": "2s", "policy": "fixed"})" +
                 std::string(kAllProfile));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1));
    ASSERT_TRUE(pass_two_ticks());
    const auto begun = std::chrono::steady_clock::now();
    const int reads = units_[by_topic(1)].reads;
    ASSERT_TRUE(cycle_until_counter(Counter::kTicks, engine_->counters().get(Counter::kTicks) + 2));
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GT(took, std::chrono::milliseconds(2'500));  // more than one whole interval of 2 s
    EXPECT_LE(units_[by_topic(1)].reads - reads, 3);
    EXPECT_GE(units_[by_topic(1)].reads - reads, 1);
}

TEST_F(ReloadTest, SamplesTopsAndAggregatesComeAndGo) {
    const auto size = [](int topic, int partition) {
        return "kafka.log:type=Log,name=Size,topic=t" + std::to_string(topic) +
               ",partition=" + std::to_string(partition);
    };
    for (int topic = 0; topic < 3; ++topic) {
        beans_.push_back(by_topic(topic));
        for (int partition = 0; partition < 6; ++partition) {
            beans_.push_back(size(topic, partition));
        }
    }
    constexpr const char* kPartition = "partition=\"";
    constexpr const char* kWhole = "\nkafka_log_log_size{topic=\"t1\"} ";
    start(sampling() + kAllProfile + R"(, "topics": {"partition_sample": 2})");
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 6U) << output();
    EXPECT_EQ(engine_->counters().get(Counter::kSeriesHidden), 12U);
    EXPECT_NE(output().find("remora_family_series_hidden{family=\"kafka.log:"), std::string::npos);
    // On a slow machine the first tick may have come amid the registrations.
    for (auto& [name, unit] : units_) {
        unit.reads = 0;
    }
    ASSERT_TRUE(pass_two_ticks());
    for (int topic = 0; topic < 3; ++topic) {
        for (int partition = 0; partition < 6; ++partition) {
            const std::string series = "\nkafka_log_log_size{topic=\"t" + std::to_string(topic) +
                                       "\",partition=\"" + std::to_string(partition) + "\"}";
            if (count(output(), series) == 0) {
                EXPECT_EQ(units_[size(topic, partition)].reads, 0) << series << " is not shown";
            }
        }
    }

    const std::string summed = R"(, "topics": {"aggregate": "sum", "top": 2})";
    write_config(sampling() + kAllProfile + summed);
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 0U) << output();
    EXPECT_EQ(count(output(), std::string(kWhole) + "246\n"), 1U) << output();
    EXPECT_EQ(count(output(), "\nkafka_server_topics_lag{"), 2U);
    EXPECT_EQ(engine_->counters().get(Counter::kUnits), beans_.size() + 3);

    // A new output learns of what is made, too.
    write_config(sampling() + kAllProfile + summed + R"(, "labels": {"a": "b"})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 2)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "topic=\"t1\",a=\"b\"} 246\n"), 1U) << output();

    write_config(sampling() + kAllProfile +
                 R"(, "topics": {"partition_sample": 1, "aggregate": "max"},
                 "limits": {"series_max": 1000})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 3)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 3U) << output();
    EXPECT_EQ(count(output(), std::string(kWhole) + "41\n"), 1U) << output();
    EXPECT_EQ(engine_->counters().get(Counter::kSeries), beans_.size() + 3);

    write_config(sampling() + kAllProfile);
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 4)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 18U) << output();
    EXPECT_EQ(count(output(), kWhole), 0U);
    EXPECT_EQ(engine_->counters().get(Counter::kUnits), beans_.size());
    EXPECT_EQ(engine_->counters().get(Counter::kSeriesHidden), 0U);
    const CounterTable& counters = engine_->counters();
    EXPECT_EQ(counters.get(Counter::kValuesRead) + counters.get(Counter::kValuesAggregated),
              counters.get(Counter::kValuesCached) + counters.get(Counter::kValuesOrphanDropped));
}

TEST_F(ReloadTest, EachOutputCarriesWhatItSaysOfTheAgentAndGoesOnCounting) {
    beans_.push_back(by_topic(0));
    const auto outputs = [](const char* level) {
        return sampling() + kAllProfile +
               R"(, "outputs": [{"path": "${dir}/remora.prom", "self_metrics": ")" + level +
               R"("}, {"path": "${dir}/bare.prom", "self_metrics": "off"}])";
    };
    constexpr const char* kFrames = "remora_sink_frames_total{output=\"file-0\"} ";
    const auto frames = [&] {
        const std::string text = output();  // read once: the file is written anew meanwhile
        const std::size_t at = text.find(kFrames);
        return at == std::string::npos
                   ? 0
                   : std::stoi(text.substr(at + std::string_view(kFrames).size()));
    };
    start(outputs("full"));
    ASSERT_TRUE(pass_two_ticks());
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_NE(output().find("\nremora_family_reads_total{"), std::string::npos) << output();
    EXPECT_NE(output().find("\nremora_sink_errors_total{output=\"file-1\"} 0\n"),
              std::string::npos);
    EXPECT_EQ(output("bare.prom").find("remora_"), std::string::npos);
    EXPECT_NE(output("bare.prom").find("kafka_server_topics_lag"), std::string::npos);
    const int before = frames();
    EXPECT_GT(before, 0);

    write_config(outputs("basic"));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_NE(output().find("\nremora_up 1\n"), std::string::npos);
    EXPECT_EQ(output().find("remora_family_"), std::string::npos) << output();

    write_config(outputs("full"));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 2)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_GT(frames(), before) << "of the output by its name, built anew or not";
}

TEST_F(ReloadTest, CapsChangeWhileItRunsAndTellWhatTheyLeaveOut) {
    for (int i = 0; i < 10; ++i) {
        beans_.push_back(by_topic(i));
    }
    const auto with_cap = [](int cap) {
        return sampling() + kAllProfile + R"(, "limits": {"series_per_family_max": )" +
               std::to_string(cap) + "}";
    };
    const auto refused = [&](int series) {
        return output().find(
                   "remora_family_series_refused{family=\"kafka.server:type=Topics,"
                   "name=Lag,topic=*\"} " +
                   std::to_string(series) + "\n") != std::string::npos;
    };
    const auto kept = [&] {
        std::set<std::string> names;
        for (const auto& [name, unit] : units_) {
            if (unit.id >= 0) {
                names.insert(name);
            }
        }
        return names;
    };
    start(with_cap(4));
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_server_topics_lag{topic="), 4U) << output();
    EXPECT_TRUE(refused(6)) << output();
    const auto first = kept();
    write_config(with_cap(7));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1));
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_server_topics_lag{topic="), 7U);
    EXPECT_TRUE(refused(3)) << output();
    for (const std::string& name : first) {
        EXPECT_TRUE(kept().count(name) != 0) << name;
    }
    write_config(with_cap(2));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 2));
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_server_topics_lag{topic="), 2U);
    EXPECT_TRUE(refused(8)) << output();
    write_config(with_cap(20));
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 3));
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_server_topics_lag{topic="), 10U);
    EXPECT_EQ(output().find("remora_family_series_refused"), std::string::npos);
}

TEST_F(ReloadTest, WhatTheOptimizerKeptIsInForceAndTakenBackWhenAskedFor) {
    beans_ = {slow(1), by_topic(1)};
    const std::string apply =
        sampling() + kAllProfile + R"(, "optimizer": {"mode": "apply", "may": ["exclude"]})";
    write_config(apply);
    const std::string path = directory_ / "remora.json";
    TuningState state;
    state.next_id = 2;
    Change change;
    change.id = 1;
    change.subject = "kafka.server:type=Topics,name=Lag,topic=*";
    change.kinds = {"exclude"};
    change.edit = {"rules", "", {{"match", change.subject}, {"action", "exclude"}}};
    change.ground = ground_of(load_config(path, process_environment()).config, change.edit);
    state.kept = {change};
    std::ofstream(directory_ / "remora.tuning.json") << print_state(state);
    start_as_is(path);
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "lag{topic="), 0U) << output();
    EXPECT_EQ(count(output(), "kafka_server_slow_size1 41\n"), 1U);

    write_config(apply + R"(, "labels": {"rack": "r1"})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 2)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "lag{"), 0U) << "under another file that it fits";
    EXPECT_EQ(count(output(), "kafka_server_slow_size1{rack=\"r1\"} 41\n"), 1U) << output();

    std::ofstream(directory_ / "fresh") << "1";
    std::filesystem::rename(directory_ / "fresh", directory_ / "remora.tuning.request");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 3)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "lag{"), 1U) << output();
    EXPECT_TRUE(parse_state(output("remora.tuning.json")).value().kept.empty());
    EXPECT_EQ(count(output("remora.json"), "action"), 1U) << "the operator's file is not written";
    EXPECT_EQ(engine_->counters().get(Counter::kTuningTakenBack), 1U);
}

TEST_F(ReloadTest, AHundredReloadsUnderLoadLoseNothingAndTakeNoMemory) {
    for (int i = 0; i < 500; ++i) {
        beans_.push_back(slow(i));
        beans_.push_back(by_topic(i));
    }
    start(sampling() + kAllProfile);
    ASSERT_TRUE(pass_two_ticks());
    std::map<std::string, Unit> before;
    for (int i = 0; i < 500; ++i) {
        before[slow(i)] = units_[slow(i)];
    }
    // The most of some early reloads and the least of the last ones: other threads hold more or
    // less at any moment, and what leaks grows with each reload.
    std::size_t bytes_before = 0;
    std::size_t bytes_after = SIZE_MAX;
    std::size_t least = 500;
    for (std::uint64_t i = 1; i <= 50; ++i) {
        const char* topics = i % 2 == 1 ? R"(, "topics": {"mode": "regex", "regex": "t.*[02468]"})"
                                        : R"(, "labels": {"phase": "even"})";
        write_config(sampling() + kAllProfile + topics);
        ASSERT_TRUE(cycle_until([&] {
            least = std::min(least, count(output(), "\nkafka_server_slow_size"));
            return engine_->counters().get(Counter::kConfigReloads) >= i;
        })) << i
            << log_.text();
        write_config(i % 2 == 1 ? R"(, "topics": {"mode": "regexp"})" : ",,");
        ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloadsFailed, i)) << i << log_.text();
        const std::size_t bytes = mallinfo2().uordblks;
        bytes_before = i > 5 && i <= 10 ? std::max(bytes_before, bytes) : bytes_before;
        bytes_after = i > 45 ? std::min(bytes_after, bytes) : bytes_after;
    }
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(least, 500U) << "a file lacked series of what stays";
    EXPECT_EQ(count(output(), "\nkafka_server_slow_size"), 500U);
    std::istringstream lines(output());
    std::size_t labelled = 0;
    for (std::string line; std::getline(lines, line);) {
        labelled += line.rfind("kafka_server_", 0) == 0 && count(line, "phase=\"even\"") == 1;
    }
    EXPECT_EQ(labelled, 1000U);
    int read_again = 0;
    for (const auto& [name, unit] : before) {
        EXPECT_EQ(units_[name].id, unit.id) << name;
        read_again += units_[name].reads - unit.reads;
    }
    // Places in an interval of a day are spread over it: some come up meanwhile.
    EXPECT_LE(read_again, 3);
    // Sanitizers bring an allocator of their own: then both are 0 and this says nothing.
    EXPECT_LE(bytes_after, bytes_before + bytes_before / 20);
    EXPECT_EQ(engine_->counters().get(Counter::kRingFullDropped), 0U);
    EXPECT_EQ(engine_->counters().get(Counter::kFaults), 0U);
}

TEST_F(ReloadTest, ASampleThatBeginsOrEndsLosesNoSlowValue) {
    const auto size = [](int partition) {
        return "kafka.log:type=Log,name=Size,topic=t,partition=" + std::to_string(partition);
    };
    for (int partition = 0; partition < 6; ++partition) {
        beans_.push_back(size(partition));
    }
    const std::string slow_sizes = sampling() + kAllProfile + R"(, "rules": [
        {"match": "kafka.log:type=Log,name=Size,*", "interval": "1d"}])";
    // The common rules stand before ours in the file, so ours take their place there.
    const auto write = [&](const std::string& more) {
        const std::string path = directory_ / "remora.json";
        std::ofstream(path + ".new")
            << R"({"directory": ")" << directory_.string()
            << R"(", "reload": {"check_interval": "100ms"})" << slow_sizes << more << "}";
        std::filesystem::rename(path + ".new", path);
    };
    write("");
    auto started = Engine::start((directory_ / "remora.json").string(), "user.name=test\n",
                                 shim_.buffers(), system_environment(log_));
    ASSERT_TRUE(started) << started.status().message();
    engine_ = std::move(started).value();
    sweep();
    ASSERT_TRUE(pass_two_ticks());
    const char* kPartition = "\nkafka_log_log_size{topic=\"t\",partition=\"";
    ASSERT_EQ(count(output(), kPartition), 6U) << output();
    std::uint64_t reloads = 0;
    const auto reload = [&](const std::string& more) {
        write(more);
        return cycle_until_counter(Counter::kConfigReloads, ++reloads);
    };
    ASSERT_TRUE(reload(R"(, "topics": {"partition_sample": 2})")) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 2U) << output();
    ASSERT_TRUE(reload(R"(, "topics": {"partition_sample": 4})")) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 4U) << "those that come in are read at once";
    ASSERT_TRUE(reload("")) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kPartition), 6U) << output();
}

TEST_F(ReloadTest, TroubleOfAPartitionIsLookedForAsSoonAsTheBrokerCountsIt) {
    const auto bean = [](const char* what, int partition) {
        return std::string("kafka.cluster:type=Partition,name=") + what +
               ",topic=t,partition=" + std::to_string(partition);
    };
    const std::string counted = "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions";
    beans_.push_back(counted);
    for (int partition = 0; partition < 8; ++partition) {
        beans_.push_back(bean("UnderReplicated", partition));
        beans_.push_back(bean("InSyncReplicasCount", partition));
    }
    value_ = 0;
    start(sampling(R"(, "cpu_budget_percent": 0.01)") + kAllProfile +
          R"(, "topics": {"partition_sample": 2})");
    ASSERT_TRUE(pass_two_ticks());
    ASSERT_TRUE(pass_two_ticks());
    ASSERT_TRUE(pass_two_ticks());
    const char* kTeller = "\nkafka_cluster_partition_underreplicated{";
    EXPECT_EQ(count(output(), kTeller), 2U) << output();
    value_ = 1;  // of the count, and of every partition
    ASSERT_TRUE(pass_two_ticks());
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), kTeller), 8U) << output();
    EXPECT_EQ(count(output(), "\nkafka_cluster_partition_insyncreplicascount{"), 8U);
}

TEST_F(ReloadTest, ASumThatACapCutsIsNotShownAndTold) {
    for (int partition = 0; partition < 6; ++partition) {
        beans_.push_back("kafka.log:type=Log,name=Size,topic=t,partition=" +
                         std::to_string(partition));
    }
    const std::string summed = sampling() + kAllProfile + R"(, "topics": {"aggregate": "sum"})";
    // Four partitions and what is made of them.
    start(summed + R"(, "limits": {"units_max": 5})");
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_log_log_size{topic=\"t\"}"), 0U) << output();
    EXPECT_EQ(count(output(),
                    "remora_family_series_refused{family=\"kafka.log:type=Log,name=Size,"
                    "topic=*,partition=*\"} 2\n"),
              1U)
        << output();
    write_config(summed);
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_log_log_size{topic=\"t\"} 246\n"), 1U) << output();
}

TEST_F(ReloadTest, ASumThatBecomesAMaximumStaysTheSameSeries) {
    for (int partition = 0; partition < 6; ++partition) {
        beans_.push_back("kafka.log:type=Log,name=Size,topic=t,partition=" +
                         std::to_string(partition));
    }
    const std::string all = sampling() + kAllProfile;
    start(all + R"(, "topics": {"aggregate": "sum"})");
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_log_log_size{topic=\"t\"} 246\n"), 1U) << output();
    write_config(all + R"(, "topics": {"aggregate": "max"})");
    ASSERT_TRUE(cycle_until_counter(Counter::kConfigReloads, 1)) << log_.text();
    ASSERT_TRUE(pass_two_ticks());
    EXPECT_EQ(count(output(), "\nkafka_log_log_size{"), 1U) << output();
    EXPECT_EQ(count(output(), "\nkafka_log_log_size{topic=\"t\"} 41\n"), 1U) << output();
}

}  // namespace
}  // namespace remora
