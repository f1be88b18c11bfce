// A network that does what a test tells it.
#pragma once

#include <errno.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sink/socket.h"

namespace remora {

class FakeSocketFactory final : public SocketFactory {
 public:
    // Names and the addresses they have ("a", "b": any text).
    std::map<std::string, std::vector<std::string>> names;
    // errno that the next sends meet, in order; 0 or an empty queue: they succeed.
    std::deque<int> send_errors;
    std::atomic<int> send_error_always = 0;
    std::atomic<int> connect_error = 0;
    // Addresses where nobody listens: every send there is refused.
    std::set<std::string> refusing;

    // What went out: address and bytes.
    std::vector<std::pair<std::string, std::string>> sent;
    int resolves = 0;
    int connects = 0;
    int open_sockets = 0;

    bool resolve(const std::string& host, std::uint16_t, std::vector<SocketAddress>& addresses,
                 std::string& why) override {
        ++resolves;
        addresses.clear();
        if (!names.contains(host)) {
            why = "Name or service not known";
            return false;
        }
        for (const std::string& text : names[host]) {
            addresses.push_back(address_of(text));
        }
        return true;
    }

    bool unix_address(const std::string& path, SocketAddress& address) override {
        address = address_of(path);
        return true;
    }

    std::unique_ptr<DatagramSocket> connect(const SocketAddress& address, int& error) override {
        ++connects;
        error = -connect_error;
        if (connect_error != 0) {
            return nullptr;
        }
        return std::make_unique<Socket>(*this, std::string(address.bytes.data(), address.length));
    }

    int listen(const SocketAddress&, int) override { return -EOPNOTSUPP; }

 private:
    static SocketAddress address_of(const std::string& text) {
        SocketAddress address;
        std::copy(text.begin(), text.end(), address.bytes.begin());
        address.length = static_cast<std::uint32_t>(text.size());
        return address;
    }

    class Socket final : public DatagramSocket {
     public:
        Socket(FakeSocketFactory& network, std::string address)
            : network_(network), address_(std::move(address)) {
            ++network_.open_sockets;
        }
        ~Socket() override { --network_.open_sockets; }

        int send(std::span<const char> bytes) override {
            int error = network_.send_error_always;
            if (error == 0 && network_.refusing.contains(address_)) {
                error = ECONNREFUSED;
            }
            if (error == 0 && !network_.send_errors.empty()) {
                error = network_.send_errors.front();
                network_.send_errors.pop_front();
            }
            if (error == 0) {
                network_.sent.emplace_back(address_, std::string(bytes.begin(), bytes.end()));
            }
            return -error;
        }

     private:
        FakeSocketFactory& network_;
        const std::string address_;
    };
};

}  // namespace remora
