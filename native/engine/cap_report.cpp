#include "engine/cap_report.h"

#include <string>

namespace remora {
namespace {

constexpr std::size_t kBeansMax = 1U << 18;  // names remembered

}  // namespace

bool CapReport::note_bean(Cap cap, std::uint64_t name_hash) {
    if (beans_.size() >= kBeansMax || !beans_.insert(name_hash).second) {
        return false;
    }
    ++by_cap_[static_cast<std::size_t>(cap)].count;
    return true;
}

void CapReport::begin_sweep(bool is_anew) {
    beans_.clear();
    if (is_anew) {
        by_cap_ = {};
        values_cut_ = {};
    }
    for (LeftOut& left_out : by_cap_) {
        left_out.count = 0;
    }
    values_cut_.count = 0;
}

void CapReport::report(const LimitsConfig& limits, Log& log) {
    constexpr const char* kBeans = " beans are not collected";
    const auto of = [this](Cap cap) -> LeftOut& { return by_cap_[static_cast<std::size_t>(cap)]; };
    report_one(of(Cap::kUnits), "units_max", limits.units_max, kBeans, log);
    report_one(of(Cap::kSeries), "series_max", limits.series_max, kBeans, log);
    report_one(of(Cap::kFamily), "series_per_family_max", limits.series_per_family_max, kBeans,
               log);
    report_one(values_cut_, "attributes_per_bean_max", limits.attributes_per_bean_max,
               " values of beans are not collected", log);
}

void CapReport::report_one(LeftOut& left_out, const char* key, std::uint32_t cap, const char* what,
                           Log& log) {
    if (left_out.count == 0) {
        left_out.reported = 0;
    }
    if (left_out.count == 0 || left_out.count < 2 * left_out.reported) {
        return;
    }
    left_out.reported = left_out.count;
    const std::string count = std::to_string(left_out.count);
    log.warn(std::string("limits ") + key + " " + count,
             std::string("limits.") + key + " is " + std::to_string(cap) + ": " + count + what +
                 "; remora_family_series_refused says of which families");
}

}  // namespace remora
