#pragma once

#include <cstdint>

namespace remora {

enum class LogLevel : std::uint8_t { kInfo, kWarn, kError };

}  // namespace remora
