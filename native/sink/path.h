// Path work that sinks share. Internal to the room.
#pragma once

#include <cstdint>
#include <string>

#include "sink/file_system.h"
#include "sink/output.h"

namespace remora {

// "/a/b" of "/a/b/c"; "." of "c"; "/" of "/c".
std::string directory_of(const std::string& path);
// "c" of "/a/b/c".
std::string name_of(const std::string& path);

// Where `path` really is: links are followed here and not by the kernel, because a file is replaced
// and rotated beside itself and not beside a link to it. A link of a foreign owner is refused, for
// in a directory that others may write to it would let them choose what we overwrite. False when
// reported.
bool follow_links(FileSystem& files, FaultReporter& reporter, const std::string& path,
                  std::string& real);

// Makes the directory and its missing parents. 0 or the negative errno.
int make_directories(FileSystem& files, const std::string& directory);

// False, and reported, when something other than a regular file is at `path`. `exists` tells
// whether anything is there.
bool check_regular(FileSystem& files, FaultReporter& reporter, const std::string& path,
                   bool& exists);

// A name for a temporary file: `prefix` + pid + "-" + `number`. A worker keeps one number that no
// other of its process has, for one that hangs on a disk is left behind and may come back.
std::string temporary_name(FileSystem& files, const std::string& prefix, std::uint64_t number);

// Removes temporary files of that `prefix` in `directory` whose process is this one or dead.
void remove_stale(FileSystem& files, const std::string& directory, const std::string& prefix);

// Writes all of it. 0 or the negative errno; `written` tells how much got in.
int write_all(FileSystem& files, int fd, std::span<const char> bytes, std::size_t& written);

}  // namespace remora
