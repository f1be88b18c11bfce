// Reads the plan buffer that Planner::plan() wrote.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "model/ids.h"

namespace remora {

// REQUIRES: `plan` begins with a whole plan and outlives this.
class PlanReader {
 public:
    explicit PlanReader(std::span<const std::byte> plan) : plan_(plan) {
        std::memcpy(&header_, plan_.data(), sizeof(header_));
    }

    const wire::PlanHeader& header() const { return header_; }

    // Calls use(family, units) for each group in order; `units` holds during the call. Returns the
    // bytes of the plan, header included.
    template <typename Use>
    std::size_t for_each_group(Use use) const {
        std::size_t at = sizeof(header_);
        std::vector<UnitId> units;
        for (std::uint32_t g = 0; g < header_.group_count; ++g) {
            wire::PlanGroup group{};
            std::memcpy(&group, plan_.data() + at, sizeof(group));
            units.resize(group.unit_count);
            std::memcpy(units.data(), plan_.data() + at + sizeof(group),
                        units.size() * sizeof(UnitId));
            use(static_cast<FamilyId>(group.family), std::span<const UnitId>(units));
            at += sizeof(group) + (units.size() * sizeof(UnitId) + 7) / 8 * 8;
        }
        return at;
    }

 private:
    std::span<const std::byte> plan_;
    wire::PlanHeader header_{};
};

}  // namespace remora
