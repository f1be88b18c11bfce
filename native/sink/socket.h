// What sinks ask of the network: a seam, so that every fault can be injected.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct addrinfo;

namespace remora {

// A socket address of any family, as the system has it.
struct SocketAddress {
    alignas(8) std::array<char, 128> bytes{};
    std::uint32_t length = 0;

    bool operator==(const SocketAddress& other) const = default;
};

// A connected datagram socket; closed by its destructor.
class DatagramSocket {
 public:
    virtual ~DatagramSocket() = default;
    // One datagram. 0 or the negative errno; never waits (-EAGAIN).
    virtual int send(std::span<const char> bytes) = 0;
};

// Thread safety: any thread.
class SocketFactory {
 public:
    virtual ~SocketFactory() = default;

    // What addresses `host` has, each once, in the order to try them: to send datagrams to, or to
    // listen at. It may wait for name servers, so only the output's own threads call it. False with
    // a sentence in `why`.
    virtual bool resolve(const std::string& host, std::uint16_t port,
                         std::vector<SocketAddress>& addresses, std::string& why) = 0;
    // Address of a unix datagram socket; false when the path is too long.
    virtual bool unix_address(const std::string& path, SocketAddress& address) = 0;
    // Null with the negative errno in `error`.
    virtual std::unique_ptr<DatagramSocket> connect(const SocketAddress& address, int& error) = 0;
    // A descriptor that listens for TCP connections at an address of resolve(), never waits, and is
    // the caller's; or the negative errno. `backlog`: connections that wait to be accepted.
    virtual int listen(const SocketAddress& address, int backlog) = 0;
};

// The addresses of a list as getaddrinfo() makes it, in its order, each once: a hosts file may name
// an address twice. Internal to the room.
std::vector<SocketAddress> addresses_of(const addrinfo* found);

// The machine's own.
class PosixSocketFactory final : public SocketFactory {
 public:
    bool resolve(const std::string& host, std::uint16_t port, std::vector<SocketAddress>& addresses,
                 std::string& why) override;
    bool unix_address(const std::string& path, SocketAddress& address) override;
    std::unique_ptr<DatagramSocket> connect(const SocketAddress& address, int& error) override;
    int listen(const SocketAddress& address, int backlog) override;
};

}  // namespace remora
