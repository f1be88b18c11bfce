#include "replay/fidelity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "model/deviation.h"
#include "model/intervals.h"
#include "plan/plan_reader.h"
#include "plan/planner.h"

namespace remora {
namespace {

constexpr double kErrorMax = 10.0;
constexpr std::size_t kWorst = 12;
constexpr std::int64_t kStartNs = kNanosPerSecond;

// First tick whose time is not before `frame`; tick k shows the last frame at or before (k + 1)
// base intervals.
std::uint32_t first_tick_at(const Trace& trace, std::uint32_t frame, std::int64_t base_ms) {
    if (frame >= trace.frames.size()) {
        return 0xFFFFFFFF;
    }
    const std::int64_t ms = trace.frames[frame].ms;
    return ms == 0 ? 0 : static_cast<std::uint32_t>((ms + base_ms - 1) / base_ms - 1);
}

void take_scales(const Trace& trace, Reference& reference) {
    reference.scale.assign(reference.slots, 0);
    for (std::size_t u = 0; u < trace.units.size(); ++u) {
        const TraceUnit& unit = trace.units[u];
        const double n = reference.gone[u] - reference.born[u];
        for (std::uint32_t slot = unit.first_slot; slot < unit.first_slot + unit.slots && n > 1;
             ++slot) {
            // Against the first value: sums of squares of large offsets would lose everything.
            const double origin =
                reference.values[std::size_t{reference.born[u]} * reference.slots + slot];
            double sum = 0;
            double squares = 0;
            for (std::uint32_t tick = reference.born[u]; tick < reference.gone[u]; ++tick) {
                const double off =
                    reference.values[std::size_t{tick} * reference.slots + slot] - origin;
                sum += off;
                squares += off * off;
            }
            const double variance = std::max(squares / n - (sum / n) * (sum / n), 0.0);
            reference.scale[slot] = std::max(std::sqrt(variance), kScaleFloor * std::abs(origin));
        }
    }
}

void take_costs(const Trace& trace, const FidelityOptions& options, Reference& reference) {
    reference.cost_ns.assign(trace.families.size(), 0);
    std::vector<double> total(trace.families.size(), 0);
    reference.left_out.assign(trace.units.size(), 0);
    for (std::size_t u = 0; u < trace.units.size(); ++u) {
        if (reference.gone[u] <= reference.born[u] ||
            trace.units[u].unit_class != UnitClass::kPartition) {
            reference.left_out[u] = 1;
            continue;
        }
        total[trace.units[u].family] += trace.families[trace.units[u].family].median_ns;
    }
    const auto costliest =
        static_cast<FamilyId>(std::max_element(total.begin(), total.end()) - total.begin());
    for (std::size_t u = 0; u < trace.units.size() && options.without_costliest_family; ++u) {
        if (trace.units[u].family == costliest) {
            reference.left_out[u] = 1;
        }
    }
    for (std::size_t family = 0; family < trace.families.size(); ++family) {
        reference.cost_ns[family] =
            options.equal_costs ? 1000.0 : std::max(trace.families[family].median_ns, 1.0);
    }
}

// The planner's answer for one tick, decoded.
class TickReader {
 public:
    explicit TickReader(Planner& planner) : planner_(planner), buffer_(wire::kPlanBytes) {}

    template <typename OnUnit>
    void read_all(std::int64_t now_ns, OnUnit&& on_unit) {
        for (PlanResult result = planner_.plan(now_ns, buffer_); result.units > 0;
             result = planner_.plan(now_ns, buffer_)) {
            PlanReader(buffer_).for_each_group([&](FamilyId, std::span<const UnitId> units) {
                for (const UnitId unit : units) {
                    on_unit(unit);
                }
            });
        }
    }

 private:
    Planner& planner_;
    std::vector<std::byte> buffer_;
};

// Counts delays, by ticks.
struct Delays {
    std::vector<std::uint64_t> by_ticks;

    void add(std::uint32_t ticks, std::uint64_t n) {
        if (ticks >= by_ticks.size()) {
            by_ticks.resize(ticks + 1);
        }
        by_ticks[ticks] += n;
    }

    void summarise(double base_s, Accuracy& accuracy) const {
        double sum = 0;
        for (std::size_t ticks = 0; ticks < by_ticks.size(); ++ticks) {
            accuracy.changes += by_ticks[ticks];
            sum += static_cast<double>(by_ticks[ticks]) * static_cast<double>(ticks);
            if (by_ticks[ticks] > 0) {
                accuracy.delay_s_max = static_cast<double>(ticks) * base_s;
            }
        }
        if (accuracy.changes == 0) {
            return;
        }
        accuracy.delay_s_mean = sum * base_s / static_cast<double>(accuracy.changes);
        std::uint64_t seen = 0;
        for (std::size_t ticks = 0; ticks < by_ticks.size(); ++ticks) {
            seen += by_ticks[ticks];
            if (static_cast<double>(seen) >= 0.95 * static_cast<double>(accuracy.changes)) {
                accuracy.delay_s_p95 = static_cast<double>(ticks) * base_s;
                break;
            }
        }
    }
};

class Simulation {
 public:
    Simulation(const Trace& trace, const Reference& reference, const FidelityOptions& options,
               const FidelityPolicy& policy)
        : trace_(trace),
          reference_(reference),
          options_(options),
          policy_(policy),
          sampler_(sampler_options(options, policy), intervals_),
          planner_(plan_options(options), intervals_),
          reader_(planner_),
          emitted_(reference.slots),
          scales_(reference.slots),
          last_read_(trace.units.size(), kNever),
          shares_(trace.families.size()) {
        waiting_.resize(trace.units.size());
        wakes_.resize(trace.units.size());
        if (policy.policy == SamplingPolicy::kFixed) {
            const double n = std::round(1.0 / std::max(policy.budget, 0.001));
            sampler_.record_every(static_cast<std::uint32_t>(n) * options.base_interval_ms);
        }
    }

    FidelityResult run() {
        for (std::uint32_t tick = 0; tick < reference_.ticks; ++tick) {
            step(tick);
        }
        for (UnitId unit = 0; unit < trace_.units.size(); ++unit) {
            count_delays(unit, reference_.ticks);
        }
        return result();
    }

 private:
    static constexpr std::uint32_t kNever = 0xFFFFFFFF;

    static SamplerOptions sampler_options(const FidelityOptions& options,
                                          const FidelityPolicy& policy) {
        SamplerOptions sampler;
        sampler.sampling.policy = policy.policy;
        sampler.sampling.base_interval_ms = options.base_interval_ms;
        sampler.sampling.partition_max_interval_ms = options.max_interval_ms;
        sampler.sampling.decay = options.volatility_decay;
        sampler.ignore_cost = policy.ignore_cost;
        sampler.overhead_ns = options.equal_costs ? 0 : sampler.overhead_ns;
        return sampler;
    }

    static PlanOptions plan_options(const FidelityOptions& options) {
        PlanOptions plan;
        plan.start_ns = kStartNs;
        plan.base_interval_ns = options.base_interval_ms * kNanosPerMilli;
        plan.slice_ns = 1'000'000 * kNanosPerSecond;
        return plan;
    }

    std::int64_t tick_ns(std::uint32_t tick) const {
        return kStartNs + (std::int64_t{tick} + 1) * options_.base_interval_ms * kNanosPerMilli;
    }

    void come_and_go(std::uint32_t tick) {
        for (UnitId unit = 0; unit < trace_.units.size(); ++unit) {
            if (reference_.left_out[unit] != 0) {
                continue;
            }
            if (reference_.gone[unit] == tick) {
                count_delays(unit, tick);
                planner_.remove(unit);
                sampler_.remove_unit(unit);
            }
            if (reference_.announced[unit] == tick) {
                const TraceUnit& info = trace_.units[unit];
                UnitTraits traits;
                traits.family = info.family;
                traits.values = static_cast<std::uint16_t>(info.slots);
                traits.unit_class = info.unit_class;
                intervals_.reserve(unit);
                sampler_.add_unit(unit, traits);
                sampler_.on_cost(info.family, 1, reference_.cost_ns[info.family]);
            }
            if (reference_.born[unit] == tick) {
                planner_.add(unit, trace_.units[unit].family);
            }
        }
    }

    void read(UnitId unit, std::uint32_t tick) {
        const TraceUnit& info = trace_.units[unit];
        const double* truth = reference_.at(tick);
        const bool first = last_read_[unit] == kNever;
        const double elapsed_s =
            first ? 0 : (tick - last_read_[unit]) * (options_.base_interval_ms / 1000.0);
        float deviation = 0;
        for (std::uint32_t slot = info.first_slot; slot < info.first_slot + info.slots; ++slot) {
            if (first) {
                start_scale(scales_[slot], truth[slot]);
            } else if (elapsed_s > 0) {
                deviation =
                    std::max(deviation, take_deviation(scales_[slot], emitted_[slot], truth[slot],
                                                       static_cast<float>(elapsed_s)));
            }
            emitted_[slot] = truth[slot];
        }
        if (first || elapsed_s > 0) {
            sampler_.observe(unit, deviation, static_cast<std::int64_t>(elapsed_s * 1e9),
                             wire::ReadStatus::kOk, tick_ns(tick));
        }
        last_read_[unit] = tick;
        if (tick >= options_.warmup_ticks) {
            ++reads_;
            share(unit).reads += 1;
            share(unit).cost += reference_.cost_ns[info.family];
            read_ns_ += reference_.cost_ns[info.family];
        }
    }

    void step(std::uint32_t tick) {
        come_and_go(tick);
        const auto on_unit = [this, tick](UnitId unit) { read(unit, tick); };
        reader_.read_all(tick_ns(tick), on_unit);
        const std::size_t woken = options_.wakes ? sampler_.collect_wakes(wakes_) : 0;
        for (std::size_t w = 0; w < woken; ++w) {
            planner_.wake(wakes_[w], true);
        }
        reader_.read_all(tick_ns(tick), on_unit);
        measure(tick);
        // The budget is a share of what reading everything that is there costs.
        double full = 0;
        for (UnitId unit = 0; unit < trace_.units.size(); ++unit) {
            if (reference_.lives(unit, tick)) {
                full += reference_.cost_ns[trace_.units[unit].family];
            }
        }
        const double ceiling = policy_.budget * full / (options_.base_interval_ms / 1000.0);
        sampler_.solve(ceiling, ceiling);
    }

    // Changes of the unit that wait to be seen are seen now, at `tick`.
    void count_delays(UnitId unit, std::uint32_t tick) {
        for (const std::uint32_t since : waiting_[unit]) {
            delays_.add(tick - since, 1);
            share(unit).delay += tick - since;
        }
        waiting_[unit].clear();
    }

    void measure(std::uint32_t tick) {
        const bool counts = tick >= options_.warmup_ticks;
        for (UnitId unit = 0; unit < trace_.units.size(); ++unit) {
            if (!reference_.lives(unit, tick)) {
                continue;
            }
            const TraceUnit& info = trace_.units[unit];
            if (counts && tick > reference_.born[unit] &&
                reference_.differs(info, tick, tick - 1)) {
                waiting_[unit].push_back(tick);
            }
            const bool fresh = last_read_[unit] == tick;
            if (fresh) {
                count_delays(unit, tick);
            }
            if (!counts || info.slots == 0) {
                continue;
            }
            const double error = reference_.error(info, &emitted_[info.first_slot], tick);
            ++emissions_;
            emitted_series_ += info.slots;
            hits_ += fresh ? 0 : info.slots;
            error_ += error;
            share(unit).error += error;
        }
    }

    FidelityResult result() {
        FidelityResult out;
        const double base_s = options_.base_interval_ms / 1000.0;
        const double measured_ticks =
            reference_.ticks - std::min(options_.warmup_ticks, reference_.ticks);
        const auto emissions = static_cast<double>(std::max<std::uint64_t>(emissions_, 1));
        out.cost = read_ns_ / std::max(reference_.full_ns_per_s * measured_ticks * base_s, 1.0);
        out.reads_saved = 1.0 - static_cast<double>(reads_) / emissions;
        out.hit_rate = static_cast<double>(hits_) /
                       static_cast<double>(std::max<std::uint64_t>(emitted_series_, 1));
        out.all.error_mean = error_ / emissions;
        delays_.summarise(base_s, out.all);
        out.worst = worst();
        return out;
    }

    FamilyShare& share(UnitId unit) { return shares_[trace_.units[unit].family]; }

    std::vector<FamilyShare> worst() {
        FamilyShare all;
        for (FamilyId family = 0; family < shares_.size(); ++family) {
            shares_[family].name = trace_.families[family].name;
            all.error += shares_[family].error;
            all.delay += shares_[family].delay;
            all.cost += shares_[family].cost;
            all.reads += shares_[family].reads;
        }
        const auto of = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
        for (FamilyShare& share : shares_) {
            share.error = of(share.error, all.error);
            share.delay = of(share.delay, all.delay);
            share.cost = of(share.cost, all.cost);
            share.reads = of(share.reads, all.reads);
        }
        std::vector<FamilyShare> order = shares_;
        std::sort(order.begin(), order.end(), [](const FamilyShare& a, const FamilyShare& b) {
            return a.error != b.error ? a.error > b.error : a.name < b.name;
        });
        order.resize(std::min(order.size(), kWorst));
        return order;
    }

    const Trace& trace_;
    const Reference& reference_;
    const FidelityOptions& options_;
    const FidelityPolicy& policy_;
    IntervalTable intervals_;
    Sampler sampler_;
    Planner planner_;
    TickReader reader_;
    std::vector<UnitId> wakes_;

    std::vector<double> emitted_;  // by slot
    std::vector<SeriesScale> scales_;
    std::vector<std::uint32_t> last_read_;             // by unit: tick
    std::vector<std::vector<std::uint32_t>> waiting_;  // by unit: ticks of changes not seen yet
    std::vector<FamilyShare> shares_;                  // by family; totals
    Delays delays_;
    double error_ = 0;
    double read_ns_ = 0;
    std::uint64_t reads_ = 0;
    std::uint64_t emissions_ = 0;
    std::uint64_t emitted_series_ = 0;
    std::uint64_t hits_ = 0;
};

}  // namespace

double Reference::error(const TraceUnit& unit, const double* emitted, std::uint32_t tick) const {
    const double* truth = at(tick) + unit.first_slot;
    double sum = 0;
    for (std::uint32_t i = 0; i < unit.slots; ++i) {
        if (std::memcmp(&emitted[i], &truth[i], sizeof(double)) != 0) {
            const double off =
                std::abs(emitted[i] - truth[i]) / std::max(scale[unit.first_slot + i], 1e-300);
            sum += off < kErrorMax ? off : kErrorMax;  // NaN on one side counts as the most
        }
    }
    return unit.slots == 0 ? 0 : sum / unit.slots;
}

bool Reference::differs(const TraceUnit& unit, std::uint32_t tick, std::uint32_t other) const {
    return std::memcmp(at(tick) + unit.first_slot, at(other) + unit.first_slot,
                       unit.slots * sizeof(double)) != 0;
}

Reference make_reference(const Trace& trace, const FidelityOptions& options) {
    Reference reference;
    const std::int64_t base_ms = options.base_interval_ms;
    const std::int64_t span_ms = trace.frames.empty() ? 0 : trace.frames.back().ms;
    reference.ticks = static_cast<std::uint32_t>(span_ms / base_ms);
    reference.slots = trace.slots;
    reference.values.resize(std::size_t{reference.ticks} * trace.slots);
    std::vector<double> now(trace.slots);
    std::size_t frame = 0;
    for (std::uint32_t tick = 0; tick < reference.ticks; ++tick) {
        const std::int64_t until_ms = (std::int64_t{tick} + 1) * base_ms;
        for (; frame < trace.frames.size() && trace.frames[frame].ms <= until_ms; ++frame) {
            for (std::uint32_t c = trace.frames[frame].first_change;
                 c < trace.frames[frame].end_change; ++c) {
                now[trace.changes[c].slot] = trace.changes[c].value;
            }
        }
        std::copy(now.begin(), now.end(),
                  reference.values.begin() +
                      static_cast<std::ptrdiff_t>(std::size_t{tick} * trace.slots));
    }
    for (const TraceUnit& unit : trace.units) {
        const std::uint32_t born =
            std::min(first_tick_at(trace, unit.born, base_ms), reference.ticks);
        reference.announced.push_back(
            std::min(first_tick_at(trace, unit.announced, base_ms), born));
        reference.born.push_back(born);
        reference.gone.push_back(
            std::max(born, std::min(first_tick_at(trace, unit.gone, base_ms), reference.ticks)));
    }
    take_scales(trace, reference);
    take_costs(trace, options, reference);
    double full = 0;
    double ticks = 0;
    for (std::uint32_t tick = options.warmup_ticks; tick < reference.ticks; ++tick, ++ticks) {
        for (std::size_t u = 0; u < trace.units.size(); ++u) {
            if (reference.lives(static_cast<UnitId>(u), tick)) {
                full += reference.cost_ns[trace.units[u].family];
            }
        }
    }
    reference.full_ns_per_s = ticks > 0 ? full / ticks * 1000.0 / options.base_interval_ms : 0;
    return reference;
}

FidelityResult replay(const Trace& trace, const Reference& reference,
                      const FidelityOptions& options, const FidelityPolicy& policy) {
    return std::make_unique<Simulation>(trace, reference, options, policy)->run();
}

}  // namespace remora
