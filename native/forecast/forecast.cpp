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

bool moves(const std::string& family) {
    const auto begins = measured::moving_families();
    return std::any_of(begins.begin(), begins.end(),
                       [&](std::string_view begin) { return family.starts_with(begin); });
}

// Most gauges are 0 on a broker that is well.
double typical_number(const Bean& bean) {
    return bean.kind == BeanKind::kGauge && !moves(family_name(bean.name)) ? 0 : kMovingNumber;
}

// Two collected beans of a family stand for all of them: what one more adds is what two are beyond
// one.
class Examples {
 public:
    explicit Examples(const Config& config) : config_(config), selector_(config) {}

    void see(FamilyId family, const Bean& bean) {
        std::vector<Selection>& known = selections_[family];
        if (known.size() < 2) {
            texts_.emplace_back(bean.name.text());
            beans_[family].push_back(
                {bean.kind, ObjectName::parse(texts_.back()).value(), bean.attributes});
            known.push_back(selector_.select(bean));
        }
    }

    double tick_bytes(OutputFormat format, const Tally& found) const {
        const auto empty = static_cast<double>(frame_bytes(format, config_, {}));
        double bytes = empty;
        for (const auto& [name, family] : found.families) {
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
        return family.starts_with(read.family);
    });
    return row->ns + row->ns_a_replica * size.replicas;
}

MeasuredCosts costs_of(const Tally& found, const BrokerSize& size) {
    const measured::Rest rest = measured::rest();
    MeasuredCosts costs;
    for (const auto& [name, family] : found.families) {
        if (family.units > 0) {
            const double values = static_cast<double>(family.values) / family.units;
            costs.set(name, read_ns(name, size) + rest.read_ns + rest.value_ns * values);
        }
    }
    return costs;
}

// The families whose values move with each record.
Tally only_moving(const Tally& found) {
    Tally moving;
    std::copy_if(found.families.begin(), found.families.end(), std::back_inserter(moving.families),
                 [](const auto& family) { return moves(family.first); });
    return moving;
}

const ClassCost& of(const ReadCost& cost, UnitClass unit_class) {
    return cost.classes[static_cast<std::size_t>(unit_class)];
}

// Reads a second while no partition changes.
double idle_ns_per_s(const SamplingConfig& sampling, const ReadCost& cost) {
    if (sampling.policy == SamplingPolicy::kFixed) {
        return cost.base_ns_per_s;
    }
    const ClassCost& topics = of(cost, UnitClass::kTopic);
    const ClassCost& clients = of(cost, UnitClass::kClient);
    const double at_base = topics.at_base + clients.at_base;
    const bool fits = at_base <= sampling.cpu_budget_percent * kNsOfPercent / 2;
    const ClassCost& partitions = of(cost, UnitClass::kPartition);
    return of(cost, UnitClass::kAlert).at_base + of(cost, UnitClass::kBroker).at_base +
           (fits ? at_base : topics.at_bound + topics.ruled + clients.at_bound + clients.ruled) +
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
    const MeasuredCosts costs = costs_of(made.found, made.broker);
    const ReadCost cost = read_cost(sampling, made.found, costs);
    const double idle = idle_ns_per_s(sampling, cost);
    const ReadCost moving = read_cost(sampling, only_moving(made.found), costs);
    const ClassCost& partitions = of(moving, UnitClass::kPartition);
    const double busy = sampling.policy == SamplingPolicy::kFixed
                            ? idle
                            : idle + partitions.at_base - partitions.at_bound - partitions.ruled;
    const measured::Rest rest = measured::rest();
    const double base_s = 1e-3 * static_cast<double>(sampling.base_interval_ms);
    const double tick_ns =
        rest.second_ns * base_s + rest.tick_ns + outputs_ns_per_tick(config, made.found.series);
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
    Teller teller(config, false);
    Examples examples(config);
    beans.for_each(size, [&](const Bean& bean) {
        if (const std::optional<FamilyId> family = teller.add(bean)) {
            examples.see(*family, bean);
        }
    });
    made.found = teller.finish();
    predict_cpu(config, made);
    const measured::Memory memory = measured::memory();
    made.memory_bytes =
        memory.agent_bytes + memory.unit_bytes * made.found.units +
        memory.series_output_bytes * made.found.series * static_cast<double>(config.outputs.size());
    for (const OutputFormat format : kFormats) {
        made.formats.push_back({format, examples.tick_bytes(format, made.found)});
    }
    return made;
}

}  // namespace remora
