// Large outputs at a real pace: the core with so many series, a textfile and NDJSON at every tick,
// and after each tick a plain program's write of the same bytes beside them.
//
//   large_outputs DIRECTORY SERIES TICKS INTERVAL_S FSYNC(never|tick)      prints one line of JSON
#include <fcntl.h>
#include <remora/code.h>
#include <remora/counters.h>
#include <remora/wire.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "support/fake_shim.h"

namespace remora {
namespace {

constexpr std::uint32_t kPartitionsATopic = 100;
constexpr std::uint32_t kBeansACall = 500;
constexpr std::size_t kUnitsASubmit = 2000;
constexpr std::uint64_t kFiles = 2;
constexpr const char* kBeans[] = {"kafka.log:type=Log,name=Size",
                                  "kafka.log:type=Log,name=NumLogSegments",
                                  "kafka.log:type=Log,name=LogStartOffset",
                                  "kafka.log:type=Log,name=LogEndOffset",
                                  "kafka.cluster:type=Partition,name=UnderReplicated",
                                  "kafka.cluster:type=Partition,name=InSyncReplicasCount",
                                  "kafka.cluster:type=Partition,name=ReplicasCount",
                                  "kafka.cluster:type=Partition,name=UnderMinIsr"};

struct Options {
    std::filesystem::path directory;
    std::uint32_t series = 0;
    std::uint32_t ticks = 0;
    std::int64_t interval_s = 0;
    std::string fsync;
};

class ErrorSink final : public LogSink {
 public:
    void write(LogLevel, std::string_view line) noexcept override { std::cerr << line << "\n"; }
};

[[noreturn]] void fail(const std::string& why) {
    std::cerr << "large_outputs: " << why << "\n";
    std::exit(1);
}

double seconds_since(std::int64_t begun_ns, std::int64_t now_ns) {
    return static_cast<double>(now_ns - begun_ns) / kNanosPerSecond;
}

// The core with the collector's part played by this thread's `cycle`.
class Host {
 public:
    explicit Host(const Options& options) {
        const std::string directory = options.directory.string();
        const std::string config = directory + "/remora.json";
        std::ofstream(config)
            << R"({"directory": ")" << directory
            << R"(", "select": {"profile": "all"}, "reload": {"enabled": false},
            "limits": {"units_max": 1000000, "series_max": 1000000, "series_per_family_max": 1000000},
            "sampling": {"cpu_budget_percent": 100, "base_interval": ")"
            << options.interval_s << R"(s"},
            "outputs": [{"path": "${dir}/large.prom", "fsync": ")"
            << options.fsync << R"("},
                        {"type": "file", "format": "ndjson", "path": "${dir}/large.ndjson", "fsync": ")"
            << options.fsync
            << R"(", "rotate": {"size": "150MB", "files": 1, "total_size": "1GB"}}]})";
        auto started =
            Engine::start(config, "user.name=bench\n", shim_.buffers(), system_environment(log_));
        if (!started) {
            fail(started.status().message());
        }
        engine_ = std::move(started).value();
        for (std::uint32_t done = 0; done < options.series; done += kBeansACall) {
            add_beans(done, std::min(done + kBeansACall, options.series));
        }
    }

    // Reads what is planned. Returns when plan() wants to be called again, monotonic.
    std::int64_t cycle() {
        if (engine_->plan(clock_.monotonic_ns()) < 0) {
            fail("plan refused");
        }
        const std::int64_t wake_ns = shim_.plan_header().wake_ns;
        std::size_t filled = 0;
        for (const FakeShim::PlannedGroup& group : shim_.plan()) {
            for (const std::uint32_t unit : group.units) {
                ++reads_;
                // A third of the values has changed since the read before.
                value_[0] = 1e6 + unit + static_cast<double>(unit % 3 == 0 ? reads_ : 0);
                shim_.add_sample(unit, value_);
                if (++filled == kUnitsASubmit) {
                    submit();
                    filled = 0;
                }
            }
            shim_.add_cost(group.family, static_cast<std::uint16_t>(group.units.size()),
                           static_cast<std::int64_t>(300 * group.units.size()));
        }
        submit();
        return wake_ns;
    }

    void stop() {
        if (!engine_->stop(60'000)) {
            fail("the engine did not stop");
        }
    }

    std::uint64_t count(Counter counter) const { return engine_->counters().get(counter); }

 private:
    void add_beans(std::uint32_t first, std::uint32_t last) {
        for (std::uint32_t bean = first; bean < last; ++bean) {
            const std::uint32_t partition = bean / std::size(kBeans);
            shim_.add_bean(wire::BeanKind::kGauge,
                           std::string(kBeans[bean % std::size(kBeans)]) + ",topic=orders-" +
                               std::to_string(partition / kPartitionsATopic) +
                               ",partition=" + std::to_string(partition % kPartitionsATopic));
        }
        const std::int32_t bytes = shim_.take_control_bytes();
        std::int32_t answered = engine_->control(bytes);
        while (answered == negative(Code::kFull)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            answered = engine_->control(bytes);
        }
        for (const FakeShim::Answer& answer : shim_.answers(answered)) {
            if (answer.unit < 0 || answer.selectors.size() != 1) {
                fail("a bean was refused");
            }
        }
    }

    void submit() {
        const std::int32_t bytes = shim_.take_sample_bytes();
        if (bytes > 0 && engine_->submit(bytes, clock_.monotonic_ns()) < 0) {
            fail("submit refused");
        }
    }

    SystemClock clock_;
    FakeShim shim_;
    ErrorSink log_;
    std::unique_ptr<Engine> engine_;
    std::vector<double> value_{0};
    std::uint64_t reads_ = 0;
};

// A program that does nothing but write bytes it has, block by block. Returns seconds.
double write_plainly(const std::filesystem::path& path, std::span<const char> bytes, bool syncs) {
    const SystemClock clock;
    const std::int64_t begun_ns = clock.monotonic_ns();
    const std::string temporary = path.string() + ".tmp";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), kBlockBytes));
        if (written <= 0) {
            fail("cannot write " + temporary);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    if (syncs) {
        ::fsync(fd);
    }
    ::close(fd);
    std::filesystem::rename(temporary, path);
    return seconds_since(begun_ns, clock.monotonic_ns());
}

std::vector<char> content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct Ticks {
    std::vector<double> agent_s;  // from the begin of a tick until both files have it
    std::vector<double> plain_s;
    std::vector<double> ratios;  // of the two, tick by tick
    std::uint64_t bytes = 0;     // of one tick
    std::uint64_t skipped = 0;
    std::uint64_t dropped = 0;
    double core_cpu_s = 0;  // of one tick
    double sink_cpu_s = 0;
};

// Watches the counters of the engine, and writes plainly between two ticks.
class Watch {
 public:
    Watch(const Options& options, const Host& host) : options_(options), host_(host) {}

    Ticks run() {
        wait_for_frames(host_.count(Counter::kTicks));  // the first after all are registered
        const std::uint64_t core_ns = host_.count(Counter::kCoreCpuNanos);
        const std::uint64_t sink_ns = host_.count(Counter::kSinkCpuNanos);
        const std::uint64_t first_bytes = host_.count(Counter::kSinkBytes);
        const std::uint64_t first_frames = frames();
        const std::uint64_t skipped = host_.count(Counter::kTicksSkipped);
        const std::uint64_t dropped = host_.count(Counter::kSinkFramesDropped);
        Ticks result;
        for (std::uint32_t i = 0; i < options_.ticks; ++i) {
            result.agent_s.push_back(wait_for_frames(host_.count(Counter::kTicks)));
            const std::uint64_t ticks = (frames() - first_frames) / kFiles;
            result.bytes = (host_.count(Counter::kSinkBytes) - first_bytes) / ticks;
            result.plain_s.push_back(write_same(result.bytes));
            result.ratios.push_back(result.plain_s.back() / result.agent_s.back());
        }
        const double ticks = options_.ticks;
        result.skipped = host_.count(Counter::kTicksSkipped) - skipped;
        result.dropped = host_.count(Counter::kSinkFramesDropped) - dropped;
        result.core_cpu_s =
            static_cast<double>(host_.count(Counter::kCoreCpuNanos) - core_ns) / 1e9 / ticks;
        result.sink_cpu_s =
            static_cast<double>(host_.count(Counter::kSinkCpuNanos) - sink_ns) / 1e9 / ticks;
        return result;
    }

 private:
    std::uint64_t frames() const {
        return host_.count(Counter::kSinkFrames) + host_.count(Counter::kSinkFramesDropped);
    }

    // Seconds from the begin of the tick after `ticks` until its two frames are out.
    double wait_for_frames(std::uint64_t ticks) {
        const std::uint64_t before = frames();
        const auto wait = [this](const auto& done) {
            const std::int64_t begun_ns = clock_.monotonic_ns();
            while (!done()) {
                if (clock_.monotonic_ns() - begun_ns > 30 * options_.interval_s * kNanosPerSecond) {
                    fail("no tick");
                }
                std::this_thread::sleep_for(std::chrono::microseconds(500));
            }
        };
        wait([&] { return host_.count(Counter::kTicks) > ticks; });
        const std::int64_t begun_ns = clock_.monotonic_ns();
        wait([&] { return frames() >= before + kFiles; });
        return seconds_since(begun_ns, clock_.monotonic_ns());
    }

    double write_same(std::uint64_t bytes) {
        std::vector<char> all = content(options_.directory / "large.prom");
        const std::vector<char> lines = content(options_.directory / "large.ndjson");
        const std::size_t rest = bytes > all.size() ? bytes - all.size() : 0;
        all.insert(all.end(), lines.begin(),
                   lines.begin() + static_cast<std::ptrdiff_t>(std::min(rest, lines.size())));
        const bool syncs = options_.fsync == "tick";
        const double seconds = write_plainly(options_.directory / "plain", all, syncs);
        return seconds * static_cast<double>(bytes) / static_cast<double>(all.size());
    }

    const Options& options_;
    const Host& host_;
    const SystemClock clock_;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

int run(const Options& options) {
    Host host(options);
    std::atomic<bool> over{false};
    std::thread collector([&] {
        const SystemClock clock;
        while (!over.load()) {
            const std::int64_t wake_ns = host.cycle();
            const std::int64_t idle_ns = wake_ns - clock.monotonic_ns();
            if (idle_ns > 0) {
                std::this_thread::sleep_for(
                    std::chrono::nanoseconds(std::min<std::int64_t>(idle_ns, kNanosPerSecond)));
            }
        }
    });
    const Ticks ticks = Watch(options, host).run();
    over = true;
    collector.join();
    host.stop();
    std::printf(
        R"({"series": %u, "bytes_a_tick": %llu, "ticks": %u, "skipped": %llu, "dropped": %llu, )"
        R"("agent_s": %.4f, "plain_s": %.4f, "ratio": %.2f, "core_cpu_s": %.4f, "sink_cpu_s": %.4f})"
        "\n",
        options.series, static_cast<unsigned long long>(ticks.bytes), options.ticks,
        static_cast<unsigned long long>(ticks.skipped),
        static_cast<unsigned long long>(ticks.dropped), median(ticks.agent_s),
        median(ticks.plain_s), median(ticks.ratios), ticks.core_cpu_s, ticks.sink_cpu_s);
    return 0;
}

}  // namespace
}  // namespace remora

int main(int argc, char** argv) {
    if (argc != 6) {
        std::cerr << "usage: large_outputs DIRECTORY SERIES TICKS INTERVAL_S never|tick\n";
        return 2;
    }
    remora::Options options{argv[1], static_cast<std::uint32_t>(std::atoi(argv[2])),
                            static_cast<std::uint32_t>(std::atoi(argv[3])), std::atoi(argv[4]),
                            argv[5]};
    return remora::run(options);
}
