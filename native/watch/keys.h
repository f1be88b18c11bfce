// What the keys of `remora top` do.
#pragma once

#include <cstdint>

#include "watch/screen.h"

namespace remora {

enum class KeyCode : std::uint8_t {
    kNone,
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kHome,
    kEnter,
    kEscape,
    kBackspace,
    kText,  // a character
    kResize,
};

struct KeyPress {
    KeyCode key = KeyCode::kNone;
    char character = 0;  // of kText: printable ASCII
};

// Changes `options` as the key asks. False: the person wants to leave.
bool press(const KeyPress& pressed, ScreenOptions& options);

}  // namespace remora
