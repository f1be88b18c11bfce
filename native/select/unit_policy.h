// How a unit is sampled, as the selection decided at registration.
#pragma once

#include <cstdint>

#include "model/unit_class.h"
#include "model/visibility.h"

namespace remora {

struct UnitPolicy {
    UnitClass unit_class = UnitClass::kPartition;
    double weight = 1;                   // against others of its class; > 0
    std::uint32_t base_interval_ms = 0;  // 0: the global one; also for min and max
    std::uint32_t min_interval_ms = 0;
    std::uint32_t max_interval_ms = 0;
    VisibilityPolicy visibility;
    bool is_named = false;  // a rule or select.include of the operator matches it

    // A rule says how often it is read.
    bool has_interval() const {
        return base_interval_ms != 0 || min_interval_ms != 0 || max_interval_ms != 0;
    }
    bool is_alert() const { return unit_class == UnitClass::kAlert; }
};

}  // namespace remora
