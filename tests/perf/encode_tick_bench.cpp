// What one line costs in each format, with names and labels as a broker has them. CPU time;
// `ns_line` is the figure.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <random>
#include <string>

#include "encode/registry.h"
#include "support/encode_rig.h"

namespace remora {
namespace {

// What the values are and how many of a hundred are others at the next tick. A broker's: 69 of 100
// units never changed in a recording of one under load.
struct Mix {
    bool whole = true;
    unsigned changed_percent = 0;
};
constexpr Mix kWhole{true, 100};
constexpr Mix kFractions{false, 100};
constexpr Mix kFractionsOfBroker{false, 31};
constexpr Mix kFractionsStill{false, 0};

void change(EncodeRig& rig, int count, Mix mix, std::mt19937_64& random) {
    std::uniform_real_distribution<double> fraction(0.0, 1e6);
    for (int i = 0; i < count; ++i) {
        // The same units change always, in no order.
        if (static_cast<unsigned>(i) * 2654435761U / 42949673U < mix.changed_percent) {
            const double value = fraction(random);
            rig.cache.value(static_cast<UnitId>(i)) = mix.whole ? std::floor(value) : value;
        }
    }
}

// About 120 bytes of name and labels a series: half of them per partition, the rest per topic and
// request.
void fill(EncodeRig& rig, int count) {
    constexpr int kPartitions = 10;
    const std::vector<std::string> kinds = {"kafka_cluster_partition_underreplicated",
                                            "kafka_cluster_partition_insyncreplicascount",
                                            "kafka_log_log_logendoffset", "kafka_log_log_size",
                                            "kafka_server_brokertopicmetrics_bytesin_total"};
    for (int i = 0; i < count; ++i) {
        const std::string& name = kinds[static_cast<std::size_t>(i) % kinds.size()];
        const int at = i / static_cast<int>(kinds.size());
        const std::string topic = "orders.region-" + std::to_string(at / kPartitions) + ".events";
        const std::string partition = std::to_string(at % kPartitions);
        Series series =
            make_series(name, name.ends_with("_total") ? MetricType::kCounter : MetricType::kGauge,
                        {{"topic", topic}, {"partition", partition}});
        rig.add("kafka.log:type=Log,name=Size,topic=" + topic + ",partition=" + partition, {series},
                {i * 1237.0});
    }
}

EncoderOptions bench_options(OutputFormat format) {
    EncoderOptions options;
    options.format = format;
    options.labels = {{"cluster", "prod-eu-1"}, {"broker", "3"}};
    return options;
}

// Ticks until the encoder is done; blocks are given back as a sink would.
std::size_t run_tick(EncodeRig& rig, std::int64_t wall_ms, int file) {
    std::size_t bytes = 0;
    rig.encoder->begin_tick(wall_ms, {});
    const Values values = rig.cache.view();
    bool complete = false;
    while (!complete) {
        complete = rig.encoder->encode_some(values, rig.channel);
        BlockView view;
        while (rig.channel.front(view)) {
            bytes += view.bytes.size();
            if (file >= 0 &&
                ::write(file, view.bytes.data(), view.bytes.size()) != ssize_t(view.bytes.size())) {
                return 0;
            }
            rig.channel.pop();
        }
    }
    return bytes;
}

void encode_lines(benchmark::State& state, OutputFormat format, Mix mix) {
    const int count = static_cast<int>(state.range(0));
    EncodeRig rig(bench_options(format), 32 * 1024, 64);
    fill(rig, count);
    std::mt19937_64 random(1);
    change(rig, count, {mix.whole, 100}, random);
    std::int64_t wall_ms = 1'700'000'000'000;
    run_tick(rig, wall_ms, -1);
    std::size_t bytes = run_tick(rig, wall_ms += 10'000, -1);
    for (auto _ : state) {
        state.PauseTiming();
        change(rig, count, mix, random);
        state.ResumeTiming();
        bytes = run_tick(rig, wall_ms += 10'000, -1);
        benchmark::DoNotOptimize(bytes);
    }
    state.counters["a_line"] = benchmark::Counter(
        count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.counters["bytes_line"] = static_cast<double>(bytes) / count;
}

// The whole tick of 20,000 series, written to a file in memory or on disk.
void textfile_tick_with_write(benchmark::State& state) {
    EncodeRig rig(bench_options(OutputFormat::kPrometheus), 32 * 1024, 64);
    fill(rig, 20'000);
    char path[] = "remora_bench_XXXXXX";
    const int file = ::mkstemp(path);
    ::unlink(path);
    std::int64_t wall_ms = 1'700'000'000'000;
    for (auto _ : state) {
        if (::lseek(file, 0, SEEK_SET) != 0 || run_tick(rig, wall_ms += 10'000, file) == 0) {
            state.SkipWithError("the file cannot be written");
            break;
        }
    }
    ::close(file);
}

// Memory of the constant parts, and what registering a series costs.
void register_series(benchmark::State& state) {
    const int count = static_cast<int>(state.range(0));
    double megabytes = 0;
    for (auto _ : state) {
        EncodeRig rig(bench_options(OutputFormat::kPrometheus), 32 * 1024, 64);
        fill(rig, count);
        const auto* registry = dynamic_cast<const encode::Registry*>(rig.encoder.get());
        megabytes = static_cast<double>(registry->memory_bytes()) / 1e6;
    }
    state.counters["megabytes"] = megabytes;
}

#define REMORA_BENCH_MIX(name, format, mix) \
    BENCHMARK_CAPTURE(encode_lines, name, format, mix)->Arg(20'000)->Unit(benchmark::kMicrosecond)
#define REMORA_BENCH(name, format)                                           \
    REMORA_BENCH_MIX(name##_whole, format, kWhole);                          \
    REMORA_BENCH_MIX(name##_fraction, format, kFractions);                   \
    REMORA_BENCH_MIX(name##_fraction_of_broker, format, kFractionsOfBroker); \
    REMORA_BENCH_MIX(name##_fraction_still, format, kFractionsStill)

REMORA_BENCH(prometheus, OutputFormat::kPrometheus);
REMORA_BENCH(openmetrics, OutputFormat::kOpenMetrics);
REMORA_BENCH(ndjson, OutputFormat::kNdjson);
REMORA_BENCH(otlp, OutputFormat::kOtlpJson);
REMORA_BENCH(influx, OutputFormat::kInflux);
REMORA_BENCH(graphite, OutputFormat::kGraphite);
REMORA_BENCH(statsd, OutputFormat::kStatsd);
REMORA_BENCH(dogstatsd, OutputFormat::kDogstatsd);
BENCHMARK_CAPTURE(encode_lines, prometheus_200k, OutputFormat::kPrometheus, kWhole)
    ->Arg(200'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(textfile_tick_with_write)->Unit(benchmark::kMicrosecond);
BENCHMARK(register_series)->Arg(200'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace remora
