#include "engine/receiver_drops.h"

#include <charconv>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/files.h"
#include "base/words.h"

namespace remora {
namespace {

constexpr std::uint64_t kTableBytesMax = 16ULL << 20;  // 100,000 sockets

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// "0100007F:1FBD", the address and the port in hexadecimal digits.
std::optional<std::uint16_t> port_of(std::string_view local_address) {
    const std::size_t colon = local_address.rfind(':');
    std::uint16_t port = 0;
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view digits = local_address.substr(colon + 1);
    const auto end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, port, 16);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(port) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> drops_of_port(std::string_view table, std::uint16_t port) {
    std::optional<std::uint64_t> drops;
    while (!table.empty()) {
        const std::vector<std::string_view> columns = split_words(take_until(table, '\n'));
        std::uint64_t of_socket = 0;
        // The second column is the local address, the last one counts drops.
        if (columns.size() < 3 || port_of(columns[1]) != port) {
            continue;
        }
        const std::string_view last = columns.back();
        const auto end = last.data() + last.size();
        if (std::from_chars(last.data(), end, of_socket).ptr == end) {
            drops = drops.value_or(0) + of_socket;
        }
    }
    return drops;
}

std::optional<std::uint64_t> receiver_drops(const std::string& host, std::uint16_t port) {
    std::optional<std::uint64_t> drops;
    if (!is_loopback(host)) {
        return drops;
    }
    for (const char* path : {"/proc/self/net/udp", "/proc/self/net/udp6"}) {
        const Result<std::string> table = read_file(path, kTableBytesMax);
        if (const auto of_table = table ? drops_of_port(table.value(), port) : std::nullopt) {
            drops = drops.value_or(0) + *of_table;
        }
    }
    return drops;
}

}  // namespace remora
