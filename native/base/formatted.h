// Numbers as text, for people.
#pragma once

#include <string>

namespace remora {

// Returns what printf would print, cut off after 511 bytes. Any thread.
[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);

}  // namespace remora
