// What an output's file is like on disk: when it is synced, what becomes of it at the end.
#pragma once

#include <cstdint>

namespace remora {

// When the kernel is made to write the file to disk.
enum class FsyncMode : std::uint8_t {
    kNever,   // when it likes
    kRotate,  // when a file is complete (of a file that is replaced whole: as kNever)
    kTick,    // after each tick (of a file that is replaced whole: before the rename)
};

// Of a file that is replaced whole, when nobody writes it any more.
enum class FileEnd : std::uint8_t {
    kDown,    // holds remora_up 0 and nothing else
    kRemove,  // is removed
    kKeep,    // stays as it is
};

}  // namespace remora
