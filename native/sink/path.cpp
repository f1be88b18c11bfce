#include "sink/path.h"

#include <errno.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/files.h"

namespace remora {
namespace {

constexpr int kLinksMax = 8;

const char* words_for(FileKind kind) {
    switch (kind) {
        case FileKind::kDirectory:
            return "it is a directory, a file is wanted";
        case FileKind::kFifo:
            return "it is a FIFO, a regular file is wanted";
        case FileKind::kRegular:
        case FileKind::kSymlink:
        case FileKind::kOther:
            break;
    }
    return "it is no regular file";
}

std::string lock_path(const std::string& path) {
    return directory_of(path) + "/." + name_of(path) + ".lock";
}

// Whether `path` is a device or a stream of a process, also where links lead to /proc.
bool is_no_file(FileSystem& files, const std::string& path) {
    FileInfo processes;
    FileInfo above;
    const bool is_process = files.info_at("/proc/.", processes) == 0 &&
                            files.info_at(directory_of(path) + "/.", above) == 0 &&
                            processes.device == above.device;
    return is_process || is_kernel_path(path);
}

}  // namespace

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool follow_links(FileSystem& files, FaultReporter& reporter, const std::string& path,
                  std::string& real) {
    real = path;
    for (int hops = 0; hops < kLinksMax; ++hops) {
        FileInfo info;
        if (is_no_file(files, real)) {
            reporter.report("cannot write " + path,
                            real +
                                " is a device or a stream of the broker's; a regular file is "
                                "wanted, which a log shipper can follow");
            return false;
        }
        if (files.info_at(real, info) < 0 || info.kind != FileKind::kSymlink) {
            return true;
        }
        if (info.owner != 0 && info.owner != files.own_user()) {
            reporter.report("cannot write " + path, "it is a symbolic link of another user");
            return false;
        }
        std::string target;
        const int failed = files.read_link(real, target);
        if (failed < 0) {
            reporter.report("cannot follow the link " + real, -failed);
            return false;
        }
        real = target.starts_with('/') ? target : directory_of(real) + "/" + target;
    }
    reporter.report("cannot write " + path, ELOOP);
    return false;
}

std::uint32_t directory_mode(std::uint32_t file_mode) {
    return file_mode | 0700 | ((file_mode & 0444) >> 2);
}

int make_directories(FileSystem& files, const std::string& directory, std::uint32_t mode) {
    FileInfo info;
    if (files.info_at(directory, info) == 0) {
        return 0;
    }
    const std::string parent = directory_of(directory);
    if (parent != directory && parent != "." && parent != "/") {
        const int failed = make_directories(files, parent, mode);
        if (failed < 0) {
            return failed;
        }
    }
    const int failed = files.make_directory(directory, mode);
    return failed == -EEXIST ? 0 : failed < 0 ? failed : 1;
}

bool make_place(FileSystem& files, FaultReporter& reporter, const std::string& directory,
                std::uint32_t file_mode) {
    const int made = make_directories(files, directory, directory_mode(file_mode));
    if (made < 0) {
        reporter.report("cannot make directory " + directory, -made);
    } else if (made > 0) {
        reporter.note("made the directory " + directory + ", which was not there");
    }
    return made >= 0;
}

void report_replacing(FaultReporter& reporter, const std::string& what, int failed) {
    if (failed == -EBUSY) {
        reporter.report(what,
                        "it is a mount point, and a file is replaced by renaming another; mount "
                        "its directory instead of the file");
    } else {
        reporter.report(what, -failed);
    }
}

bool PathClaim::take(const std::string& path) {
    if (path != path_) {
        let_go();
        path_ = path;
    }
    if (lock_ != nullptr && lock_->is_there()) {
        return true;
    }
    lock_.reset();
    failed_ = is_foreign_ ? -EWOULDBLOCK : files_.lock(lock_path(path), lock_);
    is_foreign_ = failed_ == -EWOULDBLOCK;
    if (is_foreign_) {
        reporter_.report("cannot write " + path,
                         "another process does (it holds " + lock_path(path) +
                             "); this output stays off until its configuration changes or the "
                             "broker restarts. Give each node a path of its own, such as one with "
                             "${broker.id}");
    }
    return !is_foreign_;
}

void PathClaim::report_unlocked() {
    if (lock_ == nullptr) {
        reporter_.note("nothing keeps another process from writing " + path_ + ": " +
                       lock_path(path_) + " cannot be locked: " + std::strerror(-failed_));
    }
}

void PathClaim::let_go() {
    path_.clear();
    lock_.reset();
    is_foreign_ = false;
}

bool check_regular(FileSystem& files, FaultReporter& reporter, const std::string& path,
                   bool& exists) {
    FileInfo info;
    exists = files.info_at(path, info) == 0;
    if (!exists || info.kind == FileKind::kRegular) {
        return true;
    }
    reporter.report("cannot write " + path, words_for(info.kind));
    return false;
}

bool check_ours(FileSystem& files, FaultReporter& reporter, const std::string& path,
                const std::vector<std::string>& starts) {
    FileInfo info;
    if (starts.empty() || files.info_at(path, info) != 0 || info.kind != FileKind::kRegular ||
        info.bytes == 0) {
        return true;
    }
    const int in = files.open_read(path);
    std::array<char, 64> text{};
    const std::int64_t got = in < 0 ? in : files.read_at(in, text, 0);
    if (in >= 0) {
        (void)files.close(in);
    }
    if (got < 0) {
        reporter.report("cannot read " + path + " to see whose it is", static_cast<int>(-got));
        return false;
    }
    const std::string_view begin(text.data(), static_cast<std::size_t>(got));
    // A crash may have left less than that.
    const bool is_ours = std::any_of(starts.begin(), starts.end(), [&](std::string_view start) {
        return begin.starts_with(start.substr(0, begin.size()));
    });
    if (!is_ours) {
        reporter.report("cannot write " + path,
                        "another program wrote it, for it does not begin with " + starts.front() +
                            "; remove it, or give the output another path");
    }
    return is_ours;
}

std::string temporary_name(FileSystem& files, const std::string& prefix, std::uint64_t number) {
    return prefix + std::to_string(files.own_pid()) + "-" + std::to_string(number);
}

void remove_stale(FileSystem& files, const std::string& directory, const std::string& prefix) {
    std::vector<std::string> names;
    if (files.list(directory, names) < 0) {
        return;
    }
    for (const std::string& name : names) {
        if (!name.starts_with(prefix)) {
            continue;
        }
        std::int64_t pid = 0;
        const char* const end = name.data() + name.size();
        const auto [rest, failed] = std::from_chars(name.data() + prefix.size(), end, pid);
        if (failed == std::errc() && rest != end && *rest == '-' &&
            (pid == files.own_pid() || !files.process_alive(pid))) {
            // Whoever cannot be removed meets its own error when the name is needed.
            (void)files.remove(directory + "/" + name);
        }
    }
}

int write_all(FileSystem& files, int fd, std::span<const char> bytes, std::size_t& written) {
    written = 0;
    while (written < bytes.size()) {
        const std::int64_t got = files.write(fd, bytes.subspan(written));
        if (got <= 0) {
            return got < 0 ? static_cast<int>(got) : -EIO;
        }
        written += static_cast<std::size_t>(got);
    }
    return 0;
}

bool ends_in_line(FileSystem& files, const std::string& path, std::int64_t bytes) {
    const int in = files.open_read(path);
    if (in < 0) {
        return true;
    }
    char last = '\n';
    (void)files.read_at(in, {&last, 1}, bytes - 1);
    (void)files.close(in);
    return last == '\n';
}

}  // namespace remora
