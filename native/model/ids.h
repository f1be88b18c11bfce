// Ids are dense indexes into flat arrays; they are reused once the core no longer uses them.
#pragma once

#include <cstdint>

namespace remora {

using UnitId = std::uint32_t;  // what is read together: one MBean
using FamilyId =
    std::uint32_t;  // units alike but for topic, partition, client keys: cost is learnt per family

inline constexpr UnitId kNoUnit = 0xFFFFFFFF;

}  // namespace remora
