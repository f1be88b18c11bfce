#include "engine/cap_report.h"

#include <remora/wire.h>

namespace remora {
namespace {

constexpr std::size_t kBeansMax = 1U << 18;  // names remembered
constexpr std::size_t kExampleBytesMax = 200;

}  // namespace

bool CapReport::note_bean(Cap cap, std::uint64_t name_hash) {
    if (beans_.size() >= kBeansMax || !beans_.insert(name_hash).second) {
        return false;
    }
    ++by_cap_[static_cast<std::size_t>(cap)].count;
    return true;
}

void CapReport::note_oversized(std::string_view bean, std::size_t values) {
    oversized_.count += values;
    oversized_.example = bean.substr(0, kExampleBytesMax);
}

void CapReport::note_long_name(std::string_view begin) {
    ++long_names_.count;
    long_names_.example = begin.substr(0, kExampleBytesMax);
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
    for (LeftOut* left_out : {&values_cut_, &oversized_, &long_names_}) {
        left_out->count = 0;
    }
}

void CapReport::report(const LimitsConfig& limits, Log& log) {
    constexpr const char* kBeans = " beans are not collected";
    const auto of = [this](Cap cap) -> LeftOut& { return by_cap_[static_cast<std::size_t>(cap)]; };
    report_cap(of(Cap::kUnits), "units_max", limits.units_max, kBeans, log);
    report_cap(of(Cap::kSeries), "series_max", limits.series_max, kBeans, log);
    report_cap(of(Cap::kFamily), "series_per_family_max", limits.series_per_family_max, kBeans,
               log);
    report_cap(values_cut_, "attributes_per_bean_max", limits.attributes_per_bean_max,
               " values of beans are not collected", log);
    if (has_grown(oversized_)) {
        const std::string count = std::to_string(oversized_.count);
        log.warn("limits.oversized." + count,
                 "a bean has too many values, or one whose name is empty or too long: " + count +
                     " values are not collected, such as of " + oversized_.example +
                     "; at most are " + std::to_string(wire::kAttributesMax) +
                     " values, with names of " + std::to_string(wire::kPathBytesMax) + " bytes");
    }
    if (has_grown(long_names_)) {
        const std::string count = std::to_string(long_names_.count);
        log.warn("limits.long." + count,
                 "a bean has a name of more than " + std::to_string(wire::kNameBytesMax) +
                     " bytes: " + count + kBeans + ", such as " + long_names_.example + "...");
    }
}

// Whether a line is due; it is taken to be written.
bool CapReport::has_grown(LeftOut& left_out) {
    if (left_out.count == 0) {
        left_out.reported = 0;
    }
    if (left_out.count == 0 || left_out.count < 2 * left_out.reported) {
        return false;
    }
    left_out.reported = left_out.count;
    return true;
}

void CapReport::report_cap(LeftOut& left_out, const char* key, std::uint32_t cap, const char* what,
                           Log& log) {
    if (has_grown(left_out)) {
        const std::string count = std::to_string(left_out.count);
        log.warn(std::string("limits ") + key + " " + count,
                 std::string("limits.") + key + " is " + std::to_string(cap) + ": " + count + what +
                     "; remora_family_series_refused says of which families");
    }
}

}  // namespace remora
