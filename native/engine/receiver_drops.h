// Datagrams that receivers on this machine had no room for, as the kernel counts them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remora {

// Returns the datagrams dropped by the UDP sockets that are bound to `port`. `table`: the text of
// /proc/net/udp or udp6. Empty when there is no such socket.
std::optional<std::uint64_t> drops_of_port(std::string_view table, std::uint16_t port);

// The same, for the network namespace of this process. Empty also when `host` is not the loopback
// of this machine, because sockets elsewhere cannot be seen. Asks the kernel: housekeeping thread.
std::optional<std::uint64_t> receiver_drops(const std::string& host, std::uint16_t port);

}  // namespace remora
