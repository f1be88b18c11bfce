#include "engine/self_metrics.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace remora {
namespace {

double efficiency(const CacheUse& use) {
    const std::uint64_t emitted = use.hits + use.misses;
    return emitted == 0 ? 0 : static_cast<double>(use.hits) / static_cast<double>(emitted);
}

}  // namespace

SelfMetrics::SelfMetrics(const CounterTable& counters, std::string version,
                         std::size_t families_max)
    : counters_(counters), version_(std::move(version)), families_max_(families_max) {}

SelfSample& SelfMetrics::next(const char* name, MetricType type, const char* help) {
    if (used_ == samples_.size()) {
        samples_.emplace_back();
    }
    SelfSample& sample = samples_[used_++];
    // Assigning to strings that are there already reuses their memory.
    sample.series.family.assign("remora_").append(name);
    sample.series.name = sample.series.family;
    sample.series.type = type;
    sample.series.help = help;
    sample.series.attribute.clear();
    return sample;
}

void SelfMetrics::add_by_class(const char* name, MetricType type, const char* help,
                               UnitClass unit_class, double value) {
    SelfSample& sample = next(name, type, help);
    sample.series.labels.resize(1);
    sample.series.labels[0].name = "class";
    sample.series.labels[0].value = unit_class_name(unit_class);
    sample.value = value;
}

void SelfMetrics::add_truth(const TickTruth& truth) {
    SelfSample& up = next("up", MetricType::kGauge, "1 while the agent runs");
    up.series.labels.clear();
    up.value = 1;
    SelfSample& tick =
        next("last_tick_timestamp_seconds", MetricType::kGauge, "when the last tick was made");
    tick.series.labels.clear();
    tick.value = static_cast<double>(truth.wall_ms) / 1e3;

    constexpr std::array<std::pair<double, const char*>, 3> kQuantiles = {
        {{0.5, "0.5"}, {0.99, "0.99"}, {1, "1"}}};
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        const auto unit_class = static_cast<UnitClass>(i);
        if (truth.ages.series(unit_class) == 0) {
            continue;
        }
        for (const auto& [quantile, text] : kQuantiles) {
            add_by_class("value_age_seconds", MetricType::kGauge,
                         "age of the emitted values of a class at the last tick", unit_class,
                         static_cast<double>(truth.ages.seconds(unit_class, quantile)));
            SelfSample& sample = samples_[used_ - 1];
            sample.series.labels.resize(2);
            sample.series.labels[1].name = "quantile";
            sample.series.labels[1].value = text;
        }
    }
    const auto each_class = [this, &truth](const char* name, MetricType type, const char* help,
                                           auto&& value_of) {
        for (std::size_t i = 0; i < kUnitClasses; ++i) {
            const auto unit_class = static_cast<UnitClass>(i);
            if (truth.accuracy.total(unit_class).samples > 0) {
                add_by_class(name, type, help, unit_class, value_of(unit_class));
            }
        }
    };
    const AccuracyAudit& accuracy = truth.accuracy;
    each_class(
        "accuracy_error_ratio", MetricType::kGauge,
        "mean error of the emitted values, in scales, at most 1 each, estimated over the last "
        "five to ten minutes",
        [&](UnitClass one) { return accuracy.estimate(one).error; });
    each_class("accuracy_error_ratio_margin", MetricType::kGauge,
               "with 95 % confidence the error is within the estimate plus or minus this",
               [&](UnitClass one) { return accuracy.estimate(one).margin; });
    each_class("accuracy_samples_total", MetricType::kCounter, "beans drawn for the audit",
               [&](UnitClass one) { return static_cast<double>(accuracy.total(one).samples); });
    each_class("accuracy_error_total", MetricType::kCounter, "sum of the errors of these beans",
               [&](UnitClass one) { return accuracy.total(one).error; });
    each_class("accuracy_error_square_total", MetricType::kCounter,
               "sum of the squares of the errors of these beans",
               [&](UnitClass one) { return accuracy.total(one).error_square; });
}

void SelfMetrics::add_families() {
    const auto column = [this](const char* name, MetricType type, const char* help,
                               auto&& value_of) {
        for (const FamilyCost& cost : chosen_) {
            SelfSample& sample = next(name, type, help);
            sample.series.labels.resize(1);
            sample.series.labels[0].name = "family";
            sample.series.labels[0].value.assign(cost.family);
            sample.value = value_of(cost);
        }
    };
    column("family_reads_total", MetricType::kCounter, "units of the family read",
           [](const FamilyCost& cost) { return static_cast<double>(cost.reads); });
    column("family_read_seconds_total", MetricType::kCounter, "wall time spent reading the family",
           [](const FamilyCost& cost) { return cost.total_ns / 1e9; });
    column("family_read_typical_seconds", MetricType::kGauge,
           "typical time to read one unit of the family",
           [](const FamilyCost& cost) { return cost.typical_ns / 1e9; });
    column("family_read_tail_seconds", MetricType::kGauge,
           "slow end of the time to read one unit: contention and preemption",
           [](const FamilyCost& cost) { return cost.tail_ns / 1e9; });
    column("family_cache_hits_total", MetricType::kCounter,
           "series of the family emitted from cache without a read since the last tick",
           [](const FamilyCost& cost) { return static_cast<double>(cost.cached.hits); });
    column("family_cache_misses_total", MetricType::kCounter,
           "series of the family emitted that were read since the last tick",
           [](const FamilyCost& cost) { return static_cast<double>(cost.cached.misses); });
    column("family_cache_stale_total", MetricType::kCounter,
           "series of the family emitted that were older than twice their interval",
           [](const FamilyCost& cost) { return static_cast<double>(cost.cached.stale); });
    column("family_cache_efficiency", MetricType::kGauge,
           "share of the family's emitted series that were hits, so far",
           [](const FamilyCost& cost) { return efficiency(cost.cached); });
}

void SelfMetrics::add_left_out(const char* name, const char* help,
                               const std::vector<FamilySeries>& families) {
    for (const FamilySeries& family : families) {
        SelfSample& sample = next(name, MetricType::kGauge, help);
        sample.series.labels.resize(1);
        sample.series.labels[0].name = "family";
        sample.series.labels[0].value.assign(family.family);
        sample.value = static_cast<double>(family.series);
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

const std::vector<SelfSample>& SelfMetrics::collect(
    const TickTruth& truth, const std::vector<FamilyCost>& families,
    const std::vector<FamilySeries>& refusals, const std::vector<FamilySeries>& hidden,
    const std::vector<QuarantinedUnit>& quarantined) {
    used_ = 0;
    add_truth(truth);
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const CounterInfo& info = counter_info(static_cast<Counter>(i));
        SelfSample& sample =
            next(info.metric, info.is_gauge ? MetricType::kGauge : MetricType::kCounter, info.help);
        sample.series.labels.clear();
        sample.value = static_cast<double>(counters_.get(static_cast<Counter>(i))) / info.divisor;
    }
    SelfSample& build = next("build_info", MetricType::kGauge, "version of the agent");
    build.series.labels.resize(1);
    build.series.labels[0].name = "version";
    build.series.labels[0].value = version_;
    build.value = 1;

    SelfSample& share = next("cache_efficiency", MetricType::kGauge,
                             "share of the emitted series that were hits, so far");
    share.series.labels.clear();
    share.value =
        efficiency({counters_.get(Counter::kCacheHits), counters_.get(Counter::kCacheMisses), 0});
    choose(families);
    add_families();
    add_left_out("family_series_refused",
                 "series of the family that a cap of limits leaves out now", refusals);
    add_left_out(
        "family_series_hidden",
        "series of the family not shown now: outside the sample, not among the top, aggregated",
        hidden);
    for (const QuarantinedUnit& unit : quarantined) {
        SelfSample& sample = next("unit_quarantined", MetricType::kGauge,
                                  "1 for a unit whose reads failed; retried with back-off");
        sample.series.labels.resize(2);
        sample.series.labels[0].name = "mbean";
        sample.series.labels[0].value.assign(unit.object_name);
        sample.series.labels[1].name = "reason";
        sample.series.labels[1].value.assign(unit.reason);
        sample.value = 1;
    }
    samples_.resize(used_);
    return samples_;
}

}  // namespace remora
