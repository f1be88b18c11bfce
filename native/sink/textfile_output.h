// A frame becomes a whole file that replaces the old one in one step. Internal to the room.
#pragma once

#include <string>

#include "sink/output.h"
#include "sink/path.h"
#include "sink/sink_worker.h"

namespace remora {

// Invariants:
//  (1) `path` is absent or holds one complete frame at any time, whatever fails.
//  (2) outside a frame no temporary file of ours exists. Its name begins with a dot and does not
//  end in ".prom":
//      node_exporter reads hidden files that do.
class TextfileOutput final : public Output {
 public:
    TextfileOutput(const SinkOptions& options, FileSystem& files, FaultReporter& reporter);
    ~TextfileOutput() override;

    bool begin() override;
    Step write(const BlockView& block) override;
    bool end(bool aborted) override;
    void give_up() override;
    void close(FileEnd file_end) override;

 private:
    bool find_place();
    bool take_place();
    std::string prefix() const;
    bool open_temporary();
    bool publish();
    bool write_down_text();

    const SinkOptions options_;
    FileSystem& files_;
    FaultReporter& reporter_;
    const std::uint64_t number_;  // in the temporary file's name
    std::string real_;            // the file, links followed
    std::string directory_;
    std::string temporary_;
    bool placed_ = false;
    bool is_clean_ = false;  // no temporary file of an earlier process is left there
    PathClaim claim_;
    int fd_ = -1;
    std::uint64_t frame_bytes_ = 0;
    std::int64_t old_bytes_ = 0;  // of the file that will be replaced: both are on disk for a while
};

}  // namespace remora
