#include "cli/jvm_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "watch/process_facts.h"

namespace remora {
namespace {

constexpr std::string_view kNoAttach = "-XX:+DisableAttachMechanism";

std::string in_words(const JvmProcess& process, const std::string& status) {
    const std::vector<std::string> name = words_of(status, "Name");
    return "process " + std::to_string(process.pid) + (name.empty() ? "" : " (" + name[0] + ")");
}

std::string random_word() {
    std::array<unsigned char, 8> random{};
    std::ifstream("/dev/urandom", std::ios::binary)
        .read(reinterpret_cast<char*>(random.data()), random.size());
    std::string word;
    for (const unsigned char byte : random) {
        word += "0123456789abcdef"[byte >> 4];
        word += "0123456789abcdef"[byte & 15];
    }
    return word;
}

Descriptor create(const JvmProcess& process, const std::string& name) {
    return Descriptor(::openat(process.temporary.get(), name.c_str(),
                               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

Descriptor open_directory(const std::string& path) {
    return Descriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Result<JvmProcess> look_at_jvm(pid_t pid) {
    JvmProcess found;
    found.pid = pid;
    const std::string folder = "/proc/" + std::to_string(pid);
    const std::string status = content_of(folder + "/status");
    const std::vector<std::string> users = words_of(status, "Uid");
    const std::vector<std::string> groups = words_of(status, "Gid");
    if (users.size() < 2 || groups.size() < 2) {
        return Status(Code::kNotFound, "there is no process " + std::to_string(pid));
    }
    found.user = static_cast<uid_t>(std::stoul(users[1]));
    found.group = static_cast<gid_t>(std::stoul(groups[1]));
    if (::geteuid() != 0 && ::geteuid() != found.user) {
        return Status(Code::kNoPermission, in_words(found, status) + " belongs to the user " +
                                               user_name(found.user) +
                                               ": run this as that user or as root");
    }
    const std::vector<std::string> inner = words_of(status, "NSpid");
    found.inner_pid = inner.empty() ? pid : static_cast<pid_t>(std::stol(inner.back()));
    const std::vector<std::string> caught = words_of(status, "SigCgt");
    const unsigned long long mask =
        caught.empty() ? 0 : std::strtoull(caught[0].c_str(), nullptr, 16);
    found.catches_quit = (mask >> (SIGQUIT - 1) & 1) != 0;
    const std::string maps = content_of(folder + "/maps");
    if (maps.empty()) {
        return Status(Code::kNoPermission, in_words(found, status) + " cannot be looked into (" +
                                               folder + "/maps): run this as root");
    }
    if (maps.find("/libjvm.so") == std::string::npos) {
        return Status(Code::kState, in_words(found, status) + " is no JVM");
    }
    found.forbids_attach = content_of(folder + "/cmdline").find(kNoAttach) != std::string::npos;
    found.root = open_directory(folder + "/root");
    found.temporary = open_directory(folder + "/root/tmp");
    if (!found.temporary.is_open()) {
        return Status(
            Code::kNoPermission,
            in_words(found, status) + ": its /tmp cannot be opened: " + std::strerror(errno));
    }
    return found;
}

Status act_as(const JvmProcess& process) {
    // The group first: without the rights of root it could not be changed any more.
    if ((::getegid() != process.group && ::geteuid() == 0 && ::setegid(process.group) != 0) ||
        (::geteuid() != process.user && ::seteuid(process.user) != 0)) {
        return Status(Code::kNoPermission, "cannot act as the user " + user_name(process.user) +
                                               ": " + std::strerror(errno));
    }
    return Status::ok();
}

Result<FileForJvm> FileForJvm::make(const JvmProcess& process, const std::string& ending) {
    std::string name = ".remora" + ending;
    Descriptor file = create(process, name);
    if (!file.is_open() && errno == EEXIST) {
        name = ".remora-" + random_word() + ending;
        file = create(process, name);
    }
    if (!file.is_open()) {
        return Status(Code::kIo, std::string("no file can be made in the /tmp of the JVM: ") +
                                     std::strerror(errno));
    }
    return FileForJvm(process.temporary.get(), std::move(name), std::move(file));
}

FileForJvm::FileForJvm(int directory, std::string name, Descriptor file)
    : directory_(directory), name_(std::move(name)), file_(std::move(file)) {}

FileForJvm::FileForJvm(FileForJvm&& other) noexcept
    : directory_(other.directory_), name_(std::move(other.name_)), file_(std::move(other.file_)) {
    other.directory_ = -1;
}

FileForJvm::~FileForJvm() {
    if (directory_ >= 0) {
        ::unlinkat(directory_, name_.c_str(), 0);
    }
}

}  // namespace remora
