// How a unit is sampled, as the selection decided at registration.
#pragma once

#include <cstdint>

#include "model/condense.h"

namespace remora {

struct UnitPolicy {
    double weight = 1;                   // importance when CPU is short; > 0
    bool is_alert = false;               // read at every base interval whatever it costs
    bool is_counter = false;             // nearly free and must not become a stair-step
    std::uint32_t base_interval_ms = 0;  // 0: the global one; also for min and max
    std::uint32_t min_interval_ms = 0;
    std::uint32_t max_interval_ms = 0;
    CondensePolicy condense;
};

}  // namespace remora
