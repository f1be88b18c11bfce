#include "plan/planner.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace remora {
namespace {

// One whole tick of `units` units of which one in `every` is due: all of its plan() calls.
void bm_tick(benchmark::State& state) {
    const auto units = static_cast<UnitId>(state.range(0));
    const auto every = static_cast<std::uint32_t>(state.range(1));
    IntervalTable intervals;
    const auto planner = std::make_unique<Planner>(PlanOptions{}, intervals);
    for (UnitId unit = 0; unit < units; ++unit) {
        intervals.reserve(unit);
        intervals.set(unit, 10'000 * every);
        planner->add(unit, unit % 300);
    }
    std::vector<std::byte> buffer(wire::kPlanBytes);
    std::int64_t now_ns = kNanosPerSecond;
    std::int64_t due = 0;
    std::int64_t calls = 0;
    const auto run_tick = [&] {
        const std::int64_t until_ns = planner->next_tick_ns(now_ns);
        while (now_ns < until_ns) {
            planner->note_answered(planner->read_until_ns());
            const PlanResult result = planner->plan(now_ns, buffer);
            due += result.units;
            ++calls;
            now_ns = std::max(result.wake_ns, now_ns + 1000);
        }
    };
    for (std::uint32_t i = 0; i < 3 * every; ++i) {
        run_tick();
    }
    due = 0;
    calls = 0;
    for (auto _ : state) {
        run_tick();
    }
    state.SetItemsProcessed(due);
    state.counters["due_a_tick"] =
        benchmark::Counter(static_cast<double>(due), benchmark::Counter::kAvgIterations);
    state.counters["calls_a_tick"] =
        benchmark::Counter(static_cast<double>(calls), benchmark::Counter::kAvgIterations);
    state.counters["s_a_due_unit"] = benchmark::Counter(
        static_cast<double>(due), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(bm_tick)->Args({12'000, 1})->Args({12'000, 10})->Args({12'000, 30})->Args({100'000, 10});

}  // namespace
}  // namespace remora
