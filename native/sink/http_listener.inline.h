// Where a scrape endpoint takes connections. Of http_server.cpp, which alone includes it:
// Boost.Asio takes long to compile.
#pragma once

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "sink/fault_reporter.h"
#include "sink/sink_worker.h"

namespace remora {

// Listens at every address that a host has. Where it cannot, it says so and tries again, after 1 s
// and up to 30 s.
//
// Thread safety: server's thread.
class HttpListener {
 public:
    using Socket = boost::asio::ip::tcp::socket;

    // `on_socket` is given each connection.
    HttpListener(boost::asio::io_context& context, const SinkOptions& options,
                 const SinkEnvironment& environment, FaultReporter& reporter,
                 std::function<void(Socket)> on_socket)
        : context_(context),
          host_(options.host),
          asked_port_(options.port),
          environment_(environment),
          reporter_(reporter),
          on_socket_(std::move(on_socket)) {}

    // Begins to listen when it does not and may try. True when it listens now.
    bool open_if_due();
    // Ends listening. What the context calls back afterwards finds nothing to do; then free().
    void close();
    void free() { doors_.clear(); }
    // It may not try before `ns`, monotonic.
    void put_off(std::int64_t ns) { open_at_ns_ = ns; }
    std::int64_t open_at_ns() const { return open_at_ns_; }
    // 0: it does not listen.
    std::uint16_t port() const;

 private:
    using error_code = boost::system::error_code;
    struct Door {
        explicit Door(boost::asio::io_context& context) : acceptor(context), retry(context) {}
        boost::asio::ip::tcp::acceptor acceptor;
        boost::asio::steady_timer retry;
    };

    bool open();
    bool open_at(const SocketAddress& address, int& error);
    void accept(Door& door);

    static constexpr int kBacklog = 128;
    static constexpr std::size_t kAddressesMax = 8;
    static constexpr int kSendBufferBytes = 256 * 1024;  // or the system grows each to megabytes
    static constexpr std::chrono::seconds kAcceptRetry{1};
    static constexpr std::int64_t kRetryNsMin = kNanosPerSecond;
    static constexpr std::int64_t kRetryNsMax = 30 * kNanosPerSecond;

    boost::asio::io_context& context_;
    const std::string host_;
    const std::uint16_t asked_port_;
    const SinkEnvironment& environment_;
    FaultReporter& reporter_;
    const std::function<void(Socket)> on_socket_;
    std::list<Door> doors_;
    bool is_failing_ = false;
    std::int64_t open_at_ns_ = 0;
    std::int64_t retry_ns_ = 0;
};

inline std::uint16_t HttpListener::port() const {
    error_code failed;
    return doors_.empty() ? std::uint16_t{0}
                          : doors_.front().acceptor.local_endpoint(failed).port();
}

inline bool HttpListener::open_if_due() {
    if (!doors_.empty()) {
        return true;
    }
    const std::int64_t now_ns = environment_.clock.monotonic_ns();
    if (now_ns < open_at_ns_) {
        return false;
    }
    if (!open()) {
        doors_.clear();
        is_failing_ = true;
        retry_ns_ = std::clamp(retry_ns_ * 2, kRetryNsMin, kRetryNsMax);
        open_at_ns_ = now_ns + retry_ns_;
        return false;
    }
    if (is_failing_) {
        reporter_.recovered(0);
    }
    is_failing_ = false;
    retry_ns_ = 0;
    for (Door& door : doors_) {
        accept(door);
    }
    return true;
}

// An address that this machine does not have, as "::1" without IPv6, is no fault beside one that it
// has.
inline bool HttpListener::open() {
    const std::string what = "cannot listen at " + host_ + ":" + std::to_string(asked_port_);
    std::vector<SocketAddress> addresses;
    std::string why;
    if (!environment_.sockets.resolve(host_, asked_port_, addresses, why)) {
        reporter_.report(what, why);
        return false;
    }
    addresses.resize(std::min(addresses.size(), kAddressesMax));
    int absent = 0;
    for (const SocketAddress& address : addresses) {
        int error = 0;
        if (open_at(address, error)) {
            continue;
        }
        if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) {
            reporter_.report(what, error);
            return false;
        }
        absent = error;
    }
    if (doors_.empty()) {
        reporter_.report(what, absent);
    }
    return !doors_.empty();
}

inline bool HttpListener::open_at(const SocketAddress& address, int& error) {
    using boost::asio::ip::tcp;
    const int fd = environment_.sockets.listen(address, kBacklog);
    if (fd < 0) {
        error = -fd;
        return false;
    }
    const auto family = reinterpret_cast<const sockaddr*>(address.bytes.data())->sa_family;
    Door& door = doors_.emplace_back(context_);
    error_code failed;
    door.acceptor.assign(family == AF_INET6 ? tcp::v6() : tcp::v4(), fd, failed);
    if (failed) {
        ::close(fd);
        doors_.pop_back();
        error = failed.value();
        return false;
    }
    // Connections inherit it.
    door.acceptor.set_option(boost::asio::socket_base::send_buffer_size(kSendBufferBytes), failed);
    return true;
}

inline void HttpListener::close() {
    error_code ignored;
    for (Door& door : doors_) {
        door.acceptor.close(ignored);
        door.retry.cancel(ignored);
    }
}

inline void HttpListener::accept(Door& door) {
    door.acceptor.async_accept([this, &door](error_code failed, Socket socket) {
        if (!door.acceptor.is_open()) {
            return;
        }
        if (!failed) {
            on_socket_(std::move(socket));
        } else if (failed != boost::asio::error::connection_aborted) {
            // No descriptor is free, as a rule. The next try would find the same at once.
            reporter_.report("cannot accept connections", failed.value());
            door.retry.expires_after(kAcceptRetry);
            door.retry.async_wait([this, &door](error_code cancelled) {
                if (!cancelled && door.acceptor.is_open()) {
                    accept(door);
                }
            });
            return;
        }
        accept(door);
    });
}

}  // namespace remora
