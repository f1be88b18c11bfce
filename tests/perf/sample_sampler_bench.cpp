#include "sample/sampler.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "base/clock.h"
#include "model/deviation.h"

namespace remora {
namespace {

struct Many {
    explicit Many(std::uint32_t n) : sampler({}, intervals) {
        std::mt19937 random(1);
        for (UnitId unit = 0; unit < n; ++unit) {
            UnitTraits traits;
            traits.family = unit % 300;
            // As on a broker of that size: most are of partitions.
            traits.unit_class = unit % 2000 == 0 ? UnitClass::kAlert
                                : unit % 20 == 0 ? UnitClass::kBroker
                                : unit % 20 == 1 ? UnitClass::kTopic
                                                 : UnitClass::kPartition;
            intervals.reserve(unit);
            sampler.add_unit(unit, traits);
            sampler.on_cost(traits.family, 1, 50.0 * (1 + traits.family * traits.family));
        }
        for (int round = 0; round < 4; ++round) {
            for (UnitId unit = 0; unit < n; ++unit) {
                const float deviation =
                    random() % 4 == 0 ? static_cast<float>(random() % 1000) * 0.002F : 0.0F;
                sampler.observe(unit, deviation, 10 * kNanosPerSecond, wire::ReadStatus::kOk, 0);
            }
        }
        full = solve(1e18).full_ns_per_s;
    }
    SolveResult solve(double budget_ns_per_s) {
        return sampler.solve(budget_ns_per_s, budget_ns_per_s);
    }
    IntervalTable intervals;
    Sampler sampler;
    double full = 0;
};

// The ceiling does not bind: what a solve costs on most brokers at most ticks.
void bm_solve_at_the_price(benchmark::State& state) {
    const auto many = std::make_unique<Many>(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(many->solve(1e18));
    }
}
BENCHMARK(bm_solve_at_the_price)->Arg(12'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

void bm_solve(benchmark::State& state) {
    const auto many = std::make_unique<Many>(static_cast<std::uint32_t>(state.range(0)));
    double share = 0.3;
    for (auto _ : state) {
        share = share == 0.3 ? 0.31 : 0.3;
        benchmark::DoNotOptimize(many->solve(share * many->full));
    }
}
BENCHMARK(bm_solve)->Arg(12'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

void bm_observe(benchmark::State& state) {
    const auto many = std::make_unique<Many>(12'000);
    many->solve(0.3 * many->full);
    UnitId unit = 0;
    for (auto _ : state) {
        many->sampler.observe(unit, unit % 3 == 0 ? 0.1F : 0.0F, 10 * kNanosPerSecond,
                              wire::ReadStatus::kOk, 0);
        unit = unit + 1 == 12'000 ? 0 : unit + 1;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bm_observe);

void bm_collect_wakes(benchmark::State& state) {
    const auto many = std::make_unique<Many>(12'000);
    many->solve(0.3 * many->full);
    std::vector<UnitId> woken(12'000);
    for (auto _ : state) {
        benchmark::DoNotOptimize(many->sampler.collect_wakes(woken));
    }
}
BENCHMARK(bm_collect_wakes)->Unit(benchmark::kMicrosecond);

void bm_deviation(benchmark::State& state) {
    SeriesScale scale;
    start_scale(scale, 0);
    double value = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(take_deviation(scale, value, value + 1, 10));
        value += 1;
    }
}
BENCHMARK(bm_deviation);

}  // namespace
}  // namespace remora
