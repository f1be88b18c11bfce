// What becomes of a file when its sink ends.
#pragma once

#include <cstdint>

namespace remora {

// Of a file that is replaced whole, when nobody writes it any more.
enum class FileEnd : std::uint8_t {
    kDown,    // holds SinkOptions::down_text
    kRemove,  // is removed
    kKeep,    // stays as it is
};

}  // namespace remora
