// Lines at the end of a file that rotates. Internal to the room.
#pragma once

#include <string>

#include "sink/gzip_job.h"
#include "sink/output.h"
#include "sink/path.h"
#include "sink/rotated_files.h"
#include "sink/sink_worker.h"

namespace remora {

// Invariants:
//  (1) The live file ends with a whole line after every call, or it is rotated away before the
//      next line is written.
//  (2) Live, rotated and temporary bytes together never exceed disk_bytes_max.
//  (3) Rotation is a rename at the start of a frame, when readers have had an interval to catch up.
class AppendOutput final : public Output {
 public:
    AppendOutput(const SinkOptions& options, const Clock& clock, FileSystem& files,
                 FaultReporter& reporter);
    ~AppendOutput() override;

    bool begin() override;
    Step write(const BlockView& block) override;
    bool end(bool aborted) override;
    void give_up() override;
    std::int64_t idle() override;
    void close(FileEnd file_end) override;

 private:
    bool still_ours();
    bool open_live();
    bool open_file(const std::string& path);
    bool rotation_due() const;
    bool rotate();
    bool make_room(std::int64_t bytes);
    void prune();
    bool write_lines(std::span<const char> lines);
    void cut_partial_line(std::int64_t partial);
    bool sync_now();
    void close_live();
    void start_compressing();
    bool has_room(std::int64_t bytes) const;
    std::string gzip_prefix() const;
    std::int64_t on_disk() const { return live_bytes_ + rotated_.bytes() + gzip_.bytes(); }

    const SinkOptions options_;
    const std::int64_t rotate_bytes_;
    const Clock& clock_;
    FileSystem& files_;
    FaultReporter& reporter_;
    const std::uint64_t number_;  // in the temporary file's name
    RotatedFiles rotated_;
    GzipJob gzip_;
    bool gzip_paused_ = false;         // after a failure, until the next rotation
    std::int64_t gzip_bytes_max_ = 0;  // of the compressed file under way

    std::string real_;
    PathClaim claim_;
    int fd_ = -1;
    FileInfo identity_;
    std::int64_t live_bytes_ = 0;
    std::int64_t born_wall_ms_ = 0;
    bool torn_ = false;   // the file ends inside a line
    bool dirty_ = false;  // written since the last sync
};

}  // namespace remora
