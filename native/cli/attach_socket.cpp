#include "cli/attach_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::int64_t kPollMs = 50;

std::int64_t left_ms(std::int64_t deadline_ns) {
    return std::max<std::int64_t>(0, (deadline_ns - SystemClock().monotonic_ns()) / kNanosPerMilli);
}

void pause_ms(std::int64_t wait_ms) {
    ::poll(nullptr, 0, static_cast<int>(wait_ms));
}

bool is_there(const JvmProcess& process, const std::string& name) {
    struct stat facts {};
    return ::fstatat(process.temporary.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISSOCK(facts.st_mode);
}

// A JVM that gets SIGQUIT and finds this file opens its socket instead of printing its threads.
class Trigger {
 public:
    explicit Trigger(const JvmProcess& process)
        : process_(process), name_(".attach_pid" + std::to_string(process.inner_pid)) {}
    ~Trigger() { ::unlinkat(process_.temporary.get(), name_.c_str(), 0); }
    Trigger(const Trigger&) = delete;
    Trigger& operator=(const Trigger&) = delete;

    Status pull() const {
        const Descriptor file(::openat(process_.temporary.get(), name_.c_str(),
                                       O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.is_open()) {
            return Status(Code::kIo, std::string("no file can be made in the /tmp of the JVM: ") +
                                         std::strerror(errno));
        }
        if (::kill(process_.pid, SIGQUIT) != 0) {
            return Status(Code::kNoPermission,
                          std::string("the JVM cannot be sent a signal: ") + std::strerror(errno));
        }
        return Status::ok();
    }

 private:
    const JvmProcess& process_;
    const std::string name_;
};

Status open_socket(const JvmProcess& process, const std::string& name, std::int64_t deadline_ns) {
    if (is_there(process, name)) {
        return Status::ok();
    }
    if (process.forbids_attach) {
        return Status(Code::kState,
                      "the JVM runs with -XX:+DisableAttachMechanism, so nothing can be attached "
                      "to it; start it with -javaagent instead");
    }
    if (!process.catches_quit) {
        return Status(Code::kState,
                      "the JVM does not handle SIGQUIT yet, so nothing can be attached to it: it "
                      "has just begun");
    }
    const Trigger trigger(process);
    const Status pulled = trigger.pull();
    if (!pulled) {
        return pulled;
    }
    while (!is_there(process, name)) {
        if (left_ms(deadline_ns) == 0) {
            return Status(Code::kUnavailable,
                          "the JVM has not opened its socket for attaching in time: it is stopped "
                          "or busy, or attaching is switched off");
        }
        pause_ms(kPollMs);
    }
    return Status::ok();
}

// Waits for `events`. False when the deadline has passed.
bool wait_for(int socket, short events, std::int64_t deadline_ns) {
    pollfd wanted{socket, events, 0};
    return ::poll(&wanted, 1, static_cast<int>(left_ms(deadline_ns))) > 0;
}

Status connect_to(const JvmProcess& process, const std::string& name, Descriptor& connection) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path =
        "/proc/self/fd/" + std::to_string(process.temporary.get()) + "/" + name;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    connection = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!connection.is_open() ||
        ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
            0) {
        return Status(Code::kIo, std::string("the JVM does not take a connection (/tmp/") + name +
                                     "): " + std::strerror(errno));
    }
    return Status::ok();
}

Status send_all(int socket, std::string_view bytes, std::int64_t deadline_ns) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR && (errno != EAGAIN || !wait_for(socket, POLLOUT, deadline_ns))) {
            return Status(Code::kIo, "the JVM does not listen");
        }
    }
    return Status::ok();
}

Result<std::string> receive_all(int socket, std::int64_t deadline_ns) {
    std::string text;
    std::array<char, 4096> block{};
    while (true) {
        if (!wait_for(socket, POLLIN, deadline_ns)) {
            return Status(
                Code::kUnavailable,
                "the JVM has not answered in time: it is stopped or busy, and may still do "
                "what it was asked for");
        }
        const ssize_t got = ::recv(socket, block.data(), block.size(), 0);
        if (got > 0) {
            text.append(block.data(), static_cast<std::size_t>(got));
        } else if (got == 0) {
            return text;
        } else if (errno != EINTR && errno != EAGAIN) {
            return Status(Code::kIo, std::string("the JVM broke off: ") + std::strerror(errno));
        }
    }
}

// "0\nreturn code: 0\n", and "0\n0\n" of JDK 8, are what it says when all went well.
Status judge(const std::string& reply) {
    const std::size_t end = reply.find('\n');
    if (reply.empty() || end == std::string::npos) {
        return Status(Code::kIo, "the JVM has refused this user");
    }
    std::string said = reply.substr(end + 1);
    const std::string prefix = "return code: ";
    if (said.compare(0, prefix.size(), prefix) == 0) {
        said = said.substr(prefix.size());
    }
    if (reply.substr(0, end) == "0" && said == "0\n") {
        return Status::ok();
    }
    while (!said.empty() && said.back() == '\n') {
        said.pop_back();
    }
    if (said == "100") {
        return Status(Code::kInternal, "the JVM cannot read the jar");
    }
    return Status(Code::kInternal, "the JVM refuses the agent: " + (said.empty() ? reply : said));
}

}  // namespace

Status load_agent(const JvmProcess& process, const std::string& jar, const std::string& options,
                  std::int64_t deadline_ns) {
    const std::string argument = jar + "=" + options;
    if (argument.size() >= kAttachArgumentMax) {
        return Status(Code::kInvalidArgument,
                      "the arguments are too long: a JVM takes " +
                          std::to_string(kAttachArgumentMax - 1) + " bytes, these are " +
                          std::to_string(argument.size()) + "; write them into a file");
    }
    const std::string name = ".java_pid" + std::to_string(process.inner_pid);
    Status done = open_socket(process, name, deadline_ns);
    Descriptor connection;
    if (done) {
        done = connect_to(process, name, connection);
    }
    if (done) {
        // Version of the protocol, the command, and always three arguments.
        std::string request;
        for (const std::string& part :
             {std::string("1"), std::string("load"), std::string("instrument"),
              std::string("false"), argument}) {
            request += part;
            request += '\0';
        }
        done = send_all(connection.get(), request, deadline_ns);
    }
    if (!done) {
        return done;
    }
    const Result<std::string> reply = receive_all(connection.get(), deadline_ns);
    return reply ? judge(reply.value()) : reply.status();
}

}  // namespace remora
