// A client of HTTP that is in a test's hands byte by byte.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remora {

struct HttpReply {
    int status = 0;  // 0: none came
    std::map<std::string, std::string> headers;
    std::string body;
};

// A connection to a port of this machine. Whatever it waits for comes within ten seconds, or never.
class HttpClient {
 public:
    // `receive_bytes`: of the system's buffer; 0: as it likes.
    explicit HttpClient(std::uint16_t port, int receive_bytes = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval wait{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        if (receive_bytes > 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
        }
        // From one of many addresses: ports stay taken for a minute when a connection has ended.
        static std::atomic<std::uint32_t> clients{0};
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + clients++ % 65'000);
        static_cast<void>(::bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof(own)));
        sockaddr_in peer{};
        peer.sin_family = AF_INET;
        peer.sin_port = htons(port);
        peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0;
    }
    ~HttpClient() { ::close(fd_); }
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    bool is_connected() const { return is_connected_; }

    void send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void get(std::string_view target, std::string_view headers = "") {
        send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) +
             "\r\n");
    }

    // The next reply. `has_body`: false after HEAD.
    HttpReply reply(bool has_body = true) {
        HttpReply reply;
        std::size_t head = 0;
        while ((head = pending_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) {
                return reply;
            }
        }
        reply.status = pending_.starts_with("HTTP/1.1 ") ? std::atoi(pending_.c_str() + 9) : -1;
        std::size_t line = pending_.find("\r\n");
        while (line < head) {
            const std::size_t end = pending_.find("\r\n", line + 2);
            const std::string text = pending_.substr(line + 2, end - line - 2);
            const std::size_t colon = text.find(": ");
            reply.headers[text.substr(0, colon)] = text.substr(std::min(colon + 2, text.size()));
            line = end;
        }
        pending_.erase(0, head + 4);
        const std::size_t bytes =
            has_body ? std::strtoull(reply.headers["Content-Length"].c_str(), nullptr, 10) : 0;
        while (pending_.size() < bytes && receive()) {
        }
        reply.body = pending_.substr(0, bytes);
        pending_.erase(0, bytes);
        return reply;
    }

    // Waits until the other side has ended the connection; false when it sent something.
    bool has_ended() { return pending_.empty() && !receive(); }
    // Sends nothing more.
    void end_sending() { ::shutdown(fd_, SHUT_WR); }

 private:
    bool receive() {
        char buffer[65536];
        const ssize_t got = ::recv(fd_, buffer, sizeof(buffer), 0);
        if (got > 0) {
            pending_.append(buffer, static_cast<std::size_t>(got));
        }
        return got > 0;
    }

    const int fd_;
    bool is_connected_ = false;
    std::string pending_;
};

inline HttpReply http_get(std::uint16_t port, std::string_view target,
                          std::string_view headers = "") {
    HttpClient client(port);
    client.get(target, headers);
    return client.reply();
}

// "" when it is no gzip.
inline std::string gunzipped(const std::string& bytes, std::size_t bytes_max = 64U << 20) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) {
        return "";
    }
    std::vector<char> room(bytes_max);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const bool is_whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
    const std::size_t made = room.size() - stream.avail_out;
    inflateEnd(&stream);
    return is_whole ? std::string(room.data(), made) : "";
}

// A TCP port that nobody listens at now.
inline std::uint16_t free_tcp_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(own);
    const bool has_one = ::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0 &&
                         ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0;
    ::close(fd);
    return has_one ? ntohs(own.sin_port) : std::uint16_t{0};
}

}  // namespace remora
