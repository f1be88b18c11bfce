// The rotated files of one appended file: their names, number and bytes. Internal to the room.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sink/file_system.h"

namespace remora {

// Rotated files are called `<name>.r<8 digits>` or `<name>.r<8 digits>.gz`, counting up for ever:
// their order does not hang on a clock, and "*.ndjson" of a shipper does not match them.
class RotatedFiles {
 public:
    struct File {
        std::string path;
        std::uint64_t number = 0;
        std::int64_t bytes = 0;
        bool compressed = false;
    };

    explicit RotatedFiles(FileSystem& files) : files_(files) {}

    // Looks at the directory: leftovers of earlier runs count too.
    void scan(const std::string& live);
    // Path for the next one; higher than all that there are, also where the directory cannot be
    // listed.
    std::string next_path();

    // Removes the oldest until `count_max` files with `bytes_max` bytes are left (bytes_max < 0: no
    // bound). 0, or the negative errno when the first of the list could not be removed.
    int prune(std::size_t count_max, std::int64_t bytes_max);

    std::int64_t bytes() const { return bytes_; }
    // Oldest first.
    const std::vector<File>& list() const { return list_; }
    // The oldest plain file that is not the newest of all, or null.
    const File* to_compress() const;

 private:
    FileSystem& files_;
    std::string live_;
    std::vector<File> list_;
    std::int64_t bytes_ = 0;
    std::uint64_t highest_ = 0;
};

}  // namespace remora
