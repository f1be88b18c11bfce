#include "forecast/forecast.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

#include "forecast/costs.h"
#include "forecast/frame_bytes.h"
#include "forecast/measured.h"
#include "forecast/read_cost.h"
#include "select/selector.h"

namespace remora {
namespace {

constexpr double kMovingNumber = 1'234'567;
constexpr std::array kFormats = {OutputFormat::kPrometheus, OutputFormat::kOpenMetrics,
                                 OutputFormat::kNdjson,     OutputFormat::kOtlpJson,
                                 OutputFormat::kInflux,     OutputFormat::kGraphite,
                                 OutputFormat::kStatsd,     OutputFormat::kDogstatsd};

bool is_moving(const std::string& family) {
    const auto begins = measured::moving_families();
    return std::any_of(begins.begin(), begins.end(),
                       [&](std::string_view begin) { return family.starts_with(begin); });
}

// Most gauges are 0 on a broker that is well.
double typical_number(const Bean& bean) {
    return bean.kind == BeanKind::kGauge && !is_moving(family_name(bean.name)) ? 0 : kMovingNumber;
}

// Keeps two collected beans of each family. What the second one adds to a tick, each further one
// would add too.
class ExampleBeans {
 public:
    explicit ExampleBeans(const Config& config) : config_(config), selector_(config) {}

    void add(FamilyId family, const Bean& bean) {
        std::vector<Selection>& known = selections_[family];
        if (known.size() < 2) {
            texts_.emplace_back(bean.name.text());
            beans_[family].push_back(
                {bean.kind, ObjectName::parse(texts_.back()).value(), bean.attributes});
            known.push_back(selector_.select(bean));
        }
    }

    double tick_bytes(OutputFormat format, const Tally& tally) const {
        const auto empty = static_cast<double>(frame_bytes(format, config_, {}));
        double bytes = empty;
        for (const auto& [name, family] : tally.families) {
            if (family.series > 0) {
                bytes += family_bytes(format, family, empty);
            }
        }
        return bytes;
    }

 private:
    double family_bytes(OutputFormat format, const FamilyTally& family, double empty) const {
        const std::vector<Bean>& beans = beans_.at(family.id);
        const std::vector<Selection>& selections = selections_.at(family.id);
        std::vector<ShownBean> shown;
        for (std::size_t i = 0; i < beans.size(); ++i) {
            shown.push_back({&beans[i], selections[i].slots, typical_number(beans[i])});
        }
        const auto one =
            static_cast<double>(frame_bytes(format, config_, std::span(shown).first(1)));
        const auto two = static_cast<double>(frame_bytes(format, config_, shown));
        const auto slots = static_cast<double>(selections.front().slots.size());
        return one - empty + (two - one) * (family.series / slots - 1);
    }

    const Config& config_;
    const Selector selector_;
    std::deque<std::string> texts_;
    std::map<FamilyId, std::vector<Bean>> beans_;
    std::map<FamilyId, std::vector<Selection>> selections_;
};

double read_ns(const std::string& family, const BrokerSize& size) {
    const auto rows = measured::reads();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const measured::Read& read) {
        return family.starts_with(read.family_begin);
    });
    return row->ns + row->replica_ns * size.replicas;
}

MeasuredCosts costs_of(const Tally& tally, const BrokerSize& size) {
    const measured::Overhead overhead = measured::overhead();
    MeasuredCosts costs;
    for (const auto& [name, family] : tally.families) {
        if (family.units > 0) {
            const double values = static_cast<double>(family.values) / family.units;
            costs.set(name, read_ns(name, size) + overhead.read_ns + overhead.value_ns * values);
        }
    }
    return costs;
}

// The families whose values change with each record.
Tally only_moving(const Tally& tally) {
    Tally moving;
    std::copy_if(tally.families.begin(), tally.families.end(), std::back_inserter(moving.families),
                 [](const auto& family) { return is_moving(family.first); });
    return moving;
}

const ClassCost& cost_of(const ReadCost& cost, UnitClass unit_class) {
    return cost.classes[static_cast<std::size_t>(unit_class)];
}

// CPU of the reads of a second while no partition changes: partitions are then read at their bound.
// Topics and clients are read for every tick while they cost at most half the ceiling (Sampler).
double idle_ns_per_s(const SamplingConfig& sampling, const ReadCost& cost) {
    if (sampling.policy == SamplingPolicy::kFixed) {
        return cost.base_ns_per_s;
    }
    const ClassCost& topics = cost_of(cost, UnitClass::kTopic);
    const ClassCost& clients = cost_of(cost, UnitClass::kClient);
    const double at_base = topics.at_base + clients.at_base;
    const bool is_at_base = at_base <= sampling.cpu_budget_percent * kNsOfPercent / 2;
    const ClassCost& partitions = cost_of(cost, UnitClass::kPartition);
    return cost_of(cost, UnitClass::kAlert).at_base + cost_of(cost, UnitClass::kBroker).at_base +
           (is_at_base ? at_base
                       : topics.at_bound + topics.ruled + clients.at_bound + clients.ruled) +
           partitions.at_bound + partitions.ruled;
}

double outputs_ns_per_tick(const Config& config, double series) {
    const auto base_ms = static_cast<double>(config.sampling.base_interval_ms);
    double ns = 0;
    for (const OutputConfig& output : config.outputs) {
        const double interval_ms =
            output.interval_ms > 0 ? static_cast<double>(output.interval_ms) : base_ms;
        ns += measured::series_ns(output.format) * series * base_ms / interval_ms;
    }
    return ns;
}

void predict_cpu(const Config& config, Forecast& made) {
    const SamplingConfig& sampling = config.sampling;
    const MeasuredCosts costs = costs_of(made.tally, made.broker);
    const ReadCost cost = read_cost(sampling, made.tally, costs);
    const double idle = idle_ns_per_s(sampling, cost);
    const ReadCost moving = read_cost(sampling, only_moving(made.tally), costs);
    const ClassCost& partitions = cost_of(moving, UnitClass::kPartition);
    const double busy = sampling.policy == SamplingPolicy::kFixed
                            ? idle
                            : idle + partitions.at_base - partitions.at_bound - partitions.ruled;
    const measured::Overhead overhead = measured::overhead();
    const double base_s = 1e-3 * static_cast<double>(sampling.base_interval_ms);
    const double tick_ns = overhead.second_ns * base_s + overhead.tick_ns +
                           outputs_ns_per_tick(config, made.tally.series);
    const CeilingOutlook outlook = ceiling_outlook(sampling, cost, tick_ns);
    made.stride = outlook.stride;
    made.ceiling_sentence = outlook.sentence;
    const double ceiling_percent = sampling.cpu_budget_percent;
    const double rest_percent =
        std::min(ceiling_percent, tick_ns / base_s / made.stride / kNsOfPercent);
    made.idle.rest = made.busy.rest = rest_percent;
    made.idle.reads = std::min(idle / kNsOfPercent, ceiling_percent - rest_percent);
    made.busy.reads = std::min(busy / kNsOfPercent, ceiling_percent - rest_percent);
}

}  // namespace

Forecast forecast(const Config& config, const BrokerBeans& beans, const BrokerSize& size) {
    Forecast made;
    made.broker = size;
    TallyBuilder builder(config, false);
    ExampleBeans examples(config);
    beans.for_each(size, [&](const Bean& bean) {
        if (const std::optional<FamilyId> family = builder.add(bean)) {
            examples.add(*family, bean);
        }
    });
    made.tally = builder.finish();
    predict_cpu(config, made);
    const measured::Memory memory = measured::memory();
    made.memory_bytes =
        memory.agent_bytes + memory.unit_bytes * made.tally.units +
        memory.series_output_bytes * made.tally.series * static_cast<double>(config.outputs.size());
    for (const OutputFormat format : kFormats) {
        made.formats.push_back({format, examples.tick_bytes(format, made.tally)});
    }
    return made;
}

}  // namespace remora
