#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/runner.h"
#include "support/fake_clock.h"

namespace remora {
namespace {

class LinesSink final : public LogSink {
 public:
    void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

TEST(LogTest, SaysTheSameThingOnceAMinuteAndCountsTheRest) {
    LinesSink sink;
    FakeClock clock;
    CounterTable counters;
    Log log(sink, clock, counters);
    for (int i = 0; i < 1'000'000; ++i) {
        log.warn("disk", "the disk is full");
    }
    EXPECT_EQ(sink.lines.size(), 1U);
    EXPECT_EQ(counters.get(Counter::kLogSuppressed), 999'999U);
    clock.advance_ms(61'000);
    log.warn("disk", "the disk is full");
    ASSERT_EQ(sink.lines.size(), 2U);
    EXPECT_NE(sink.lines[1].find("999999 times more"), std::string::npos);
}

TEST(LogTest, LimitsDistinctLinesAMinute) {
    LinesSink sink;
    FakeClock clock;
    CounterTable counters;
    Log log(sink, clock, counters);
    for (int i = 0; i < 1000; ++i) {
        log.error("key" + std::to_string(i), "line");
    }
    EXPECT_EQ(sink.lines.size(), kLogLinesPerMinuteMax);
}

// A pipe that nobody reads until lines() is called.
class FullPipe {
 public:
    FullPipe() {
        EXPECT_EQ(pipe(ends_), 0);
        fcntl(ends_[1], F_SETFL, O_NONBLOCK);
        while (write(ends_[1], "\n", 1) == 1) {
        }
        fcntl(ends_[1], F_SETFL, 0);
    }
    ~FullPipe() { close(ends_[1]); }

    int writing_end() const { return ends_[1]; }

    // Reads until a line ends in `last`; all lines up to it.
    std::vector<std::string> lines(const std::string& last) {
        FILE* const reader = fdopen(ends_[0], "r");
        std::vector<std::string> found;
        std::array<char, 1024> text{};
        while (fgets(text.data(), text.size(), reader) != nullptr) {
            std::string line(text.data());
            line.pop_back();
            if (!line.empty()) {
                found.push_back(line);
            }
            if (line.size() >= last.size() &&
                line.compare(line.size() - last.size(), last.size(), last) == 0) {
                break;
            }
        }
        fclose(reader);
        return found;
    }

 private:
    int ends_[2] = {-1, -1};
};

TEST(DescriptorLogTest, AReaderThatStallsStopsNobodyAndWhatIsLostIsCountedAndSaid) {
    FullPipe pipe;
    DescriptorLog sink(pipe.writing_end());
    const FakeClock clock;
    CounterTable counters;
    Log log(sink, clock, counters);
    sink.write(LogLevel::kInfo, "hangs");
    // One line hangs in the pipe, kLogQueueLinesMax wait, and it is for chance to say when the
    // first one left the queue.
    for (std::size_t i = 0; i < kLogQueueLinesMax + 9; ++i) {
        sink.write(LogLevel::kWarn, "more");
    }
    log.error("disk", "too much");
    const std::uint64_t lost = sink.lost();
    EXPECT_TRUE(lost == 10 || lost == 11) << lost;
    EXPECT_EQ(counters.get(Counter::kLogLinesLost), lost);

    const std::string told = std::to_string(lost) +
                             " lines were dropped, since nobody read them "
                             "(log_lines_lost_total counts)";
    const std::vector<std::string> lines = pipe.lines(told);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(std::regex_match(
        lines[0], std::regex(R"(\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] info remora: hangs)")))
        << lines[0];
    EXPECT_NE(lines[1].find("] warning remora: " + told), std::string::npos) << lines[1];
}

TEST(DescriptorLogTest, WritesWhatItHasBeforeItEnds) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(pipe(ends), 0);
    {
        DescriptorLog sink(ends[1]);
        sink.write(LogLevel::kError, "last words");
    }
    std::array<char, 200> text{};
    ASSERT_GT(read(ends[0], text.data(), text.size() - 1), 0);
    EXPECT_NE(std::string(text.data()).find("error remora: last words\n"), std::string::npos);
    close(ends[0]);
    close(ends[1]);
}

TEST(ThreadCpuTest, IsOfItsThreadSinceThenAndStaysWhenThatEnds) {
    std::unique_ptr<ThreadCpu> cpu;
    std::atomic<int> step{0};
    std::thread thread([&] {
        const auto burn = [] {
            const std::int64_t until_ns = thread_cpu_ns() + 20 * kNanosPerMilli;
            while (thread_cpu_ns() < until_ns) {
            }
        };
        burn();
        cpu = std::make_unique<ThreadCpu>();
        burn();
        step = 1;
        while (step == 1) {
            std::this_thread::yield();
        }
    });
    while (step == 0) {
        std::this_thread::yield();
    }
    const std::int64_t seen_ns = cpu->ns();
    EXPECT_GE(seen_ns, 20 * kNanosPerMilli);
    step = 2;
    thread.join();
    const std::int64_t own_ns = thread_cpu_ns();
    const std::int64_t last_ns = cpu->ns();
    EXPECT_GE(last_ns, seen_ns);
    while (thread_cpu_ns() < own_ns + 5 * kNanosPerMilli) {
    }
    EXPECT_EQ(cpu->ns(), last_ns);
}

TEST(CounterFileTest, IsReadBackAsWritten) {
    const std::string path = testing::TempDir() + "/counters." + std::to_string(getpid());
    CounterTable counters;
    counters.add(Counter::kTicks, 7);
    counters.set(Counter::kUnits, 9);
    ASSERT_TRUE(write_counter_file(path, counters, 100, 200));
    const Result<CounterFile> file = read_counter_file(path);
    ASSERT_TRUE(file) << file.status().message();
    EXPECT_EQ(file.value().pid, getpid());
    EXPECT_EQ(file.value().written_wall_ms, 200);
    ASSERT_EQ(file.value().readings.size(), kCounterCount);
    EXPECT_EQ(file.value().readings[static_cast<std::size_t>(Counter::kTicks)].value, 7U);
    EXPECT_TRUE(file.value().readings[static_cast<std::size_t>(Counter::kUnits)].is_gauge);
    std::remove(path.c_str());
}

TEST(CounterFileTest, RefusesAnotherFile) {
    const std::string path = testing::TempDir() + "/other." + std::to_string(getpid());
    std::ofstream(path) << "something else";
    EXPECT_EQ(read_counter_file(path).status().code(), Code::kCorrupt);
    std::remove(path.c_str());
    EXPECT_EQ(read_counter_file(path).status().code(), Code::kIo);
}

class ScriptedWorker final : public Worker {
 public:
    ScriptedWorker(std::atomic<int>& turns, std::atomic<bool>& stopped, bool throws)
        : turns_(turns), stopped_(stopped), throws_(throws) {}
    std::int64_t do_work() override {
        ++turns_;
        if (throws_) {
            throw std::runtime_error("broken");
        }
        return 60 * kNanosPerSecond;
    }
    void on_stop() override { stopped_ = true; }

 private:
    std::atomic<int>& turns_;
    std::atomic<bool>& stopped_;
    const bool throws_;
};

TEST(RunnerTest, WorksWhenWokenAndStopsWithinItsDeadline) {
    std::atomic<int> turns{0};
    std::atomic<bool> stopped{false};
    Runner runner("test", std::make_unique<ScriptedWorker>(turns, stopped, false),
                  [](const char*) {});
    ASSERT_TRUE(runner.start());
    while (turns < 1) {
    }
    runner.wake();
    while (turns < 2) {
    }
    EXPECT_TRUE(runner.stop(10'000));
    EXPECT_TRUE(stopped);
}

TEST(RunnerTest, ContainsAWorkerThatThrows) {
    std::atomic<int> turns{0};
    std::atomic<bool> stopped{false};
    std::string fault;
    Runner runner("test", std::make_unique<ScriptedWorker>(turns, stopped, true),
                  [&](const char* what) { fault = what; });
    ASSERT_TRUE(runner.start());
    EXPECT_TRUE(runner.stop(10'000));
    EXPECT_EQ(fault, "broken");
}

class StuckWorker final : public Worker {
 public:
    explicit StuckWorker(std::shared_ptr<std::atomic<bool>> release)
        : release_(std::move(release)) {}
    std::int64_t do_work() override {
        while (!*release_) {
            usleep(1000);
        }
        return kNanosPerSecond;
    }

 private:
    std::shared_ptr<std::atomic<bool>> release_;
};

TEST(RunnerTest, LeavesAStuckThreadBehind) {
    auto release = std::make_shared<std::atomic<bool>>(false);
    {
        Runner runner("test", std::make_unique<StuckWorker>(release), [](const char*) {});
        ASSERT_TRUE(runner.start());
        EXPECT_FALSE(runner.stop(20));
        *release = true;
        EXPECT_TRUE(runner.stop(10'000)) << "once the cause is gone it ends by itself";
    }
}

}  // namespace
}  // namespace remora
