#include "cli/attach.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "cli/attach_socket.h"
#include "cli/jvm_process.h"
#include "config/parse.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJar = "remora.jar";
constexpr int kPollMs = 20;
constexpr std::int64_t kLoadSeconds = 30;  // a JVM that works has loaded the agent by then

// Beside this program, or where its package puts it.
std::string own_jar() {
    std::error_code failed;
    const fs::path folder = fs::read_symlink("/proc/self/exe", failed).parent_path();
    const fs::path beside = folder / kJar;
    return fs::exists(beside, failed) ? beside : folder.parent_path() / "share" / "remora" / kJar;
}

// A path stands alone in front, behind "config=", or behind the port in an argument of
// jmx_exporter's; the JVM has another working directory.
std::string with_absolute_path(const std::string& arguments) {
    const std::string first = arguments.substr(0, arguments.find(','));
    const std::string file = parse_arguments(first).file;
    if (file.empty()) {
        return arguments;
    }
    const std::size_t at = first.size() - file.size();
    return first.substr(0, at) + fs::absolute(first.substr(at)).lexically_normal().string() +
           arguments.substr(first.size());
}

// The jar of the agent, where the JVM can read it.
class JarForJvm {
 public:
    // Opened as the user who runs this.
    static Result<JarForJvm> open(const std::string& path) {
        JarForJvm jar;
        std::error_code failed;
        jar.path_ = fs::canonical(path, failed);
        jar.file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (failed || !jar.file_.is_open()) {
            return Status(Code::kNotFound, path + ": cannot be opened: " +
                                               (failed ? failed.message() : std::strerror(errno)) +
                                               "; --jar names the jar of the agent");
        }
        return jar;
    }

    // Call it as the JVM's user. What the JVM sees at the same place is the same file, or it is
    // given a copy for as long as this lives: it is in a container, or may not read the file.
    Status offer(const JvmProcess& process) {
        struct stat own {};
        struct stat seen {};
        const char* below_root = path_.c_str() + 1;
        const bool is_same = ::fstat(file_.get(), &own) == 0 &&
                             ::fstatat(process.root.get(), below_root, &seen, 0) == 0 &&
                             own.st_dev == seen.st_dev && own.st_ino == seen.st_ino &&
                             ::faccessat(process.root.get(), below_root, R_OK, AT_EACCESS) == 0;
        // The JVM parts jar and options at the first '=', the agent its options at ','.
        if (is_same && path_.find_first_of(",=") == std::string::npos) {
            return Status::ok();
        }
        auto made = FileForJvm::make(process, ".jar");
        if (!made) {
            return made.status();
        }
        copy_.emplace(std::move(made).value());
        path_ = copy_->path();
        return copy_to(copy_->descriptor());
    }

    const std::string& path() const { return path_; }

 private:
    Status copy_to(int target) {
        std::array<char, 64 * 1024> block{};
        while (true) {
            const ssize_t got = ::read(file_.get(), block.data(), block.size());
            if (got == 0) {
                return Status::ok();
            }
            if (got < 0 || ::write(target, block.data(), static_cast<std::size_t>(got)) != got) {
                return Status(Code::kIo, std::string("the jar cannot be copied into the /tmp of "
                                                     "the JVM: ") +
                                             std::strerror(errno));
            }
        }
    }

    std::string path_;
    Descriptor file_;
    std::optional<FileForJvm> copy_;
};

// What the agent wrote, without its last line, and whether that says "status 0"; nothing yet while
// there is no such line.
std::optional<std::pair<std::string, bool>> read_answer(int file) {
    std::string text;
    std::array<char, 4096> block{};
    ssize_t got = 0;
    while ((got = ::pread(file, block.data(), block.size(), static_cast<off_t>(text.size()))) > 0) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    for (const auto& [last, is_done] :
         {std::pair("\nstatus 0\n", true), std::pair("\nstatus 1\n", false)}) {
        const std::size_t length = std::strlen(last);
        if (text.size() >= length && text.compare(text.size() - length, length, last) == 0) {
            return std::pair(text.substr(0, text.size() - length), is_done);
        }
    }
    return std::nullopt;
}

// The agent's words; an error when it did not do what it was told.
Result<std::string> ask(const std::string& command, const AttachOptions& options) {
    const std::int64_t deadline_ns =
        SystemClock().monotonic_ns() + options.timeout_s * kNanosPerSecond;
    const auto process = look_at_jvm(options.pid);
    if (!process) {
        return process.status();
    }
    const JvmProcess& jvm = process.value();
    auto jar = JarForJvm::open(options.jar.empty() ? own_jar() : options.jar);
    if (!jar) {
        return jar.status();
    }
    const std::string arguments = with_absolute_path(options.arguments);
    Status done = act_as(jvm);
    if (done) {
        done = jar.value().offer(jvm);
    }
    if (!done) {
        return done;
    }
    const auto answer = FileForJvm::make(jvm, ".answer");
    if (!answer) {
        return answer.status();
    }
    const std::string& path = jar.value().path();
    const std::int64_t load_deadline_ns =
        std::min(deadline_ns, SystemClock().monotonic_ns() + kLoadSeconds * kNanosPerSecond);
    done = load_agent(jvm, path,
                      "command=" + command + ",jar=" + path + ",answer=" + answer.value().path() +
                          "," + arguments,
                      load_deadline_ns);
    if (!done) {
        return done;
    }
    while (true) {
        const auto said = read_answer(answer.value().descriptor());
        if (said) {
            return said->second ? Result<std::string>(said->first)
                                : Status(Code::kState, said->first);
        }
        if (SystemClock().monotonic_ns() > deadline_ns) {
            return Status(Code::kUnavailable,
                          "the agent has not said within " + std::to_string(options.timeout_s) +
                              " s what came of it; the lines of the broker's log tell more");
        }
        ::poll(nullptr, 0, kPollMs);
    }
}

}  // namespace

int run_attach(const std::string& command, const AttachOptions& options) {
    const Result<std::string> said = ask(command, options);
    if (!said) {
        std::cerr << "remora " << command << ": " << said.status().message() << "\n";
        return 1;
    }
    std::cout << said.value() << "\n";
    return 0;
}

}  // namespace remora
