#include "engine/profiler.h"

#include <algorithm>
#include <utility>

namespace remora {
namespace {

constexpr double kSecond = static_cast<double>(kNanosPerSecond);
constexpr std::size_t kQuarantinedMax = 20;

double seconds(std::int64_t ns) {
    return static_cast<double>(ns) / kSecond;
}

double share(double part, double whole) {
    return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0;
}

// Whether the series had one value for as long as it was followed, and for five minutes at least.
bool is_unchanged(const SeriesScale& scale) {
    return scale.variance == 0 && scale.age_s >= kScaleMemorySeconds;
}

}  // namespace

Profiler::Profiler(const Sources& sources, const Config& config, std::int64_t start_ns,
                   std::atomic<AgentProfile*>& profiles)
    : sources_(sources),
      config_(config),
      profiles_(profiles),
      last_ns_(start_ns),
      known_since_ns_(start_ns) {}

void Profiler::enter(UnitId unit, const Unit& wanted) {
    if (unit >= units_.size()) {
        units_.resize(unit + 1UL);
    }
    if (wanted.family >= families_.size()) {
        families_.resize(wanted.family + 1UL);
    }
    units_[unit] = wanted;
    Family& family = families_[wanted.family];
    ++family.units[static_cast<std::size_t>(wanted.unit_class)];
    family.named += wanted.is_named ? 1 : 0;
}

void Profiler::leave(UnitId unit) {
    const Unit& old = units_[unit];
    Family& family = families_[old.family];
    --family.units[static_cast<std::size_t>(old.unit_class)];
    family.named -= old.is_named ? 1 : 0;
    units_[unit] = {};
}

void Profiler::add(const Registration& registration) {
    enter(registration.unit, {static_cast<std::uint16_t>(registration.family),
                              registration.policy.unit_class, registration.policy.is_named});
    const bool is_histogram =
        registration.kind == BeanKind::kHistogram || registration.kind == BeanKind::kTimer;
    if (is_histogram) {
        Family& family = families_[registration.family];
        family.statistics.clear();
        for (const Series& series : registration.series) {
            family.statistics.push_back(series.attribute);
        }
    }
}

void Profiler::keep(const Registration& registration) {
    if (registration.made_by != Aggregate::kNone) {
        return;  // an aggregate of a unit that is there: nothing of the unit changes
    }
    const std::uint16_t family = units_[registration.unit].family;
    leave(registration.unit);
    enter(registration.unit,
          {family, registration.policy.unit_class, registration.policy.is_named});
}

void Profiler::remove(UnitId unit) {
    leave(unit);
}

void Profiler::restart(std::int64_t now_ns, std::uint64_t generation) {
    generation_ = generation;
    known_since_ns_ = now_ns;
    growth_since_ns_ = 0;
}

void Profiler::tick(std::int64_t now_ns, std::int64_t wall_ms, const UnitDirectory& units,
                    const std::vector<std::unique_ptr<OutputPipe>>& outputs) {
    if (config_.optimizer.mode == OptimizerMode::kOff || now_ns - last_ns_ < kEveryNs) {
        return;
    }
    auto profile = std::make_unique<AgentProfile>();
    profile->written_wall_ms = wall_ms;
    add_header(now_ns, *profile);
    add_units(now_ns, *profile);
    add_costs(units, *profile);
    add_classes(*profile);
    note_growth(now_ns, *profile);
    add_outputs(outputs, *profile);
    add_quarantined(now_ns, units, *profile);
    std::erase_if(profile->families, [](const FamilyProfile& family) { return family.units == 0; });
    last_ns_ = now_ns;
    delete profiles_.exchange(profile.release(), std::memory_order_acq_rel);
}

void Profiler::add_header(std::int64_t now_ns, AgentProfile& profile) {
    const CounterTable& counters = sources_.counters;
    const auto counter = [&counters](Counter which) {
        return static_cast<double>(counters.get(which));
    };
    profile.window_s = seconds(now_ns - last_ns_);
    profile.known_s = seconds(now_ns - known_since_ns_);
    profile.growth_s = growth_since_ns_ == 0 ? 0 : seconds(now_ns - growth_since_ns_);
    profile.generation = generation_;
    const auto held_ns = static_cast<double>(std::exchange(held_cpu_ns_, 0));
    profile.cpu_used_percent = std::max(held_ns, 0.0) / kSecond / profile.window_s * 100;
    profile.ceiling_percent = config_.sampling.cpu_budget_percent;
    profile.base_interval_s = static_cast<double>(config_.sampling.base_interval_ms) / 1e3;
    profile.tick_overhead_ms = counter(Counter::kTickOverheadMicros) / 1e3;
    profile.tick_interval_s = counter(Counter::kTickIntervalMillis) / 1e3;
    profile.unfinished_share = share(growth("", counters, Counter::kTicksUnfinished),
                                     growth("", counters, Counter::kTicks));
    profile.widening_step = static_cast<std::uint32_t>(counters.get(Counter::kWideningStep));
}

// One pass over all units. Leaves profile.families in the order of FamilyId.
void Profiler::add_units(std::int64_t now_ns, AgentProfile& profile) const {
    std::vector<FamilyProfile>& families = profile.families;
    families.resize(families_.size());
    for (std::size_t i = 0; i < families.size(); ++i) {
        for (const std::string& name : families_[i].statistics) {
            families[i].statistics.push_back({name, 0, 0});
        }
    }
    const Cache& cache = sources_.cache;
    const Values values = cache.view(0);  // of any output: the scales are the same for all of them
    for (UnitId unit = 0; unit < units_.size(); ++unit) {
        if (units_[unit].family == kNoFamily) {
            continue;
        }
        FamilyProfile& family = families[units_[unit].family];
        ++family.units;
        family.volatility += sources_.sampler.has(unit)
                                 ? static_cast<double>(sources_.sampler.volatility(unit))
                                 : 0.0;
        if (!cache.is_emitted(unit)) {
            continue;
        }
        const std::uint16_t slots = cache.slots(unit);
        const bool is_alike = family.statistics.size() == slots;
        family.age_s += seconds(now_ns - cache.read_ns(unit)) * slots;
        family.series += slots;
        for (std::uint16_t slot = 0; slot < slots; ++slot) {
            const bool unchanged = is_unchanged(values.scales[values.first[unit] + slot]);
            family.unchanged += unchanged ? 1 : 0;
            if (is_alike) {
                ++family.statistics[slot].series;
                family.statistics[slot].unchanged += unchanged ? 1 : 0;
            }
        }
    }
}

void Profiler::add_costs(const UnitDirectory& units, AgentProfile& profile) {
    const FamilyCosts& costs = sources_.sampler.costs();
    for (FamilyId id = 0; id < families_.size(); ++id) {
        FamilyProfile& family = profile.families[id];
        Family& known = families_[id];
        family.name = units.family_name(id);
        const auto first = std::find_if(known.units.begin(), known.units.end(),
                                        [](std::uint32_t count) { return count > 0; });
        family.unit_class = first == known.units.end()
                                ? UnitClass::kPartition
                                : static_cast<UnitClass>(first - known.units.begin());
        family.is_named = known.named > 0;
        family.volatility /= std::max(family.units, 1U);
        family.age_s /= std::max(family.series, 1U);
        if (id < costs.families()) {
            family.typical_us = static_cast<double>(costs.typical_ns(id)) / 1e3;
            family.tail_us = static_cast<double>(costs.tail_ns(id)) / 1e3;
            const double ns_per_s = (costs.total_ns(id) - known.read_ns_before) / profile.window_s;
            family.cpu_percent = ns_per_s / kSecond * 100;
            family.reads_per_s =
                static_cast<double>(costs.reads(id) - known.reads_before) / profile.window_s;
            known.read_ns_before = costs.total_ns(id);
            known.reads_before = costs.reads(id);
        }
        profile.units += family.units;
        profile.series += family.series;
        profile.unchanged += family.unchanged;
    }
}

void Profiler::add_classes(AgentProfile& profile) {
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        const auto unit_class = static_cast<UnitClass>(i);
        const AccuracyAudit::Estimate estimate = sources_.accuracy.estimate(unit_class);
        ClassProfile one{unit_class_name(unit_class), 0, estimate.error, estimate.margin,
                         estimate.samples};
        const AccuracyAudit::Sums& total = sources_.accuracy.total(unit_class);
        const AccuracyAudit::Sums before = std::exchange(errors_[i], total);
        one.fresh_samples = total.samples - before.samples;
        one.fresh_error = one.fresh_samples == 0 ? 0
                                                 : (total.error - before.error) /
                                                       static_cast<double>(one.fresh_samples);
        for (const FamilyProfile& family : profile.families) {
            one.cpu_percent += family.unit_class == unit_class ? family.cpu_percent : 0;
        }
        profile.classes.push_back(std::move(one));
    }
}

void Profiler::note_growth(std::int64_t now_ns, AgentProfile& profile) {
    const bool begins = growth_since_ns_ == 0 || now_ns - growth_since_ns_ >= kGrowthNs;
    for (std::size_t i = 0; i < families_.size(); ++i) {
        FamilyProfile& family = profile.families[i];
        family.series_before = growth_since_ns_ == 0 ? family.series : families_[i].series_before;
        if (begins) {
            families_[i].series_before = family.series;
        }
    }
    growth_since_ns_ = begins ? now_ns : growth_since_ns_;
}

// Returns how much the counter has grown since the call before.
double Profiler::growth(const std::string& of, const CounterTable& counters, Counter counter) {
    const std::uint64_t now = counters.get(counter);
    return static_cast<double>(now - std::exchange(counts_[{of, counter}], now));
}

void Profiler::add_outputs(const std::vector<std::unique_ptr<OutputPipe>>& outputs,
                           AgentProfile& profile) {
    for (const std::unique_ptr<OutputPipe>& output : outputs) {
        const CounterTable& counters = output->counters();
        const auto grown = [&](Counter counter) {
            return growth(output->name(), counters, counter);
        };
        OutputProfile one;
        one.name = output->name();
        one.bytes_per_s = grown(Counter::kSinkBytes) / profile.window_s;
        one.packets_per_s = grown(Counter::kSinkPackets) / profile.window_s;
        one.tick_ms = static_cast<double>(counters.get(Counter::kSinkTickMillis));
        one.ring_share = output->ring_share();
        const double out = grown(Counter::kSinkFrames);
        const double dropped = grown(Counter::kSinkFramesDropped);
        const double skipped = grown(Counter::kTicksSkipped);
        one.dropped_share = share(dropped, out + dropped);
        one.skipped_share = share(skipped, out + dropped + skipped);
        one.repeated_share = repeated_share(*output);
        profile.outputs.push_back(std::move(one));
    }
}

// Takes the flags as of the output's last tick. Series that the output leaves out count too.
double Profiler::repeated_share(const OutputPipe& output) const {
    const Values values = sources_.cache.view(output.flags_place());
    constexpr int kNotEmitted = kUnitQuarantined | kUnitHidden | kUnitExpired;
    double repeated = 0;
    double all = 0;
    for (std::size_t unit = 0; unit < values.flags.size(); ++unit) {
        const std::uint8_t flags = values.flags[unit];
        if ((flags & (kUnitHasValue | kNotEmitted)) == kUnitHasValue) {
            all += values.count[unit];
            repeated += (flags & kUnitChanged) == 0 ? values.count[unit] : 0;
        }
    }
    return share(repeated, all);
}

void Profiler::add_quarantined(std::int64_t now_ns, const UnitDirectory& units,
                               AgentProfile& profile) const {
    std::array<Quarantined, kQuarantinedMax> found;
    const std::size_t count = sources_.sampler.health().list(found);
    for (std::size_t i = 0; i < count; ++i) {
        profile.quarantined.push_back(
            {units.name_of(found[i].unit), seconds(now_ns - found[i].since_ns)});
    }
}

}  // namespace remora
