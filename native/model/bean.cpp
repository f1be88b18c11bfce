#include "model/bean.h"

#include <array>

namespace remora {
namespace {

constexpr std::array<std::string_view, wire::kStatCount> kAttributes = {"Value",
                                                                        "Count",
                                                                        "MeanRate",
                                                                        "OneMinuteRate",
                                                                        "FiveMinuteRate",
                                                                        "FifteenMinuteRate",
                                                                        "Min",
                                                                        "Max",
                                                                        "Mean",
                                                                        "StdDev",
                                                                        "Sum",
                                                                        "50thPercentile",
                                                                        "75thPercentile",
                                                                        "95thPercentile",
                                                                        "98thPercentile",
                                                                        "99thPercentile",
                                                                        "999thPercentile"};

std::vector<Stat> range(Stat first, Stat last) {
    std::vector<Stat> stats;
    for (auto i = static_cast<std::uint16_t>(first); i <= static_cast<std::uint16_t>(last); ++i) {
        stats.push_back(static_cast<Stat>(i));
    }
    return stats;
}

std::vector<Stat> histogram_stats() {
    std::vector<Stat> stats = range(Stat::kMin, Stat::kP999);
    stats.insert(stats.begin(), Stat::kCount);
    return stats;
}

}  // namespace

std::string_view stat_attribute(Stat stat) {
    return kAttributes[static_cast<std::size_t>(stat)];
}

bool is_total(std::string_view path) {
    return path.ends_with("-total") || path.ends_with("Total");
}

std::string_view share_word(std::string_view name) {
    for (const std::string_view word : {std::string_view("Percent"), std::string_view("Ratio")}) {
        if (name.size() > word.size() && name.ends_with(word)) {
            return name.substr(name.size() - word.size());
        }
    }
    return {};
}

const std::vector<Stat>& stats_of(BeanKind kind) {
    static const std::vector<Stat> gauge = {Stat::kValue};
    static const std::vector<Stat> counter = {Stat::kCount};
    static const std::vector<Stat> meter = range(Stat::kCount, Stat::kFifteenMinuteRate);
    static const std::vector<Stat> histogram = histogram_stats();
    static const std::vector<Stat> timer = range(Stat::kCount, Stat::kP999);
    static const std::vector<Stat> none;
    switch (kind) {
        case BeanKind::kGauge:
            return gauge;
        case BeanKind::kCounter:
            return counter;
        case BeanKind::kMeter:
            return meter;
        case BeanKind::kHistogram:
            return histogram;
        case BeanKind::kTimer:
            return timer;
        case BeanKind::kMBean:
            break;
    }
    return none;
}

}  // namespace remora
