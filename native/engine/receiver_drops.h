// What the sockets of this machine had no room for, as the kernel counts it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remora {

// Datagrams dropped by the UDP sockets that are bound to `port`, of /proc/net/udp or udp6, whose
// text is `table`. Nothing when there is no such socket.
std::optional<std::uint64_t> drops_of_port(std::string_view table, std::uint16_t port);

// The same, of this network namespace. Nothing when `host` is not this machine's loopback: sockets
// elsewhere cannot be seen. Asks the kernel: housekeeping thread.
std::optional<std::uint64_t> receiver_drops(const std::string& host, std::uint16_t port);

}  // namespace remora
