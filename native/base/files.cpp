#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/clock.h"

namespace remora {
namespace {

Status io_error(const char* what, const std::string& path, const char* how) {
    return Status(Code::kIo,
                  std::string(what) + " " + path + " " + how + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

constexpr mode_t kFileMode = 0644;

// A file that was not there before: what somebody else put there (a FIFO, a link, a file of theirs)
// is never written to. What a crash left behind goes.
int open_new(const std::string& path) {
    const int flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path.c_str(), flags, kFileMode);
    if (fd < 0 && errno == EEXIST && unlink(path.c_str()) == 0) {
        fd = open(path.c_str(), flags, kFileMode);
    }
    return fd;
}

}  // namespace

FileMark mark_of(const struct ::stat& facts) {
    return {facts.st_mtim.tv_sec * kNanosPerSecond + facts.st_mtim.tv_nsec, facts.st_size,
            facts.st_ino};
}

FileMark mark_of(const std::string& path) {
    struct ::stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? mark_of(facts) : FileMark{};
}

Status replace_file(const std::string& path, std::string_view bytes, const char* what) {
    const std::string fresh = path + ".new";
    const int fd = open_new(fresh);
    if (fd < 0) {
        return io_error(what, fresh, "cannot be created");
    }
    // The broker's umask may be 027: who may enter the directory may read the file.
    const bool is_whole = fchmod(fd, kFileMode) == 0 && write_all(fd, bytes);
    const int failed = errno;
    close(fd);
    errno = failed;
    if (!is_whole || rename(fresh.c_str(), path.c_str()) != 0) {
        Status status = io_error(what, path, "cannot be written");
        unlink(fresh.c_str());
        return status;
    }
    return Status::ok();
}

Result<std::string> read_file(const std::string& path, std::uint64_t bytes_max,
                              struct ::stat* facts) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        const Code code = errno == EACCES                       ? Code::kNoPermission
                          : errno == ENOENT || errno == ENOTDIR ? Code::kNotFound
                                                                : Code::kIo;
        return Status(code, path + ": cannot be opened: " + std::strerror(errno));
    }
    struct ::stat found {};
    std::string content;
    Status failed;
    const auto hold_limit = [&](std::uint64_t bytes) {
        if (bytes > bytes_max) {
            failed =
                Status(Code::kLimit, path + ": found " + std::to_string(bytes) +
                                         " bytes; expected at most " + std::to_string(bytes_max));
        }
    };
    if (fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) {
        failed = Status(Code::kInvalidArgument, path + ": is no regular file");
    } else {
        hold_limit(static_cast<std::uint64_t>(found.st_size));
    }
    if (facts != nullptr) {
        *facts = found;
    }
    std::array<char, 16 * 1024> chunk{};
    while (failed.is_ok()) {
        const ssize_t got = read(file, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            failed = Status(Code::kIo, path + ": cannot be read: " + std::strerror(errno));
        }
        if (got <= 0) {
            break;
        }
        content.append(chunk.data(), static_cast<std::size_t>(got));
        hold_limit(content.size());  // somebody may append to it meanwhile
    }
    close(file);
    if (!failed) {
        return failed;
    }
    return content;
}

bool is_kernel_path(std::string_view path) {
    return path.starts_with("/proc/") || path.starts_with("/sys/") ||
           (path.starts_with("/dev/") && !path.starts_with("/dev/shm/"));
}

}  // namespace remora
