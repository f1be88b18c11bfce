// What names by rules cost: once for each series at registration, and at a tick. CPU time;
// `ns_series` is the figure.
#include <benchmark/benchmark.h>

#include <string>

#include "base/clock.h"
#include "config/config.h"
#include "engine/rule_naming.h"
#include "name/namer.h"
#include "rules/output_rules.h"
#include "support/encode_rig.h"
#include "support/kept_log.h"

namespace remora {
namespace {

constexpr int kBeans = 2'000;

std::string bean_name(int i) {
    constexpr const char* kNames[] = {"LogEndOffset", "LogStartOffset", "NumLogSegments", "Size"};
    return std::string("kafka.log:type=Log,name=") + kNames[i % 4] + ",topic=orders.region-" +
           std::to_string(i / 40) + ".events,partition=" + std::to_string(i / 4 % 10);
}

struct Output {
    explicit Output(const char* names) {
        OutputConfig config;
        config.names = names;
        naming = std::make_unique<RuleNaming>(rules_of(config), "bench", *rig.encoder, rig.counters,
                                              log);
    }

    void fill() {
        for (int i = 0; i < kBeans; ++i) {
            const std::string text = bean_name(i);
            const Result<ObjectName> name = ObjectName::parse(text);
            const Bean bean{BeanKind::kGauge, name.value(), {}};
            const std::vector<Slot> slots = {{0, ValueType::kNumber, "Value"}};
            Registration registration;
            registration.unit = rig.cache.add({i * 1237.0});
            registration.name = OwnedObjectName(name.value());
            registration.family_name = family_name(name.value());
            registration.kind = bean.kind;
            registration.series = Namer().name(bean, slots);
            naming->add(registration);
        }
    }

    SystemClock clock;
    CounterTable counters;
    KeptLog lines;
    Log log{lines, clock, counters};
    EncodeRig rig{EncoderOptions()};
    std::unique_ptr<RuleNaming> naming;
};

void note(benchmark::State& state) {
    state.counters["ns_series"] = benchmark::Counter(
        kBeans * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void register_series(benchmark::State& state, const char* names) {
    for (auto _ : state) {
        Output(names).fill();
    }
    note(state);
}
BENCHMARK_CAPTURE(register_series, strimzi, "strimzi")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(register_series, confluent, "confluent")->Unit(benchmark::kMillisecond);

void tick(benchmark::State& state) {
    Output output("strimzi");
    output.fill();
    for (auto _ : state) {
        output.naming->rename(output.rig.cache.view());
        benchmark::DoNotOptimize(output.rig.tick());
    }
    note(state);
}
BENCHMARK(tick);

}  // namespace
}  // namespace remora
