// Compresses one file beside itself, a slice at a time. Internal to the room.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sink/file_system.h"
#include "sink/gzip_stream.h"
#include "sink/output.h"

namespace remora {

// Invariants:
//  (1) the plain file goes only after the compressed one is whole and has its name.
//  (2) an abandoned job leaves no temporary file.
class GzipJob {
 public:
    GzipJob(FileSystem& files, FaultReporter& reporter) : files_(files), reporter_(reporter) {}
    ~GzipJob() { abandon(); }
    GzipJob(const GzipJob&) = delete;
    GzipJob& operator=(const GzipJob&) = delete;

    // `plain` becomes `plain`.gz by way of `temporary`, forced to disk before when `sync`. False
    // when reported.
    bool start(const std::string& plain, const std::string& temporary, std::uint32_t mode,
               bool sync);
    bool active() const { return in_ >= 0; }
    // A slice of work. True when the job is over: the compressed file is there, or it failed and
    // was reported.
    bool step();
    bool failed() const { return failed_; }
    // Bytes in the temporary file, and how many they may be after the next step().
    std::int64_t bytes() const { return active() ? out_bytes_ : 0; }
    std::int64_t bytes_next_max() const {
        return offset_ + static_cast<std::int64_t>(in_buffer_.size()) + kSlackBytes;
    }
    // What a compressed file may be larger than the plain one, header and all, at worst.
    static constexpr std::int64_t kSlackBytes = 1024;
    void abandon();

 private:
    bool write(std::string_view slice, bool is_last);
    bool finish();
    bool fail(const std::string& what, int error);

    FileSystem& files_;
    FaultReporter& reporter_;
    GzipStream stream_;
    std::string plain_;
    std::string temporary_;
    int in_ = -1;
    int out_ = -1;
    std::int64_t offset_ = 0;
    std::int64_t out_bytes_ = 0;
    bool failed_ = false;
    bool sync_ = false;
    std::array<char, 64 * 1024> in_buffer_;
};

}  // namespace remora
