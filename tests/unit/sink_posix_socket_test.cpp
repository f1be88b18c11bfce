#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "sink/socket.h"

namespace remora {
namespace {

// A real socket of either family, and a name.
TEST(PosixSocketTest, DatagramsArriveOverBothFamiliesAndByName) {
    for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
        const bool six = std::string(host) == "::1";
        const int receiver = ::socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_storage bound{};
        bound.ss_family = six ? AF_INET6 : AF_INET;
        PosixSocketFactory factory;
        std::vector<SocketAddress> addresses;
        std::string why;
        ASSERT_TRUE(factory.resolve(six ? "::1" : "127.0.0.1", 0, addresses, why)) << why;
        socklen_t length = addresses[0].length;
        if (receiver < 0 ||
            ::bind(receiver, reinterpret_cast<sockaddr*>(addresses[0].bytes.data()), length) != 0) {
            ::close(receiver);
            std::cerr << "SKIPPED " << host << ": not available on this machine\n";
            continue;
        }
        length = sizeof(bound);
        ASSERT_EQ(::getsockname(receiver, reinterpret_cast<sockaddr*>(&bound), &length), 0);
        // The port lies at the same place in both.
        const std::uint16_t port =
            ntohs(*reinterpret_cast<const std::uint16_t*>(reinterpret_cast<char*>(&bound) + 2));
        ASSERT_TRUE(factory.resolve(host, port, addresses, why)) << why;
        bool arrived = false;
        for (const SocketAddress& address : addresses) {
            int error = 0;
            const auto socket = factory.connect(address, error);
            if (socket == nullptr || socket->send(std::span("hello", 5)) != 0) {
                continue;
            }
            char buffer[16];
            const timeval wait{1, 0};
            ::setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
            arrived = arrived || ::recv(receiver, buffer, sizeof(buffer), 0) == 5;
        }
        EXPECT_TRUE(arrived) << host;
        ::close(receiver);
    }
}

TEST(PosixSocketTest, ANameThatDoesNotExistGivesAReason) {
    PosixSocketFactory factory;
    std::vector<SocketAddress> addresses;
    std::string why;
    EXPECT_FALSE(factory.resolve("no-such-host.invalid", 1, addresses, why));
    EXPECT_FALSE(why.empty());
}

// As glibc gives them for a hosts file that names an address twice.
TEST(PosixSocketTest, AnAddressThatIsNamedTwiceIsOne) {
    std::array<sockaddr_in, 4> all{};
    std::array<addrinfo, 4> list{};
    const std::array<std::uint32_t, 4> hosts = {1, 1, 2, 1};
    for (std::size_t i = 0; i < list.size(); ++i) {
        all[i].sin_family = AF_INET;
        all[i].sin_addr.s_addr = htonl(0x7F000000U + hosts[i]);
        list[i].ai_addr = reinterpret_cast<sockaddr*>(&all[i]);
        list[i].ai_addrlen = sizeof(all[i]);
        list[i].ai_next = i + 1 < list.size() ? &list[i + 1] : nullptr;
    }
    const std::vector<SocketAddress> found = addresses_of(list.data());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0], addresses_of(&list[3])[0]);
    EXPECT_EQ(found[1], addresses_of(&list[2])[0]);
    EXPECT_TRUE(addresses_of(nullptr).empty());
}

}  // namespace
}  // namespace remora
