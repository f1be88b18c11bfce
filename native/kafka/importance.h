#pragma once

#include <cstdint>

namespace remora {

// How much a bean matters against others, least first. kAlert: somebody is woken by it.
enum class Importance : std::uint8_t { kLow, kNormal, kHigh, kAlert };

}  // namespace remora
