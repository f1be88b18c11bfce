#include "watch/figures.h"

#include <algorithm>
#include <limits>

#include "kafka/watched_values.h"

namespace remora {
namespace {

bool is_counted(std::string_view key) {
    for (const WatchedValue& watched : watched_values()) {
        if (watched.key == key) {
            return watched.attribute == "Count" || watched.attribute == "CollectionCount" ||
                   watched.attribute == "CollectionTime" || watched.attribute == "ProcessCpuTime";
        }
    }
    return false;
}

}  // namespace

Figures figures_of(const Snapshot& snapshot) {
    Figures found;
    if (snapshot.counters) {
        found["remora_cpu_percent"] =
            static_cast<double>(count_of(*snapshot.counters, Counter::kCpuUsedPpm)) / 1e4;
        const auto hits = static_cast<double>(count_of(*snapshot.counters, Counter::kCacheHits));
        const double emitted =
            hits + static_cast<double>(count_of(*snapshot.counters, Counter::kCacheMisses));
        if (emitted > 0) {
            found["remora_cached_percent"] = 100 * hits / emitted;
        }
    }
    if (!snapshot.values) {
        return found;
    }
    for (const NamedReading& one : snapshot.values->values) {
        const std::string_view name = one.name;
        if (!is_counted(name.substr(0, name.find('/')))) {
            found[one.name] = one.reading.value;
        } else if (const std::optional<double> by_second = rate(one.reading)) {
            found[one.name] = *by_second;
        }
    }
    return found;
}

std::optional<double> figure(const Figures& figures, std::string_view name) {
    const auto found = figures.find(name);
    return found == figures.end() ? std::nullopt : std::optional<double>(found->second);
}

void History::note(const Snapshot& snapshot, const Figures& figures) {
    if (!snapshot.values || snapshot.values->tick_wall_ms == last_wall_ms_) {
        return;
    }
    last_wall_ms_ = snapshot.values->tick_wall_ms;
    for (const auto& [name, value] : figures) {
        series_.try_emplace(name,
                            std::deque<double>(ticks_, std::numeric_limits<double>::quiet_NaN()));
    }
    ticks_ = std::min(ticks_ + 1, kTicksMax);
    for (auto& [name, values] : series_) {
        values.push_back(figure(figures, name).value_or(std::numeric_limits<double>::quiet_NaN()));
        if (values.size() > kTicksMax) {
            values.pop_front();
        }
    }
}

const std::deque<double>& History::of(std::string_view name) const {
    static const std::deque<double> kNone;
    const auto found = series_.find(name);
    return found == series_.end() ? kNone : found->second;
}

}  // namespace remora
