#include "engine/agent_report.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::size_t kFamiliesShownMax = 64;
constexpr std::uint64_t kCountsAtTick = 6;  // a minute by default: the broker is up as a rule

std::string ceiling_text(const SolveResult& solved) {
    if (solved.step == 0) {
        return "every class is read within its bounds on age again";
    }
    if (solved.step > Shedding::kWidest) {
        return "partitions" +
               std::string(solved.step + 1 == Shedding::kSteps ? ", topics and clients" : "") +
               " are not read and leave the output (now " + std::to_string(solved.units_shed) +
               " of " + std::to_string(solved.units) + " beans)";
    }
    return "bounds on age are widened, step " + std::to_string(solved.step) + " of " +
           std::to_string(Shedding::kSteps - 1);
}

}  // namespace

AgentReport::AgentReport(const Sources& sources, std::string version, CounterTable& counters,
                         Log& log)
    : sources_(sources),
      counters_(counters),
      log_(log),
      self_(counters, std::move(version), kFamiliesShownMax),
      quarantine_(sources.sampler.health(), sources.units, log) {}

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

void AgentReport::report_ceiling(const SolveResult& solved) {
    if (solved.step != reported_step_) {
        reported_step_ = solved.step;
        log_.warn("core.widen", "sampling.cpu_budget_percent " +
                                    std::string(solved.step == 0 ? "suffices" : "is too low") +
                                    ": " + ceiling_text(solved));
    }
    const std::uint64_t expired = counters_.get(Counter::kValuesExpired);
    if ((expired > 0) != reported_expired_) {
        reported_expired_ = expired > 0;
        log_.warn("core.expired", reported_expired_
                                      ? std::to_string(expired) +
                                            " series were not read for five times their bound on "
                                            "age and are left out (remora_values_expired tells "
                                            "how many)"
                                      : "no series is left out for its age any more");
    }
}

void AgentReport::report_pace(std::int64_t interval_ns, bool is_longer) {
    log_.warn("core.stride",
              std::string("sampling.cpu_budget_percent ") +
                  (is_longer ? "does not carry a tick every base interval" : "allows for more") +
                  ": a tick comes every " + std::to_string(interval_ns / kNanosPerSecond) + " s");
}

}  // namespace remora
