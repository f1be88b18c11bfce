#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sink/file_system.h"

namespace remora {
namespace {

int outcome(int result) {
    return result < 0 ? -errno : result;
}

FileKind kind_of(mode_t mode) {
    if (S_ISREG(mode)) {
        return FileKind::kRegular;
    }
    if (S_ISDIR(mode)) {
        return FileKind::kDirectory;
    }
    if (S_ISLNK(mode)) {
        return FileKind::kSymlink;
    }
    return S_ISFIFO(mode) ? FileKind::kFifo : FileKind::kOther;
}

int take_info(int result, const struct stat& from, FileInfo& info) {
    if (result < 0) {
        return -errno;
    }
    info.kind = kind_of(from.st_mode);
    info.device = from.st_dev;
    info.inode = from.st_ino;
    info.bytes = from.st_size;
    info.owner = from.st_uid;
    info.mode = from.st_mode & 07777;
    info.modified_ms =
        static_cast<std::int64_t>(from.st_mtim.tv_sec) * 1000 + from.st_mtim.tv_nsec / 1'000'000;
    return 0;
}

// By the system call itself: the oldest C libraries that brokers run on have no wrapper for it.
std::int64_t born_ms_of([[maybe_unused]] int fd) {
#ifdef SYS_statx
    struct statx found {};
    if (::syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BTIME, &found) == 0 &&
        (found.stx_mask & STATX_BTIME) != 0) {
        return found.stx_btime.tv_sec * 1000 + found.stx_btime.tv_nsec / 1'000'000;
    }
#endif
    return 0;
}

constexpr int kOpenFlags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kLockAttempts = 8;

// Whether `path` is what `fd` has open. `inode`: of `fd`.
bool is_at(const std::string& path, int fd, std::pair<std::uint64_t, std::uint64_t>& inode) {
    struct stat opened {};
    struct stat found {};
    if (::fstat(fd, &opened) != 0) {
        return false;
    }
    inode = {opened.st_dev, opened.st_ino};
    return ::lstat(path.c_str(), &found) == 0 && found.st_dev == opened.st_dev &&
           found.st_ino == opened.st_ino;
}

// Whoever may read another user's lock file can lock it.
int open_lock(const std::string& path) {
    constexpr int kFlags = O_NOFOLLOW | kOpenFlags;
    constexpr mode_t kMode = 0644;
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | kFlags, kMode);
    if (fd >= 0) {
        (void)::fchmod(fd, kMode);  // of another user's it fails, and need not be
        return fd;
    }
    const int failed = -errno;
    const int readable = failed == -EACCES ? ::open(path.c_str(), O_RDONLY | kFlags) : -1;
    return readable >= 0 ? readable : failed;
}

}  // namespace

bool FileLock::is_there() const {
    std::pair<std::uint64_t, std::uint64_t> inode;
    return is_at(path_, fd_, inode);
}

FileLock::~FileLock() {
    if (is_there()) {
        ::unlink(path_.c_str());
    }
    ::close(fd_);
}

int PosixFileSystem::open_append(const std::string& path, std::uint32_t mode) {
    return outcome(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | kOpenFlags, mode));
}

int PosixFileSystem::open_new(const std::string& path, std::uint32_t mode) {
    return outcome(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | kOpenFlags, mode));
}

int PosixFileSystem::open_read(const std::string& path) {
    return outcome(::open(path.c_str(), O_RDONLY | kOpenFlags));
}

int PosixFileSystem::close(int fd) {
    return outcome(::close(fd));
}

std::int64_t PosixFileSystem::write(int fd, std::span<const char> bytes) {
    while (true) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            return written;
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
}

std::int64_t PosixFileSystem::read_at(int fd, std::span<char> into, std::int64_t offset) {
    while (true) {
        const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
        if (got >= 0) {
            return got;
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
}

int PosixFileSystem::sync(int fd) {
    return outcome(::fdatasync(fd));
}

int PosixFileSystem::truncate(int fd, std::int64_t bytes) {
    return outcome(::ftruncate(fd, static_cast<off_t>(bytes)));
}

int PosixFileSystem::set_mode(int fd, std::uint32_t mode) {
    return outcome(::fchmod(fd, mode));
}

int PosixFileSystem::info_of(int fd, FileInfo& info) {
    struct stat found {};
    const int result = take_info(::fstat(fd, &found), found, info);
    info.born_ms = result < 0 ? 0 : born_ms_of(fd);
    return result;
}

int PosixFileSystem::info_at(const std::string& path, FileInfo& info) {
    struct stat found {};
    return take_info(::lstat(path.c_str(), &found), found, info);
}

int PosixFileSystem::read_link(const std::string& path, std::string& target) {
    char buffer[PATH_MAX];
    const ssize_t length = ::readlink(path.c_str(), buffer, sizeof(buffer));
    if (length < 0) {
        return -errno;
    }
    target.assign(buffer, static_cast<std::size_t>(length));
    return 0;
}

int PosixFileSystem::rename(const std::string& from, const std::string& to) {
    return outcome(::rename(from.c_str(), to.c_str()));
}

int PosixFileSystem::remove(const std::string& path) {
    return outcome(::unlink(path.c_str()));
}

int PosixFileSystem::make_directory(const std::string& path, std::uint32_t mode) {
    if (::mkdir(path.c_str(), mode) != 0) {
        return -errno;
    }
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | kOpenFlags);
    if (fd < 0) {
        return -errno;
    }
    const int failed = outcome(::fchmod(fd, mode));
    ::close(fd);
    return failed;
}

std::shared_ptr<const FileLock> PosixFileSystem::shared_lock(const Inode& inode) {
    const std::scoped_lock lock(locks_mutex_);
    const auto found = locks_.find(inode);
    return found == locks_.end() ? nullptr : found->second.lock();
}

// Whoever holds the file may remove it between our opening and locking it: then we hold what nobody
// else will find, and begin anew.
int PosixFileSystem::lock(const std::string& path, std::shared_ptr<const FileLock>& held) {
    for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
        const int fd = open_lock(path);
        if (fd < 0) {
            return fd;
        }
        const int failed = outcome(::flock(fd, LOCK_EX | LOCK_NB));
        Inode inode;
        const bool is_there = is_at(path, fd, inode);
        if (failed < 0) {
            ::close(fd);
            held = failed == -EWOULDBLOCK ? shared_lock(inode) : nullptr;
            return held != nullptr ? 0 : failed;
        }
        if (is_there) {
            held = std::make_shared<const FileLock>(path, fd);
            const std::scoped_lock lock(locks_mutex_);
            std::erase_if(locks_, [](const auto& entry) { return entry.second.expired(); });
            locks_[inode] = held;
            return 0;
        }
        ::close(fd);
    }
    return -EAGAIN;
}

int PosixFileSystem::list(const std::string& directory, std::vector<std::string>& names) {
    names.clear();
    DIR* const opened = ::opendir(directory.c_str());
    if (opened == nullptr) {
        return -errno;
    }
    while (const dirent* entry = ::readdir(opened)) {
        names.emplace_back(entry->d_name);
    }
    ::closedir(opened);
    return 0;
}

bool PosixFileSystem::process_alive(std::int64_t pid) {
    return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH);
}

std::int64_t PosixFileSystem::own_pid() {
    return ::getpid();
}

std::uint64_t PosixFileSystem::unique_number() {
    return last_number_.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint32_t PosixFileSystem::own_user() {
    return ::geteuid();
}

}  // namespace remora
