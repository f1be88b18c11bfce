#include "engine/tuning_record.h"

#include <cerrno>
#include <cstring>

#include "base/bounded_json.h"
#include "sink/path.h"

namespace remora {
namespace {

constexpr std::uint32_t kMode = 0644;

}  // namespace

Status TuningRecord::append(const nlohmann::json& event) {
    const auto failed = [this](const std::string& how, std::int64_t error) {
        return Status(Code::kIo,
                      path_ + " " + how + ": " + std::strerror(static_cast<int>(-error)));
    };
    std::string line = json_text(event) + "\n";
    FileInfo info;
    const int found = files_.info_at(path_, info);
    if (found == 0 && info.kind != FileKind::kRegular) {
        return failed("cannot be written", -EINVAL);
    }
    if (found == 0 && info.bytes > 0 && !ends_in_line(files_, path_, info.bytes)) {
        line.insert(0, "\n");  // what a crash or a full disk cut off takes no other line with it
    }
    if (found == 0 && info.bytes + static_cast<std::int64_t>(line.size()) > kBytesMax) {
        const int renamed = files_.rename(path_, path_ + ".1");
        if (renamed < 0) {
            return failed("cannot be renamed", renamed);
        }
    }
    const int file = files_.open_append(path_, kMode);
    if (file < 0) {
        return failed("cannot be opened", file);
    }
    const std::int64_t written = files_.write(file, line);
    files_.close(file);
    if (written < 0) {
        return failed("cannot be written", written);
    }
    return written == static_cast<std::int64_t>(line.size()) ? Status::ok()
                                                             : failed("takes no more", -ENOSPC);
}

}  // namespace remora
