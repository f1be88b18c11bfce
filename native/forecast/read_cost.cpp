#include "forecast/read_cost.h"

#include <algorithm>
#include <optional>

#include "base/formatted.h"
#include "sample/bounds.h"
#include "sample/ceiling.h"

namespace remora {
namespace {

// What a ceiling that cannot carry the bounds on age gives up; empty when it can.
std::string given_up(std::uint32_t step) {
    const Widening widening = Shedding::widening(step);
    std::string text;
    const auto add = [&text](const char* of, std::uint32_t factor) {
        if (factor != 1) {
            text += (text.empty() ? "" : "; ") + std::string("beans of ") + of +
                    (factor == 0 ? " would not be read and leave the output"
                                 : " would get " + std::to_string(factor) + " times as old");
        }
    };
    add("topics and clients", widening.topic);
    add("partitions", widening.partition);
    return text;
}

}  // namespace

ReadCost read_cost(const SamplingConfig& sampling, const Tally& tally, const MeasuredCosts& costs) {
    AgeBounds bounds(sampling, static_cast<std::uint32_t>(sampling.min_interval_ms));
    ReadCost cost;
    for (const auto& [name, family] : tally.families) {
        const std::optional<double> ns = costs.typical_ns(name);
        if (!ns) {
            cost.unknown += family.units;
            continue;
        }
        for (const auto& [how, units] : family.reads) {
            UnitTraits traits;
            traits.unit_class = how.unit_class;
            traits.min_interval_ms = how.min_interval_ms;
            traits.base_interval_ms = how.base_interval_ms;
            traits.max_interval_ms = how.max_interval_ms;
            const AgeBounds::Kind& kind = bounds.kind(
                bounds.kind_of(traits), AgeBounds::expense_of(*ns, AgeBounds::Expense::kNone));
            const double all_ns = *ns * units;
            cost.pass_ns += all_ns;
            cost.base_ns_per_s += all_ns * kind.base_per_s;
            cost.classes.add(kind, all_ns, bounds.base_ms());
        }
    }
    cost.bound_ns_per_s = Shedding::least_ns_per_s(cost.classes, 0);
    return cost;
}

CeilingOutlook ceiling_outlook(const SamplingConfig& sampling, const ReadCost& cost,
                               double tick_overhead_ns) {
    const double base_s = 1e-3 * static_cast<double>(sampling.base_interval_ms);
    const double overhead_ns_per_s = tick_overhead_ns / base_s;
    const double most_ns_per_s = sampling.cpu_budget_percent * kNsOfPercent;
    const double others_ns_per_s = Shedding::least_ns_per_s(cost.classes, Shedding::kWidest) -
                                   cost.classes.each_tick_ns / base_s;
    CeilingOutlook outlook;
    outlook.stride =
        Ceiling::stride_for(Ceiling::kAim * most_ns_per_s,
                            cost.classes.each_tick_ns + tick_overhead_ns, others_ns_per_s, base_s);
    const double reads_ns_per_s = most_ns_per_s - overhead_ns_per_s / outlook.stride;
    Shedding shedding;
    const std::string lost = given_up(shedding.choose(cost.classes, std::max(0.0, reads_ns_per_s),
                                                      Ceiling::kAim * most_ns_per_s / 2));
    const double alert_and_broker_ns_per_s =
        cost.classes[static_cast<std::size_t>(UnitClass::kAlert)].at_bound +
        cost.classes[static_cast<std::size_t>(UnitClass::kBroker)].at_bound -
        cost.classes.each_tick_ns / base_s * (1 - 1.0 / outlook.stride);
    const double needed = Ceiling::percent_for(
        cost.classes.each_tick_ns + tick_overhead_ns,
        Shedding::least_ns_per_s(cost.classes, 0) - cost.classes.each_tick_ns / base_s, base_s);
    outlook.sentence = "the ceiling of " + formatted("%g", sampling.cpu_budget_percent) + " % " +
                       (cost.base_ns_per_s <= reads_ns_per_s ? "allows for every bean at every tick"
                        : lost.empty()                       ? "holds the bounds on age"
                                       : "is too low for the bounds on age: " + lost + "; about " +
                                             formatted(needed < 10 ? "%.2g" : "%.0f", needed) +
                                             " % is needed for all of it") +
                       (alert_and_broker_ns_per_s > reads_ns_per_s
                            ? "; alerts and the broker take more than that by themselves"
                            : "") +
                       (outlook.stride > 1 ? "; a tick would come every " +
                                                 formatted("%g", base_s * outlook.stride) + " s"
                                           : "") +
                       (tick_overhead_ns > 0 ? "" : "; sampling and output come on top");
    return outlook;
}

}  // namespace remora
