// What a tick does: ages, the ceiling, intervals, and the outputs.
#include <algorithm>
#include <array>

#include "engine/core.h"
#include "engine/reload.h"

namespace remora {
namespace {

constexpr std::size_t kQuarantinedShownMax = 100;
constexpr std::uint64_t kCountsAtTick = 6;  // a minute by default: the broker is up as a rule

const char* reason_text(wire::ReadStatus status) {
    switch (status) {
        case wire::ReadStatus::kOk:
            return "ok";
        case wire::ReadStatus::kGone:
            return "gone";
        case wire::ReadStatus::kThrew:
            return "threw";
        case wire::ReadStatus::kNotNumber:
            return "not_a_number";
        case wire::ReadStatus::kBlocked:
            return "blocked";
        case wire::ReadStatus::kHeld:
            return "held";
        case wire::ReadStatus::kTooLarge:
            break;
    }
    return "too_large";
}

}  // namespace

UnitAtTick Core::about(UnitId unit) const {
    // What is not read by itself is made of partitions, and as old as the oldest of them may be.
    if (!sampler_.has(unit)) {
        std::uint32_t bound_ms = sampler_.bound_ms(UnitClass::kPartition);
        visibility_.for_each_member(unit, [&](UnitId member) {
            bound_ms = std::max(bound_ms, sampler_.has(member) ? sampler_.bound_ms(member) : 0);
        });
        return {UnitClass::kPartition, bound_ms, bound_ms};
    }
    const std::uint32_t bound_ms = sampler_.bound_ms(unit);
    const std::uint32_t interval_ms = intervals_.get(unit);
    return {sampler_.class_of(unit), interval_ms == kIntervalNever ? bound_ms : interval_ms,
            bound_ms};
}

void Core::tick(std::int64_t now_ns) {
    // After a pause of the whole process several ticks may have passed: one makes up for them.
    ticks_ = std::max<std::uint64_t>(
        ticks_, static_cast<std::uint64_t>((now_ns - options_.start_ns) / interval_ns()));
    counters_.add(Counter::kTicks);
    counters_.set(Counter::kUptimeSeconds,
                  static_cast<std::uint64_t>((now_ns - options_.start_ns) / kNanosPerSecond));
    visibility_.tick(now_ns);
    apply_visibility();
    cache_.close_tick(
        now_ns, [this](UnitId unit) { return about(unit); }, bounds_since_ns_);
    if (const std::uint64_t lost = counters_.get(Counter::kValuesUnaccounted); lost > 0) {
        log_.error("core.conservation", std::to_string(lost) + " values are unaccounted for");
    }
    judge_audited();
    accuracy_.tick(now_ns);
    end_draw();
    const std::uint32_t stride_before = governor_.stride();
    const std::uint64_t now_interval = ticks_ * stride_before;
    govern(now_ns);
    if (trace_ != nullptr &&
        (trace_->is_full() ||
         now_ns - options_.start_ns >= options_.config.trace.duration_ms * kNanosPerMilli)) {
        end_trace();
    }
    begin_outputs(now_interval);
    emitted_interval_ = now_interval;
    if (stride_before != governor_.stride()) {
        restart_grid();
        report_stride(governor_.stride() > stride_before);
    }
    if (++ticks_made_ == kCountsAtTick) {
        say_counts();
    }
}

void Core::say_counts() {
    const auto text = [this](Counter counter) { return std::to_string(counters_.get(counter)); };
    log_.info("reads " + text(Counter::kUnits) + " MBeans; " + text(Counter::kSeries) +
              " series, of which " + text(Counter::kSeriesHidden) + " are hidden and " +
              text(Counter::kSeriesRefused) + " were refused");
}

void Core::govern(std::int64_t now_ns) {
    const std::int64_t cpu_ns = agent_cpu_ns();
    CpuWindow window;
    window.elapsed_ns = now_ns - last_tick_ns_;
    window.cpu_ns = cpu_ns - last_tick_cpu_ns_;
    window.excused_ns =
        excused_ns_ + channels_.excused_cpu_ns.exchange(0, std::memory_order_relaxed);
    window.read_ns = static_cast<std::int64_t>(window_read_ns_);
    last_tick_ns_ = now_ns;
    last_tick_cpu_ns_ = cpu_ns;
    window_read_ns_ = 0;
    excused_ns_ = 0;
    if (window.elapsed_ns <= 0) {
        return;
    }
    // A trace is recorded whatever it costs.
    const bool is_recording = trace_ != nullptr;
    const Governor::Tick governed =
        governor_.tick(window, is_recording, !is_recording && reload_ == nullptr);
    const SolveResult& solved = governed.solved;
    if (governed.is_stride_new) {
        channels_.stride.store(governor_.stride(), std::memory_order_relaxed);
    }
    counters_.add(Counter::kSolves);
    counters_.set(Counter::kPriceNanos,
                  solved.lambda > 0 ? static_cast<std::uint64_t>(1 / solved.lambda) : 0);
    counters_.set(Counter::kUnitsShed, solved.units_shed);
    counters_.set(Counter::kWideningStep, solved.step);
    counters_.set(Counter::kBudgetPpm, static_cast<std::uint64_t>(ceiling_.ppm()));
    counters_.set(Counter::kCpuUsedPpm, static_cast<std::uint64_t>(ceiling_.used_ppm()));
    counters_.set(Counter::kUnitsQuarantined, sampler_.health().quarantined());
    counters_.set(Counter::kQuarantines, sampler_.health().quarantines_total());
    report_ceiling(solved);
}

// What the ceiling takes from the truth of the file is said when it begins, changes and ends.
void Core::report_ceiling(const SolveResult& solved) {
    if (solved.step != said_step_) {
        const std::string what =
            solved.step == 0 ? "every class is read within its bounds on age again"
            : solved.step > Shedding::kWidest
                ? "partitions" +
                      std::string(solved.step + 1 == Shedding::kSteps ? ", topics and clients"
                                                                      : "") +
                      " are not read and leave the output (now " +
                      std::to_string(solved.units_shed) + " of " + std::to_string(solved.units) +
                      " beans)"
                : "bounds on age are widened, step " + std::to_string(solved.step) + " of " +
                      std::to_string(Shedding::kSteps - 1);
        log_.warn("core.widen", "sampling.cpu_budget_percent " +
                                    std::string(solved.step == 0 ? "suffices" : "is too low") +
                                    ": " + what);
        said_step_ = solved.step;
    }
    const std::uint64_t expired = counters_.get(Counter::kValuesExpired);
    if ((expired > 0) != said_expired_) {
        said_expired_ = expired > 0;
        log_.warn("core.expired",
                  said_expired_ ? std::to_string(expired) +
                                      " series were not read for five times their bound on age "
                                      "and are left out (remora_values_expired tells how many)"
                                : "no series is left out for its age any more");
    }
}

// Ticks come more or less often from now on.
void Core::report_stride(bool is_longer) {
    log_.warn("core.stride",
              std::string("sampling.cpu_budget_percent ") +
                  (is_longer ? "does not carry a tick every base interval" : "allows for more") +
                  ": a tick comes every " + std::to_string(interval_ns() / kNanosPerSecond) + " s");
}

void Core::begin_outputs(std::uint64_t now_interval) {
    list_quarantined();
    const std::int64_t wall_ms = clock_.wall_ms();
    // By level, when the first output asks for it.
    std::array<const std::vector<SelfSample>*, kSelfLevels> samples{};
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        OutputPipe& output = *outputs_[i];
        // What was read last goes to all of them, whatever their interval.
        if (!is_stopping_ && !output.is_due(emitted_interval_, now_interval)) {
            continue;
        }
        const std::vector<SelfSample>*& own =
            samples[static_cast<std::size_t>(output.self_level())];
        if (own == nullptr) {
            own = &self_samples(output.self_level(), wall_ms);
        }
        if (!begin_tick(output, wall_ms, *own)) {
            is_stopping_ ? waiting_outputs_.push_back(i) : output.skip_tick();
        }
    }
}

const std::vector<SelfSample>& Core::self_samples(SelfLevel level, std::int64_t wall_ms) {
    if (level == SelfLevel::kFull) {
        collect_family_costs();
        collect_left_out();
    }
    output_counts_.clear();
    for (const std::unique_ptr<OutputPipe>& output : outputs_) {
        output_counts_.push_back({output->name(), output->counters()});
    }
    return self_.collect(level, {wall_ms, cache_.ages(), accuracy_, output_counts_, family_costs_,
                                 refusals_, hidden_, quarantined_});
}

void Core::collect_family_costs() {
    family_costs_.clear();
    const FamilyCosts& costs = sampler_.costs();
    for (FamilyId family = 0; family < family_names_.size(); ++family) {
        if (family < costs.families() && costs.reads(family) > 0) {
            family_costs_.push_back({family_names_[family], costs.typical_ns(family),
                                     costs.tail_ns(family), costs.reads(family),
                                     costs.total_ns(family), cache_.use(family)});
        }
    }
}

bool Core::begin_tick(OutputPipe& output, std::int64_t wall_ms,
                      const std::vector<SelfSample>& samples) {
    if (!output.can_begin_tick()) {
        return false;
    }
    cache_.settle_flags(output.flags_place());
    output.begin_tick(wall_ms, samples);
    return true;
}

void Core::collect_left_out() {
    const auto collect = [this](const std::vector<std::uint64_t>& series,
                                std::vector<FamilySeries>& out) {
        out.clear();
        for (FamilyId family = 0; family < series.size(); ++family) {
            if (series[family] > 0) {
                out.push_back({family_names_[family], series[family]});
            }
        }
    };
    collect(series_refused_, refusals_);
    collect(visibility_.hidden_series(), hidden_);
}

void Core::list_quarantined() {
    Quarantined found[kQuarantinedShownMax];
    const std::size_t count = sampler_.health().list(found);
    quarantined_.clear();
    quarantined_names_.clear();
    quarantined_names_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& name = quarantined_names_.emplace_back(name_of(found[i].unit));
        const char* reason = reason_text(found[i].reason);
        quarantined_.push_back({name, reason});
        // Of those that are held back because one hangs the shim has spoken.
        if (found[i].reason != wire::ReadStatus::kHeld &&
            !std::binary_search(quarantine_said_.begin(), quarantine_said_.end(), found[i].unit)) {
            log_.warn("quarantine." + name,
                      "quarantined " + name + ": " + reason + "; tried again later");
        }
    }
    quarantine_said_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        if (found[i].reason != wire::ReadStatus::kHeld) {
            quarantine_said_.push_back(found[i].unit);
        }
    }
    for (const Undescribed& bean : undescribed_) {
        quarantined_.push_back({bean.name, reason_text(bean.status)});
    }
}

void Core::on_undescribed(const ControlItem& item) {
    const auto found =
        std::find_if(undescribed_.begin(), undescribed_.end(),
                     [&item](const Undescribed& bean) { return bean.name == item.text; });
    if (item.status == wire::ReadStatus::kOk) {
        if (found != undescribed_.end()) {
            undescribed_.erase(found);
        }
        return;
    }
    if (found != undescribed_.end()) {
        found->status = item.status;
        return;
    }
    undescribed_.push_back({item.text, item.status});
    log_.warn("quarantine." + item.text, "quarantined " + item.text + ": " +
                                             reason_text(item.status) +
                                             " when looked at; tried again later");
}

bool Core::encode() {
    bool is_done = true;
    for (const std::unique_ptr<OutputPipe>& output : outputs_) {
        if (output->busy() && !output->go_on(cache_.view(output->flags_place()))) {
            is_done = false;
        }
    }
    return is_done;
}

}  // namespace remora
