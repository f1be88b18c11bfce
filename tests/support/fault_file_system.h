// The real file system with faults on demand.
#pragma once

#include <errno.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sink/file_system.h"

namespace remora {

enum class FileOp : std::uint8_t {
    kOpen,
    kWrite,
    kRead,
    kSync,
    kTruncate,
    kClose,
    kRename,
    kRemove,
    kMakeDirectory,
    kFacts,
    kList,
    kLock,
};

class FaultFileSystem final : public PosixFileSystem {
 public:
    // Makes `op` on paths containing `part` fail with `error`, `times` times (< 0: until cleared).
    void fail(FileOp op, int error, int times = -1, std::string part = {}) {
        const std::scoped_lock lock(mutex_);
        faults_.push_back({op, error, times, std::move(part)});
    }
    void clear() {
        const std::scoped_lock lock(mutex_);
        faults_.clear();
        space_left = -1;
        write_bytes_max = 0;
    }

    // Bytes that still fit on the "disk"; < 0: no bound. Writes go in partly, as on a real one.
    std::int64_t space_left = -1;
    // A write takes at most this much (0: all).
    std::size_t write_bytes_max = 0;

    // Called before each write: a slow disk lets time pass here.
    std::function<void()> on_write;

    // What was asked for.
    std::map<FileOp, int> calls;
    int open_files() const { return static_cast<int>(paths_.size()); }

    int open_append(const std::string& path, std::uint32_t mode) override {
        const int failed = check(FileOp::kOpen, path);
        return failed < 0 ? failed : note(PosixFileSystem::open_append(path, mode), path);
    }
    int open_new(const std::string& path, std::uint32_t mode) override {
        const int failed = check(FileOp::kOpen, path);
        return failed < 0 ? failed : note(PosixFileSystem::open_new(path, mode), path);
    }
    int open_read(const std::string& path) override {
        const int failed = check(FileOp::kOpen, path);
        return failed < 0 ? failed : note(PosixFileSystem::open_read(path), path);
    }
    int close(int fd) override {
        const int failed = check(FileOp::kClose, paths_[fd]);
        paths_.erase(fd);
        const int closed = PosixFileSystem::close(fd);
        return failed < 0 ? failed : closed;
    }
    std::int64_t write(int fd, std::span<const char> bytes) override {
        const int failed = check(FileOp::kWrite, paths_[fd]);
        if (failed < 0) {
            return failed;
        }
        if (on_write) {
            on_write();
        }
        std::size_t length = bytes.size();
        if (write_bytes_max > 0) {
            length = std::min(length, write_bytes_max);
        }
        if (space_left == 0) {
            return -ENOSPC;
        }
        if (space_left > 0) {
            length = std::min(length, static_cast<std::size_t>(space_left));
            space_left -= static_cast<std::int64_t>(length);
        }
        return PosixFileSystem::write(fd, bytes.first(length));
    }
    std::int64_t read_at(int fd, std::span<char> into, std::int64_t offset) override {
        const int failed = check(FileOp::kRead, paths_[fd]);
        return failed < 0 ? failed : PosixFileSystem::read_at(fd, into, offset);
    }
    int sync(int fd) override {
        const int failed = check(FileOp::kSync, paths_[fd]);
        return failed < 0 ? failed : PosixFileSystem::sync(fd);
    }
    int truncate(int fd, std::int64_t bytes) override {
        const int failed = check(FileOp::kTruncate, paths_[fd]);
        return failed < 0 ? failed : PosixFileSystem::truncate(fd, bytes);
    }
    int rename(const std::string& from, const std::string& to) override {
        const int failed = check(FileOp::kRename, from);
        return failed < 0 ? failed : PosixFileSystem::rename(from, to);
    }
    int remove(const std::string& path) override {
        const int failed = check(FileOp::kRemove, path);
        return failed < 0 ? failed : PosixFileSystem::remove(path);
    }
    int make_directory(const std::string& path, std::uint32_t mode) override {
        const int failed = check(FileOp::kMakeDirectory, path);
        return failed < 0 ? failed : PosixFileSystem::make_directory(path, mode);
    }
    int lock(const std::string& path, std::shared_ptr<const FileLock>& held) override {
        const int failed = check(FileOp::kLock, path);
        return failed < 0 ? failed : PosixFileSystem::lock(path, held);
    }
    int list(const std::string& directory, std::vector<std::string>& names) override {
        const int failed = check(FileOp::kList, directory);
        return failed < 0 ? failed : PosixFileSystem::list(directory, names);
    }
    int info_of(int fd, FileInfo& info) override {
        const int found = PosixFileSystem::info_of(fd, info);
        info.born_ms = born_shown_ms.value_or(info.born_ms);
        return found;
    }
    std::uint32_t own_user() override { return user_shown.value_or(PosixFileSystem::own_user()); }

    // When files are said to have been made.
    std::optional<std::int64_t> born_shown_ms;
    // Who we are said to be.
    std::optional<std::uint32_t> user_shown;

 private:
    struct Fault {
        FileOp op;
        int error;
        int times;
        std::string part;
    };

    int check(FileOp op, const std::string& path) {
        const std::scoped_lock lock(mutex_);
        ++calls[op];
        for (Fault& fault : faults_) {
            if (fault.op == op && fault.times != 0 && path.find(fault.part) != std::string::npos) {
                --fault.times;
                return -fault.error;
            }
        }
        return 0;
    }
    int note(int fd, const std::string& path) {
        if (fd >= 0) {
            paths_[fd] = path;
        }
        return fd;
    }

    std::mutex mutex_;  // of the faults: a test gives them while a sink's thread runs
    std::vector<Fault> faults_;
    std::map<int, std::string> paths_;
};

}  // namespace remora
