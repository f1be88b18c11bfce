// Path work that sinks share, and the engine for its own directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sink/file_system.h"
#include "sink/output.h"

namespace remora {

// "/a/b" of "/a/b/c"; "." of "c"; "/" of "/c".
std::string directory_of(const std::string& path);
// "c" of "/a/b/c".
std::string name_of(const std::string& path);

// Where `path` really is. Links are followed here and not by the kernel: a file is replaced and
// rotated beside itself, not beside a link to it. A link of a foreign owner is refused, for
// in a directory that others may write to it would let them choose what we overwrite. So are
// devices and the process's own streams: what is behind /dev/stdout is the broker's log. False when
// reported.
bool follow_links(FileSystem& files, FaultReporter& reporter, const std::string& path,
                  std::string& real);

// The mode of directories for files of `file_mode`: whoever may read the files may enter. 0755 for
// 0644.
std::uint32_t directory_mode(std::uint32_t file_mode);

// Makes the directory and its missing parents with that mode, whatever the umask is. Returns 1 when
// it made any, 0 when all were there, or the negative errno.
int make_directories(FileSystem& files, const std::string& directory, std::uint32_t mode);

// Does the same for the directory of a file of `file_mode`. Logs that it was made, because the path
// may be a mistake. Returns false after reporting a fault.
bool make_place(FileSystem& files, FaultReporter& reporter, const std::string& directory,
                std::uint32_t file_mode);

// Reports that a file could not be replaced, renamed or removed (`what`; negative errno `failed`).
void report_replacing(FaultReporter& reporter, const std::string& what, int failed);

// Sees to it that one process alone writes a file: holds `.NAME.lock` beside it. Who finds it taken
// leaves the file alone for good, also when the other one has ended: a node that took over the file
// of a dead one would make it look alive.
//
// Thread safety: sink thread.
class PathClaim {
 public:
    PathClaim(FileSystem& files, FaultReporter& reporter) : files_(files), reporter_(reporter) {}

    // Claims `path` (links followed) and gives up an earlier claim. REQUIRES: its directory exists.
    // Returns false, after a report, when another process has it. A file system without locks is no
    // obstacle. To be called before each frame, so that a lock file that somebody removed is made
    // again.
    bool take(const std::string& path);
    // Logs when the claimed path could not be locked. To be called once the file is open: if
    // opening fails, that is the fault to report.
    void report_unlocked();
    void let_go();

 private:
    FileSystem& files_;
    FaultReporter& reporter_;
    std::string path_;
    std::shared_ptr<const FileLock> lock_;
    bool is_foreign_ = false;
    int failed_ = 0;  // negative errno of the last attempt to lock
};

// Returns false, after a report, when `path` is something else than a regular file. Sets `exists`.
bool check_regular(FileSystem& files, FaultReporter& reporter, const std::string& path,
                   bool& exists);

// Returns false, after a report, when the regular file `path` is there, not empty, and begins with
// none of `starts` (SinkOptions::starts).
bool check_ours(FileSystem& files, FaultReporter& reporter, const std::string& path,
                const std::vector<std::string>& starts);

// A name for a temporary file: `prefix` + pid + "-" + `number`. A worker keeps one number that no
// other of its process has, for one that hangs on a disk is left behind and may come back.
std::string temporary_name(FileSystem& files, const std::string& prefix, std::uint64_t number);

// Removes temporary files of that `prefix` in `directory` whose process is this one or dead.
void remove_stale(FileSystem& files, const std::string& directory, const std::string& prefix);

// Writes all of it. Returns 0 or the negative errno; `written` is the number of bytes that got in.
int write_all(FileSystem& files, int fd, std::span<const char> bytes, std::size_t& written);

// Whether a file of `bytes` > 0 ends in a whole line. One that cannot be read does: nothing better
// can be known.
bool ends_in_line(FileSystem& files, const std::string& path, std::int64_t bytes);

}  // namespace remora
