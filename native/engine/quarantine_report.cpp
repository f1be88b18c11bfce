#include "engine/quarantine_report.h"

#include <algorithm>

namespace remora {
namespace {

constexpr std::size_t kShownMax = 100;

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

void QuarantineReport::list() {
    Quarantined found[kShownMax];
    const std::size_t count = health_.list(found);
    quarantined_.clear();
    names_.clear();
    names_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& name = names_.emplace_back(units_.name_of(found[i].unit));
        const char* reason = reason_text(found[i].reason);
        quarantined_.push_back({name, reason});
        if (!std::binary_search(reported_.begin(), reported_.end(), found[i].unit)) {
            log_.warn("quarantine." + name,
                      "quarantined " + name + ": " + reason + "; tried again later");
        }
    }
    reported_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        reported_.push_back(found[i].unit);
    }
    for (const Undescribed& bean : undescribed_) {
        quarantined_.push_back({bean.name, reason_text(bean.status)});
    }
}

void QuarantineReport::set_undescribed(const std::string& name, wire::ReadStatus status) {
    const auto found = std::find_if(undescribed_.begin(), undescribed_.end(),
                                    [&name](const Undescribed& bean) { return bean.name == name; });
    if (status == wire::ReadStatus::kOk) {
        if (found != undescribed_.end()) {
            undescribed_.erase(found);
        }
        return;
    }
    if (found != undescribed_.end()) {
        found->status = status;
        return;
    }
    undescribed_.push_back({name, status});
    log_.warn("quarantine." + name, "quarantined " + name + ": " + reason_text(status) +
                                        " when looked at; tried again later");
}

}  // namespace remora
