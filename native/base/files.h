// Small files that are written whole.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace remora {

// Replaces the file in one step: who reads it sees the old bytes or the new ones, never a part.
// `what`: how the error names it, such as "counters file". kIo when it cannot be written; what
// was there stays. Writes `path`.new beside it meanwhile, always as a new file. Everybody may read
// the file, whatever the umask is.
Status replace_file(const std::string& path, std::string_view bytes, const char* what);

}  // namespace remora
