#include "engine/agent_report.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::size_t kFamiliesShownMax = 64;
constexpr std::uint64_t kCountsAtTick = 6;  // a minute by default: the broker is up as a rule

}  // namespace

AgentReport::AgentReport(const Sources& sources, std::string version, CounterTable& counters,
                         Log& log)
    : sources_(sources),
      counters_(counters),
      log_(log),
      self_(counters, std::move(version), kFamiliesShownMax),
      quarantine_(sources.sampler.health(), sources.units, log),
      ceiling_(log) {}

void AgentReport::set_refused(FamilyId family, std::uint64_t series) {
    refused_.resize(std::max(refused_.size(), sources_.units.families()));
    refused_[family] = series;
}

const std::vector<SelfSample>& AgentReport::samples(
    SelfLevel level, std::int64_t wall_ms,
    const std::vector<std::unique_ptr<OutputPipe>>& outputs) {
    if (level == SelfLevel::kFull) {
        collect_family_costs();
        collect_left_out(refused_, refusals_);
        collect_left_out(sources_.visibility.hidden_series(), hidden_);
    }
    output_counts_.clear();
    for (const std::unique_ptr<OutputPipe>& output : outputs) {
        output_counts_.push_back({output->name(), output->counters()});
    }
    return self_.collect(level, {wall_ms, sources_.cache.ages(), sources_.accuracy, output_counts_,
                                 family_costs_, refusals_, hidden_, quarantine_.units()});
}

void AgentReport::collect_family_costs() {
    family_costs_.clear();
    family_costs_.reserve(sources_.units.families());
    const FamilyCosts& costs = sources_.sampler.costs();
    for (FamilyId family = 0; family < sources_.units.families(); ++family) {
        if (family < costs.families() && costs.reads(family) > 0) {
            family_costs_.push_back({sources_.units.family_name(family), costs.typical_ns(family),
                                     costs.tail_ns(family), costs.reads(family),
                                     costs.total_ns(family), sources_.cache.use(family)});
        }
    }
}

void AgentReport::collect_left_out(const std::vector<std::uint64_t>& series,
                                   std::vector<FamilySeries>& out) const {
    out.clear();
    for (FamilyId family = 0; family < series.size(); ++family) {
        if (series[family] > 0) {
            out.push_back({sources_.units.family_name(family), series[family]});
        }
    }
}

void AgentReport::end_tick() {
    if (++ticks_ != kCountsAtTick) {
        return;
    }
    const auto text = [this](Counter counter) { return std::to_string(counters_.get(counter)); };
    log_.info("reads " + text(Counter::kUnits) + " MBeans; " + text(Counter::kSeries) +
              " series, of which " + text(Counter::kSeriesHidden) + " are hidden and " +
              text(Counter::kSeriesRefused) + " were refused");
}

void AgentReport::report_conservation() {
    if (const std::uint64_t lost = counters_.get(Counter::kValuesUnaccounted); lost > 0) {
        log_.error("core.conservation", std::to_string(lost) + " values are unaccounted for");
    }
}

void AgentReport::report_ceiling(const SolveResult& solved, double lacking_percent,
                                 std::uint32_t stride, std::int64_t interval_ns,
                                 std::int64_t now_ns) {
    ceiling_.tick({solved.step, solved.units_shed, solved.units, stride, interval_ns,
                   lacking_percent, counters_.get(Counter::kValuesExpired)},
                  now_ns);
}

}  // namespace remora
