#include "engine/receiver_drops.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace remora {
namespace {

constexpr const char* kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops             \n"
    " 1: 0100007F:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 "
    "0000 17        \n"
    " 2: 00000000:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 "
    "0000 5         \n"
    " 3: 00000000:1FBE 00000000:1FBD 07 00000000:00000000 00:00000000 00000000     0        0 1 2 "
    "0000 0         \n";

TEST(ReceiverDropsTest, DropsOfAllSocketsOfAPortAreAddedUp) {
    EXPECT_EQ(drops_of_port(kTable, 0x1FBD), 22U);
    EXPECT_EQ(drops_of_port(kTable, 0x1FBE), 0U);
}

TEST(ReceiverDropsTest, WithoutASocketNothingIsKnown) {
    EXPECT_FALSE(drops_of_port(kTable, 1));
    EXPECT_FALSE(drops_of_port("", 0x1FBD));
    EXPECT_FALSE(drops_of_port("a b:zz c\nx 0100007F: y\n", 0));
}

TEST(ReceiverDropsTest, AReceiverThatDoesNotReadIsSeen) {
    const int receiver = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ASSERT_EQ(::bind(receiver, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::getsockname(receiver, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::uint16_t port = ntohs(address.sin_port);
    EXPECT_EQ(receiver_drops("127.0.0.1", port), 0U);
    const int sender = ::socket(AF_INET, SOCK_DGRAM, 0);
    const char datagram[1'400] = {};
    for (int i = 0; i < 3'000; ++i) {
        ::sendto(sender, datagram, sizeof(datagram), 0, reinterpret_cast<sockaddr*>(&address),
                 size);
    }
    EXPECT_GT(receiver_drops("127.0.0.1", port).value_or(0), 0U);
    EXPECT_FALSE(receiver_drops("10.0.0.1", port)) << "another machine's";
    ::close(sender);
    ::close(receiver);
    EXPECT_FALSE(receiver_drops("localhost", port)) << "nobody listens any more";
}

}  // namespace
}  // namespace remora
