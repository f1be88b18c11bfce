// What sinks ask of the file system: a seam, so that every fault can be injected.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace remora {

enum class FileKind : std::uint8_t { kRegular, kDirectory, kSymlink, kFifo, kOther };

struct FileInfo {
    FileKind kind = FileKind::kOther;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t bytes = 0;
    std::uint32_t owner = 0;
    std::uint32_t mode = 0;        // permission bits
    std::int64_t modified_ms = 0;  // wall clock
    std::int64_t born_ms = 0;      // wall clock; 0: the file system does not say
};

// A lock file that this process holds, until the object goes; it is removed then. The kernel lets
// go of it when the process ends, however that ends.
class FileLock {
 public:
    FileLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

    // False when somebody removed or replaced the file: others lock another one then.
    bool is_there() const;

 private:
    const std::string path_;
    const int fd_;
};

// Every call returns a result >= 0 or the negative errno; none waits for another process (opens
// never block on a FIFO), though any of them may take as long as the disk does.
//
// Thread safety: any thread; a descriptor belongs to one thread.
class FileSystem {
 public:
    virtual ~FileSystem() = default;

    // Existing or new file, every write at its end. Never blocks; a FIFO without reader is -ENXIO.
    virtual int open_append(const std::string& path, std::uint32_t mode) = 0;
    // A file that must not exist yet (-EEXIST), never through a symbolic link.
    virtual int open_new(const std::string& path, std::uint32_t mode) = 0;
    virtual int open_read(const std::string& path) = 0;
    virtual int close(int fd) = 0;

    // May take less than it was given.
    virtual std::int64_t write(int fd, std::span<const char> bytes) = 0;
    virtual std::int64_t read_at(int fd, std::span<char> into, std::int64_t offset) = 0;
    virtual int sync(int fd) = 0;
    virtual int truncate(int fd, std::int64_t bytes) = 0;
    virtual int set_mode(int fd, std::uint32_t mode) = 0;

    virtual int info_of(int fd, FileInfo& info) = 0;
    // Of the path itself: a symbolic link is not followed.
    virtual int info_at(const std::string& path, FileInfo& info) = 0;
    virtual int read_link(const std::string& path, std::string& target) = 0;
    virtual int rename(const std::string& from, const std::string& to) = 0;
    virtual int remove(const std::string& path) = 0;
    // With that mode whatever the umask is.
    virtual int make_directory(const std::string& path, std::uint32_t mode) = 0;
    // Makes the lock file `path` and holds it. -EWOULDBLOCK: another process does, or another
    // FileSystem of this one. What this one holds already is shared: a sink that hangs keeps its
    // lock, and its successor needs it. Never waits.
    virtual int lock(const std::string& path, std::shared_ptr<const FileLock>& held) = 0;
    // Names of the entries of a directory, in no order.
    virtual int list(const std::string& directory, std::vector<std::string>& names) = 0;

    virtual bool process_alive(std::int64_t pid) = 0;
    virtual std::int64_t own_pid() = 0;
    // One that no call before has returned.
    virtual std::uint64_t unique_number() = 0;
    virtual std::uint32_t own_user() = 0;
};

// The machine's own.
class PosixFileSystem : public FileSystem {
 public:
    int open_append(const std::string& path, std::uint32_t mode) override;
    int open_new(const std::string& path, std::uint32_t mode) override;
    int open_read(const std::string& path) override;
    int close(int fd) override;
    std::int64_t write(int fd, std::span<const char> bytes) override;
    std::int64_t read_at(int fd, std::span<char> into, std::int64_t offset) override;
    int sync(int fd) override;
    int truncate(int fd, std::int64_t bytes) override;
    int set_mode(int fd, std::uint32_t mode) override;
    int info_of(int fd, FileInfo& info) override;
    int info_at(const std::string& path, FileInfo& info) override;
    int read_link(const std::string& path, std::string& target) override;
    int rename(const std::string& from, const std::string& to) override;
    int remove(const std::string& path) override;
    int make_directory(const std::string& path, std::uint32_t mode) override;
    int lock(const std::string& path, std::shared_ptr<const FileLock>& held) override;
    int list(const std::string& directory, std::vector<std::string>& names) override;
    bool process_alive(std::int64_t pid) override;
    std::int64_t own_pid() override;
    std::uint64_t unique_number() override;
    std::uint32_t own_user() override;

 private:
    using Inode = std::pair<std::uint64_t, std::uint64_t>;  // device and number

    std::shared_ptr<const FileLock> shared_lock(const Inode& inode);

    std::atomic<std::uint64_t> last_number_{0};
    std::mutex locks_mutex_;  // never held while the disk is asked
    std::map<Inode, std::weak_ptr<const FileLock>> locks_;
};

}  // namespace remora
