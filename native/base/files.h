// Files that are written and read whole, and paths that are none.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace remora {

// A file as it was at one moment: two that differ have other contents.
struct FileMark {
    std::int64_t modified_ns = 0;
    std::int64_t bytes = -1;  // -1: no file
    std::uint64_t inode = 0;
    bool operator==(const FileMark&) const = default;
};
// FileMark{} when there is no such file. Asks the kernel.
FileMark mark_of(const std::string& path);
// Of what the kernel said of a file.
FileMark mark_of(const struct ::stat& facts);

// Replaces the file in one step: a reader sees the old bytes or the new ones, never a part. `what`
// names the file in errors, such as "counters file". Returns kIo when it cannot be written; the old
// file then stays. Writes to `path`.new first, always as a new file. Everybody may read the result,
// whatever the umask is.
Status replace_file(const std::string& path, std::string_view bytes, const char* what);

// Returns a whole file, which has at most `bytes_max` bytes. Anything but a regular file is
// refused: a FIFO would be waited for, and a device has no end. Errors are kNotFound,
// kNoPermission, kInvalidArgument, kLimit and kIo, with "PATH: why". `facts`: what the kernel said
// of the file before it was read; may be null.
Result<std::string> read_file(const std::string& path, std::uint64_t bytes_max,
                              struct ::stat* facts = nullptr);

// Whether a path is below /proc, /sys or /dev (but for /dev/shm), where there are devices and
// streams of processes. Looks at the text alone. REQUIRES: absolute, without "." and "..".
bool is_kernel_path(std::string_view path);

}  // namespace remora
