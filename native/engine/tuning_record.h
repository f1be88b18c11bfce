// The file ${dir}/remora.tuning.ndjson: what the optimizer saw, tried and decided, a line each.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "sink/file_system.h"

namespace remora {

// Example: the file has 1 MiB. With the next line it is called remora.tuning.ndjson.1, which
// replaces the one of that name before, and a new one begins.
//
// Thread safety: one thread.
class TuningRecord {
 public:
    static constexpr std::int64_t kBytesMax = 1 << 20;

    // `files` outlives this.
    TuningRecord(std::string path, FileSystem& files) : path_(std::move(path)), files_(files) {}

    // Appends a line. kIo when it cannot be written, or something else than a file is there. Asks
    // the disk.
    Status append(const nlohmann::json& event);

 private:
    const std::string path_;
    FileSystem& files_;
};

}  // namespace remora
