// A directory of a test's own, gone with the object.
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace remora {

// Throws when it cannot be made, which fails the test. What a test made unreadable goes too.
class TemporaryDirectory {
 public:
    TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "remora-test-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), path_);
        }
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    // Without a slash at the end.
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

}  // namespace remora
