#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "sink/socket.h"

namespace remora {
namespace {

class PosixSocket final : public DatagramSocket {
 public:
    explicit PosixSocket(int fd) : fd_(fd) {}
    ~PosixSocket() override { ::close(fd_); }
    PosixSocket(const PosixSocket&) = delete;
    PosixSocket& operator=(const PosixSocket&) = delete;

    int send(std::span<const char> bytes) override {
        while (true) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent >= 0) {
                return 0;
            }
            if (errno != EINTR) {
                return -errno;
            }
        }
    }

 private:
    const int fd_;
};

}  // namespace

std::vector<SocketAddress> addresses_of(const addrinfo* found) {
    std::vector<SocketAddress> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        SocketAddress address;
        if (each->ai_addrlen > address.bytes.size()) {
            continue;
        }
        memcpy(address.bytes.data(), each->ai_addr, each->ai_addrlen);
        address.length = each->ai_addrlen;
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(address);
        }
    }
    return addresses;
}

bool PosixSocketFactory::resolve(const std::string& host, std::uint16_t port,
                                 std::vector<SocketAddress>& addresses, std::string& why) {
    addresses.clear();
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_DGRAM;
    wanted.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (failed != 0) {
        why = ::gai_strerror(failed);
        return false;
    }
    addresses = addresses_of(found);
    ::freeaddrinfo(found);
    why = addresses.empty() ? "the name has no address" : "";
    return !addresses.empty();
}

bool PosixSocketFactory::unix_address(const std::string& path, SocketAddress& address) {
    sockaddr_un made{};
    if (path.empty() || path.size() >= sizeof(made.sun_path)) {
        return false;
    }
    made.sun_family = AF_UNIX;
    memcpy(made.sun_path, path.data(), path.size());
    address = SocketAddress{};
    static_assert(sizeof(made) <= sizeof(address.bytes));
    memcpy(address.bytes.data(), &made, sizeof(made));
    address.length = static_cast<std::uint32_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return true;
}

std::unique_ptr<DatagramSocket> PosixSocketFactory::connect(const SocketAddress& address,
                                                            int& error) {
    const auto* peer = reinterpret_cast<const sockaddr*>(address.bytes.data());
    const int fd = ::socket(peer->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        error = -errno;
        return nullptr;
    }
    if (::connect(fd, peer, address.length) < 0) {
        error = -errno;
        ::close(fd);
        return nullptr;
    }
    error = 0;
    return std::make_unique<PosixSocket>(fd);
}

int PosixSocketFactory::listen(const SocketAddress& address, int backlog) {
    const auto* own = reinterpret_cast<const sockaddr*>(address.bytes.data());
    const int fd = ::socket(own->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    // A port is free again at once when its listener has ended, and taken while there is one.
    const int on = 1;
    if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        ::bind(fd, own, address.length) == 0 && ::listen(fd, backlog) == 0) {
        return fd;
    }
    const int error = errno;
    ::close(fd);
    return -error;
}

}  // namespace remora
