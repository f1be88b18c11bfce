// Small files that are written whole.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace remora {

// Replaces the file in one step: a reader sees the old bytes or the new ones, never a part. `what`
// names the file in errors, such as "counters file". Returns kIo when it cannot be written; the old
// file then stays. Writes to `path`.new first, always as a new file. Everybody may read the result,
// whatever the umask is.
Status replace_file(const std::string& path, std::string_view bytes, const char* what);

}  // namespace remora
