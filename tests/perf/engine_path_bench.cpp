// The way of a sample: what the shim submits, decoded into ring 1, taken out, cached, observed by
// the sampler.
#include <benchmark/benchmark.h>
#include <remora/wire.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
#include "engine/channels.h"
#include "engine/sample_decoder.h"
#include "model/intervals.h"
#include "plan/planner.h"
#include "sample/sampler.h"

namespace remora {
namespace {

constexpr std::int64_t kBaseNs = 10 * kNanosPerSecond;
constexpr UnitId kUnitsASubmit = 1000;

// As on a broker: of a hundred units five are meters and four histograms, the rest gauges.
std::uint16_t values_of(UnitId unit) {
    const UnitId kind = unit % 100;
    return kind < 5 ? 5 : kind < 9 ? 12 : 1;
}

struct Path {
    explicit Path(UnitId n)
        : units(n),
          planner({}, intervals),
          sampler({}, intervals),
          cache(counters),
          decoder(channels, planner, counters),
          inbox(4096) {
        for (UnitId unit = 0; unit < units; ++unit) {
            UnitTraits traits;
            traits.family = unit % 300;
            traits.unit_class = unit % 100 < 9 ? UnitClass::kBroker : UnitClass::kPartition;
            intervals.reserve(unit);
            planner.add(unit, traits.family);
            sampler.add_unit(unit, traits);
            sampler.on_cost(traits.family, 1, 400.0);
            cache.add_unit(unit, values_of(unit));
        }
        sampler.solve(1e7, 1e7);
    }

    // Sample records of units [first, last); a quarter of the units has changed since the round
    // before.
    void write(UnitId first, UnitId last, std::uint32_t round) {
        bytes.clear();
        for (UnitId unit = first; unit < last; ++unit) {
            const wire::SampleRecord record{
                unit, static_cast<std::uint8_t>(wire::SampleKind::kValues),
                static_cast<std::uint8_t>(wire::ReadStatus::kOk), values_of(unit)};
            append(&record, sizeof(record));
            const std::uint32_t changes = (round + unit) / 4;
            for (std::uint16_t slot = 0; slot < record.value_count; ++slot) {
                const double value = 1000.0 * unit + 17.0 * changes + slot;
                append(&value, sizeof(value));
            }
        }
    }

    void append(const void* data, std::size_t size) {
        const std::size_t at = bytes.size();
        bytes.resize(at + size);
        std::memcpy(bytes.data() + at, data, size);
    }

    // What the core thread does with ring 1.
    void drain() {
        std::size_t got = 0;
        do {
            got = channels.samples.pop_some(inbox);
            for (std::size_t i = 0; i < got; ++i) {
                take(inbox[i]);
            }
        } while (got == inbox.size());
    }

    void take(const Message& message) {
        if (message.kind == MessageKind::kValue) {
            cache.stage(message.unit, message.slot, message.value);
        } else if (message.kind == MessageKind::kUnitEnd) {
            const Applied applied = cache.take(message.unit, batch_ns, batch_ns / kNanosPerMilli);
            sampler.observe(message.unit, static_cast<float>(applied.deviation), applied.elapsed_ns,
                            wire::ReadStatus::kOk, batch_ns);
            cache.set_quarantined(message.unit, sampler.health().is_quarantined(message.unit));
        } else if (message.kind == MessageKind::kBatch) {
            batch_ns = message.read_ns();
        }
    }

    const UnitId units;
    CounterTable counters;
    IntervalTable intervals;
    Channels channels;
    Planner planner;
    Sampler sampler;
    Cache cache;
    SampleDecoder decoder;
    std::vector<Message> inbox;
    std::vector<std::uint8_t> bytes;
    std::int64_t batch_ns = 0;
};

// Every unit once an iteration: the collector thread's part, from the sample buffer into the ring,
// and the core thread's. Writing the buffer is the shim's and not counted.
void bm_path(benchmark::State& state) {
    const auto path = std::make_unique<Path>(static_cast<UnitId>(state.range(0)));
    std::uint32_t round = 0;
    std::int64_t now_ns = kBaseNs;
    std::int64_t samples = 0;
    for (auto _ : state) {
        for (UnitId first = 0; first < path->units; first += kUnitsASubmit) {
            state.PauseTiming();
            path->write(first, std::min(first + kUnitsASubmit, path->units), round);
            state.ResumeTiming();
            const std::int32_t taken = path->decoder.submit(path->bytes, now_ns, 0);
            path->drain();
            if (taken <= 0) {
                state.SkipWithError("the decoder refused samples");
                return;
            }
            samples += taken;
        }
        ++round;
        now_ns += kBaseNs;
    }
    if (path->counters.get(Counter::kValuesCached) != static_cast<std::uint64_t>(samples)) {
        state.SkipWithError("samples were lost");
    }
    state.SetItemsProcessed(samples);
    state.counters["s_a_sample"] = benchmark::Counter(
        static_cast<double>(samples), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(bm_path)->Arg(12'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace remora
