#include "engine/self_metrics.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace remora {
namespace {

constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kCounter = MetricType::kCounter;

// Whether values are missing, old or wrong, and what it costs: level basic.
constexpr std::array kBasic = {
    Counter::kUnits,         Counter::kSeries,
    Counter::kSeriesRefused, Counter::kReadsFailed,
    Counter::kReadsBlocked,  Counter::kRingFullDropped,
    Counter::kValuesExpired, Counter::kUnitsQuarantined,
    Counter::kWideningStep,  Counter::kTickIntervalMillis,
    Counter::kBudgetPpm,     Counter::kCpuUsedPpm,
    Counter::kTicks,         Counter::kTicksUnfinished,
    Counter::kFaults,        Counter::kConfigReloadsFailed,
};
// Counted by each output, and emitted with its name: at levels basic and full.
constexpr std::array kOfOutputsBasic = {
    Counter::kSinkErrors,
    Counter::kSinkFramesDropped,
    Counter::kSinkBytes,
    Counter::kTicksSkipped,
};
// The same, at level full only.
constexpr std::array kOfOutputsFull = {
    Counter::kSinkBytesDropped,     Counter::kSinkFrames,          Counter::kSinkRotations,
    Counter::kSinkPackets,          Counter::kSinkBlocked,         Counter::kOutputSeriesRefused,
    Counter::kLinesEncoded,         Counter::kLinesTooLongDropped, Counter::kValuesUnencodable,
    Counter::kOutputSeriesClashing, Counter::kSinkTickMillis,      Counter::kOutputRuleFaults,
};

template <typename Counters>
bool contains(const Counters& counters, Counter counter) {
    return std::find(counters.begin(), counters.end(), counter) != counters.end();
}

bool is_of_outputs(Counter counter) {
    return contains(kOfOutputsBasic, counter) || contains(kOfOutputsFull, counter);
}

MetricType type_of(const CounterInfo& info) {
    return info.is_gauge ? kGauge : kCounter;
}

double efficiency(const CacheUse& use) {
    const std::uint64_t emitted = use.hits + use.misses;
    return emitted == 0 ? 0 : static_cast<double>(use.hits) / static_cast<double>(emitted);
}

}  // namespace

SelfMetrics::SelfMetrics(const CounterTable& counters, std::string version,
                         std::size_t families_max)
    : counters_(counters), version_(std::move(version)), families_max_(families_max) {}

SelfSample& SelfMetrics::next(const char* name, MetricType type, const char* help,
                              std::size_t labels) {
    if (page_->used == page_->samples.size()) {
        page_->samples.emplace_back();
    }
    SelfSample& sample = page_->samples[page_->used++];
    // Assigning to strings that are there already reuses their memory.
    sample.series.metric_family.assign("remora_").append(name);
    sample.series.name = sample.series.metric_family;
    sample.series.type = type;
    sample.series.help = help;
    sample.series.attribute.clear();
    sample.series.labels.resize(labels);
    return sample;
}

void SelfMetrics::add(const char* name, MetricType type, const char* help, double value) {
    next(name, type, help, 0).value = value;
}

void SelfMetrics::add_by(const char* label, std::string_view label_value, const char* name,
                         MetricType type, const char* help, double value) {
    SelfSample& sample = next(name, type, help, 1);
    sample.series.labels[0].name = label;
    sample.series.labels[0].value.assign(label_value);
    sample.value = value;
}

void SelfMetrics::add_agent(std::int64_t wall_ms) {
    add("up", kGauge, "1 while the agent runs", 1);
    add("last_tick_timestamp_seconds", kGauge, "when the last tick was made",
        static_cast<double>(wall_ms) / 1e3);
    add_by("version", version_, "build_info", kGauge, "version of the agent", 1);
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const auto counter = static_cast<Counter>(i);
        if (is_full_ ? !is_of_outputs(counter) : contains(kBasic, counter)) {
            const CounterInfo& info = counter_info(counter);
            add(info.metric, type_of(info), info.help,
                static_cast<double>(counters_.get(counter)) / info.divisor);
        }
    }
}

void SelfMetrics::add_outputs(const std::vector<OutputCounts>& outputs) {
    const auto add_each = [this](const OutputCounts& output, const auto& counters) {
        for (const Counter counter : counters) {
            const CounterInfo& info = counter_info(counter);
            add_by("output", output.name, info.metric, type_of(info), info.help,
                   static_cast<double>(output.counters.get(counter)) / info.divisor);
        }
    };
    for (const OutputCounts& output : outputs) {
        add_each(output, kOfOutputsBasic);
        if (is_full_) {
            add_each(output, kOfOutputsFull);
        }
    }
}

void SelfMetrics::add_audit(const AccuracyAudit& accuracy) {
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        const auto unit_class = static_cast<UnitClass>(i);
        const char* const name = unit_class_name(unit_class);
        const AccuracyAudit::Sums& total = accuracy.total(unit_class);
        add_by("class", name, "accuracy_samples_total", kCounter, "beans drawn for the audit",
               static_cast<double>(total.samples));
        add_by("class", name, "accuracy_error_total", kCounter, "sum of the errors of these beans",
               total.error);
        add_by("class", name, "accuracy_error_square_total", kCounter,
               "sum of the squares of the errors of these beans", total.error_square);
    }
}

// All of a family together: one that comes later moves none of the others.
void SelfMetrics::add_family(const FamilyCost& cost) {
    const auto add_one = [this, &cost](const char* name, MetricType type, const char* help,
                                       double value) {
        add_by("family", cost.family, name, type, help, value);
    };
    add_one("family_reads_total", kCounter, "units of the family read",
            static_cast<double>(cost.reads));
    add_one("family_read_seconds_total", kCounter, "wall time spent reading the family",
            cost.total_ns / 1e9);
    add_one("family_read_typical_seconds", kGauge, "typical time to read one unit of the family",
            cost.typical_ns / 1e9);
    add_one("family_read_tail_seconds", kGauge,
            "slow end of the time to read one unit: contention and preemption", cost.tail_ns / 1e9);
    add_one("family_cache_hits_total", kCounter,
            "series of the family emitted from cache without a read since the last tick",
            static_cast<double>(cost.cached.hits));
    add_one("family_cache_misses_total", kCounter,
            "series of the family emitted that were read since the last tick",
            static_cast<double>(cost.cached.misses));
    add_one("family_cache_stale_total", kCounter,
            "series of the family emitted that were older than twice their interval",
            static_cast<double>(cost.cached.stale));
    add_one("family_cache_efficiency", kGauge,
            "share of the family's emitted series that were hits, so far", efficiency(cost.cached));
}

void SelfMetrics::add_truth(const Ages& ages, const AccuracyAudit& accuracy) {
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        const auto unit_class = static_cast<UnitClass>(i);
        if (ages.series(unit_class) > 0) {
            add_ages(unit_class, ages);
        }
        if (accuracy.total(unit_class).samples > 0) {
            const char* const name = unit_class_name(unit_class);
            const AccuracyAudit::Estimate estimate = accuracy.estimate(unit_class);
            add_by(
                "class", name, "accuracy_error_ratio", kGauge,
                "mean error of the emitted values, each in standard deviations of its series and "
                "at most 1, estimated over the last five to ten minutes",
                estimate.error);
            add_by("class", name, "accuracy_error_ratio_margin", kGauge,
                   "with 95 % confidence the error is within the estimate plus or minus this",
                   estimate.margin);
        }
    }
}

void SelfMetrics::add_ages(UnitClass unit_class, const Ages& ages) {
    constexpr std::array<std::pair<double, const char*>, 3> kQuantiles = {
        {{0.5, "0.5"}, {0.99, "0.99"}, {1, "1"}}};
    for (const auto& [quantile, text] : kQuantiles) {
        if (!is_full_ && quantile < 1) {
            continue;
        }
        SelfSample& sample = next("value_age_seconds", kGauge,
                                  "age of the emitted values of a class at the last tick", 2);
        sample.series.labels[0].name = "class";
        sample.series.labels[0].value = unit_class_name(unit_class);
        sample.series.labels[1].name = "quantile";
        sample.series.labels[1].value = text;
        sample.value = static_cast<double>(ages.seconds(unit_class, quantile));
    }
}

void SelfMetrics::add_left_out(const char* name, const char* help,
                               const std::vector<FamilySeries>& families) {
    for (const FamilySeries& family : families) {
        add_by("family", family.family, name, kGauge, help, static_cast<double>(family.series));
    }
}

void SelfMetrics::add_quarantined(const std::vector<QuarantinedUnit>& quarantined) {
    for (const QuarantinedUnit& unit : quarantined) {
        SelfSample& sample = next("unit_quarantined", kGauge,
                                  "1 for a unit whose reads failed; retried with back-off", 2);
        sample.series.labels[0].name = "mbean";
        sample.series.labels[0].value.assign(unit.object_name);
        sample.series.labels[1].name = "reason";
        sample.series.labels[1].value.assign(unit.reason);
        sample.value = 1;
    }
}

void SelfMetrics::choose(const std::vector<FamilyCost>& families) {
    order_.resize(families.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const std::size_t most = std::min(families.size(), families_max_);
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(most),
                      order_.end(), [&families](std::size_t a, std::size_t b) {
                          return families[a].total_ns > families[b].total_ns;
                      });
    for (std::size_t i = 0; i < most && shown_.size() < 2 * families_max_; ++i) {
        const std::string_view name = families[order_[i]].family;
        if (std::find(shown_.begin(), shown_.end(), name) == shown_.end()) {
            shown_.emplace_back(name);
        }
    }
    chosen_.clear();
    for (const std::string& name : shown_) {
        const auto found =
            std::find_if(families.begin(), families.end(),
                         [&name](const FamilyCost& cost) { return cost.family == name; });
        if (found != families.end()) {
            chosen_.push_back(*found);
        }
    }
}

void SelfMetrics::add_families(const SelfSources& sources) {
    add("cache_efficiency", kGauge, "share of the emitted series that were hits, so far",
        efficiency({counters_.get(Counter::kCacheHits), counters_.get(Counter::kCacheMisses), 0}));
    add_audit(sources.accuracy);
    choose(sources.families);
    for (const FamilyCost& cost : chosen_) {
        add_family(cost);
    }
    add_left_out("family_series_refused",
                 "series of the family that a cap of limits leaves out now", sources.refusals);
    add_left_out(
        "family_series_hidden",
        "series of the family not shown now: outside the sample, not among the top, aggregated",
        sources.hidden);
    add_quarantined(sources.quarantined);
}

const std::vector<SelfSample>& SelfMetrics::collect(SelfLevel level, const SelfSources& sources) {
    page_ = &pages_[static_cast<std::size_t>(level)];
    page_->used = 0;
    is_full_ = level == SelfLevel::kFull;
    if (level != SelfLevel::kOff) {
        add_agent(sources.wall_ms);
        add_outputs(sources.outputs);
        if (is_full_) {
            add_families(sources);
        }
        add_truth(sources.ages, sources.accuracy);
    }
    page_->samples.resize(page_->used);
    return page_->samples;
}

}  // namespace remora
