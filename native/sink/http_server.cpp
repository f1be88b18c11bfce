// The only file that is compiled with Boost.Asio and Boost.Beast, which take long.
#include "sink/http_server.h"

// Boost 1.74 asks for std::result_of, which C++20 has no more and libc++ left out.
#define BOOST_ASIO_HAS_STD_INVOKE_RESULT 1

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sink/cpu_allowance.h"
#include "sink/fault_reporter.h"
#include "sink/http_answer.h"
#include "sink/http_listener.inline.h"

namespace remora {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// A hundred scrapers at once and some to spare.
constexpr std::size_t kConnectionsMax = 128;
constexpr std::size_t kHeaderBytesMax = 8 * 1024;
// Pages that may be under way: those of clients that are slow, and of the one that asks now.
constexpr std::size_t kPagesMax = 4;
// Of a client that sends more than a request: what it still sends is read, so that it gets the
// answer.
constexpr std::size_t kLingerBytesMax = 64 * 1024;

// From the connection, or the first byte of a later request, to the whole request.
constexpr std::int64_t kRequestNs = 10 * kNanosPerSecond;
constexpr std::int64_t kIdleNs = 120 * kNanosPerSecond;  // from an answer to the next request
constexpr std::int64_t kAnswerNs = 30 * kNanosPerSecond;
constexpr std::int64_t kLingerNs = 2 * kNanosPerSecond;
constexpr std::chrono::seconds kSweepInterval{1};

constexpr int kHandlersPerTurn = 64;
constexpr std::int64_t kTurnNsMax = 60 * kNanosPerSecond;  // waiting for something to happen
// CPU time beyond SinkOptions::http_cpu_share that may be used at once.
constexpr std::int64_t kCpuBurstNs = kNanosPerSecond;

enum class Phase : std::uint8_t { kWaiting, kAnswering, kLingering };

struct Connection {
    explicit Connection(tcp::socket peer) : socket(std::move(peer)), buffer(2 * kHeaderBytesMax) {}

    tcp::socket socket;
    boost::beast::flat_buffer buffer;
    std::optional<http::request_parser<http::empty_body>> parser;
    HttpAnswer answer;
    std::string head;
    Phase phase = Phase::kWaiting;
    std::int64_t since_ns = 0;  // of the phase
    std::int64_t deadline_ns = 0;
    std::size_t lingered = 0;
    bool goes_on = false;    // after the answer
    bool has_begun = false;  // a request, as the last sweep saw
};
using ConnectionRef = std::shared_ptr<Connection>;

class HttpServerImpl final : public HttpServer {
 public:
    HttpServerImpl(const SinkOptions& options, const SinkEnvironment& environment)
        : options_(options),
          environment_(environment),
          reporter_(options.name, environment.clock, environment.counters, environment.log) {
        if (options.scraper) {
            gate_.emplace(options.scraper->username, options.scraper->password_hash);
        }
    }

    std::int64_t do_work() override;
    void on_stop() override;
    void publish(std::shared_ptr<HttpPage> page) override;
    void quit() override;
    std::uint16_t port() const override { return port_.load(std::memory_order_acquire); }

 private:
    void run_handlers();
    void close_all();

    void take(tcp::socket socket);
    bool make_room();
    void drop(const ConnectionRef& connection);
    void sweep();

    void enter(Connection& connection, Phase phase, std::int64_t limit_ns);
    void read(const ConnectionRef& connection, std::int64_t limit_ns);
    void answer(const ConnectionRef& connection, error_code failed);
    HttpAnswer answer_to(Connection& connection);
    void write(const ConnectionRef& connection);
    void finish(const ConnectionRef& connection);
    void linger(const ConnectionRef& connection);
    void let_old_pages_go(const std::shared_ptr<HttpPage>& asked);
    HttpState state();
    void count_refused(const char* sentence);
    void cut_off(const ConnectionRef& connection, const char* whom);

    const SinkOptions options_;
    const SinkEnvironment environment_;
    FaultReporter reporter_;
    std::optional<HttpGate> gate_;  // none: everybody may scrape
    CpuAllowance allowance_{options_.http_cpu_share, kCpuBurstNs};

    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    asio::steady_timer sweep_timer_{context_};
    HttpListener listener_{context_, options_, environment_, reporter_,
                           [this](tcp::socket socket) { take(std::move(socket)); }};
    std::vector<ConnectionRef> connections_;
    std::atomic<std::uint16_t> port_{0};
    std::atomic<bool> is_quitting_{false};

    std::mutex page_mutex_;
    std::shared_ptr<HttpPage> page_;
};

// --- turns

std::int64_t HttpServerImpl::do_work() {
    if (is_quitting_.load(std::memory_order_acquire)) {
        return kNanosPerSecond;
    }
    const std::int64_t begun_cpu_ns = thread_cpu_ns();
    // What a library throws at one connection must not cost the broker its agent.
    try {
        run_handlers();
    } catch (const std::exception& fault) {
        reporter_.report("cannot serve", fault.what());
        close_all();
        listener_.put_off(environment_.clock.monotonic_ns() + kNanosPerSecond);
    }
    const std::int64_t used_ns = thread_cpu_ns() - begun_cpu_ns;
    environment_.counters.add_shared(Counter::kHttpCpuNanos, static_cast<std::uint64_t>(used_ns));
    return allowance_.spend(used_ns, environment_.clock.monotonic_ns());
}

void HttpServerImpl::run_handlers() {
    std::int64_t wait_ns = kTurnNsMax;
    if (port_.load(std::memory_order_relaxed) == 0) {
        if (listener_.open_if_due()) {
            port_.store(listener_.port(), std::memory_order_release);
        } else {
            wait_ns = std::clamp<std::int64_t>(
                listener_.open_at_ns() - environment_.clock.monotonic_ns(), 0, kTurnNsMax);
        }
    }
    context_.run_one_for(std::chrono::nanoseconds(wait_ns));
    for (int i = 1; i < kHandlersPerTurn && context_.poll_one() > 0; ++i) {
    }
}

void HttpServerImpl::on_stop() {
    close_all();
    page_.reset();
}

void HttpServerImpl::quit() {
    is_quitting_.store(true, std::memory_order_release);
    asio::post(context_, [] {});
}

void HttpServerImpl::publish(std::shared_ptr<HttpPage> page) {
    // The old page ends outside of the lock.
    const std::scoped_lock lock(page_mutex_);
    page_.swap(page);
}

HttpState HttpServerImpl::state() {
    HttpState state;
    state.now_ns = environment_.clock.monotonic_ns();
    state.gate = gate_ ? &*gate_ : nullptr;
    state.down_text = options_.down_text;
    const std::uint64_t stride =
        environment_.stride == nullptr ? 1 : environment_.stride->load(std::memory_order_relaxed);
    const std::uint64_t own = options_.base_intervals;
    const auto times = static_cast<std::int64_t>((stride + own - 1) / own);
    state.page_age_ns_max = options_.page_age_ms_max * kNanosPerMilli * times;
    const std::scoped_lock lock(page_mutex_);
    state.page = page_;
    return state;
}

void HttpServerImpl::close_all() {
    port_.store(0, std::memory_order_release);
    listener_.close();
    error_code ignored;
    for (const ConnectionRef& connection : connections_) {
        connection->socket.close(ignored);
    }
    connections_.clear();
    sweep_timer_.cancel(ignored);
    // What is called back now finds nothing to do, and lets go of what it holds.
    while (context_.poll() > 0) {
    }
    listener_.free();
}

// --- connections

void HttpServerImpl::take(tcp::socket socket) {
    if (!make_room()) {
        count_refused(
            "128 connections are being answered, further ones are refused "
            "(remora_http_refused_total counts)");
        return;
    }
    // The broker may start programs, which are not to inherit it.
    static_cast<void>(::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC));
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    connections_.push_back(std::make_shared<Connection>(std::move(socket)));
    read(connections_.back(), kRequestNs);
    if (connections_.size() == 1) {
        sweep();
    }
}

// Who holds a place and asks for nothing makes room for who may ask: the longest of them.
bool HttpServerImpl::make_room() {
    if (connections_.size() < kConnectionsMax) {
        return true;
    }
    ConnectionRef longest;
    for (const ConnectionRef& connection : connections_) {
        const bool is_idle = connection->phase != Phase::kAnswering;
        if (is_idle && (longest == nullptr || connection->since_ns < longest->since_ns)) {
            longest = connection;
        }
    }
    if (longest == nullptr) {
        return false;
    }
    drop(longest);
    return true;
}

void HttpServerImpl::drop(const ConnectionRef& connection) {
    error_code ignored;
    connection->socket.close(ignored);
    const ConnectionRef kept = connection;  // what was given may be an element
    std::erase(connections_, kept);
}

// Drops connections whose time is over. Goes on as long as there are any.
void HttpServerImpl::sweep() {
    const std::int64_t now_ns = environment_.clock.monotonic_ns();
    const std::vector<ConnectionRef> all = connections_;
    for (const ConnectionRef& connection : all) {
        const bool has_begun =
            connection->phase == Phase::kWaiting && connection->parser->got_some();
        // A request may be waited for long, and may not take long.
        if (has_begun && !connection->has_begun) {
            connection->has_begun = true;
            connection->deadline_ns = std::min(connection->deadline_ns, now_ns + kRequestNs);
        }
        if (now_ns < connection->deadline_ns) {
            continue;
        }
        if (connection->phase == Phase::kAnswering || has_begun) {
            cut_off(connection, "a client that takes 30 s for an answer, or 10 s for a request");
        } else {
            drop(connection);
        }
    }
    if (connections_.empty()) {
        return;
    }
    sweep_timer_.expires_after(kSweepInterval);
    sweep_timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) {
            sweep();
        }
    });
}

void HttpServerImpl::enter(Connection& connection, Phase phase, std::int64_t limit_ns) {
    connection.phase = phase;
    connection.since_ns = environment_.clock.monotonic_ns();
    connection.deadline_ns = connection.since_ns + limit_ns;
}

void HttpServerImpl::cut_off(const ConnectionRef& connection, const char* whom) {
    environment_.counters.add_shared(Counter::kHttpCutOff);
    reporter_.note(std::string(whom) + " is cut off (remora_http_cut_off_total counts)");
    drop(connection);
}

void HttpServerImpl::count_refused(const char* sentence) {
    environment_.counters.add_shared(Counter::kHttpRefused);
    reporter_.note(sentence);
}

// --- requests

void HttpServerImpl::read(const ConnectionRef& connection, std::int64_t limit_ns) {
    enter(*connection, Phase::kWaiting, limit_ns);
    connection->has_begun = false;
    connection->parser.emplace();
    connection->parser->header_limit(kHeaderBytesMax);
    http::async_read_header(connection->socket, connection->buffer, *connection->parser,
                            [this, connection](error_code failed, std::size_t) {
                                if (connection->socket.is_open()) {
                                    answer(connection, failed);
                                }
                            });
}

void HttpServerImpl::answer(const ConnectionRef& connection, error_code failed) {
    Connection& it = *connection;
    const bool is_of_http =
        failed.category() == make_error_code(http::error::end_of_stream).category();
    const bool has_ended =
        failed == http::error::end_of_stream || failed == http::error::partial_message;
    if (failed && (!is_of_http || has_ended)) {
        drop(connection);  // the client has gone
        return;
    }
    it.goes_on = !failed && it.parser->keep_alive();
    if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
        it.answer = refuse_http(431, "expected a request of at most 8 KB\n");
    } else if (failed) {
        it.answer = refuse_http(400, "expected a request of HTTP/1.1\n");
    } else if (it.parser->chunked() || it.parser->content_length().value_or(0) > 0) {
        it.goes_on = false;
        it.answer = refuse_http(413, "expected a request without a body\n");
    } else {
        it.answer = answer_to(it);
    }
    environment_.counters.add_shared(Counter::kHttpRequests);
    if (it.answer.is_refusal()) {
        count_refused(
            "a request is refused, for its path, method, form or password "
            "(remora_http_refused_total counts)");
    }
    write(connection);
}

HttpAnswer HttpServerImpl::answer_to(Connection& connection) {
    const auto& request = connection.parser->get();
    const auto text = [](boost::beast::string_view from) {
        return std::string_view(from.data(), from.size());
    };
    HttpState known = state();
    HttpAnswer answer = answer_http(
        {text(request.method_string()), text(request.target()), text(request[http::field::accept]),
         text(request[http::field::accept_encoding]), text(request[http::field::authorization])},
        known);
    if (answer.page != nullptr) {
        let_old_pages_go(answer.page);
        if (answer.page->left_out() > 0) {
            reporter_.note(
                "families are left out of OpenMetrics, where their names are others' too; "
                "Prometheus text has them",
                " (" + std::to_string(answer.page->left_out()) + " now)");
        }
    }
    return answer;
}

// Of the pages that slow clients hold, and the one that is `asked` for now, only the newest few are
// kept: the clients of the oldest are cut off.
void HttpServerImpl::let_old_pages_go(const std::shared_ptr<HttpPage>& asked) {
    const auto is_older = [](const std::shared_ptr<HttpPage>& a,
                             const std::shared_ptr<HttpPage>& b) {
        return a->begun_ns() < b->begun_ns();
    };
    std::set<std::shared_ptr<HttpPage>, decltype(is_older)> held(is_older);
    held.insert(asked);
    for (const ConnectionRef& connection : connections_) {
        if (connection->answer.page != nullptr) {
            held.insert(connection->answer.page);
        }
    }
    if (held.size() <= kPagesMax) {
        return;
    }
    const std::shared_ptr<HttpPage> oldest = *held.begin();
    const std::vector<ConnectionRef> all = connections_;
    for (const ConnectionRef& connection : all) {
        if (connection->answer.page == oldest) {
            cut_off(connection,
                    "a client that still takes an old page, when there are four newer ones");
        }
    }
}

void HttpServerImpl::write(const ConnectionRef& connection) {
    enter(*connection, Phase::kAnswering, kAnswerNs);
    Connection& it = *connection;
    const HttpAnswer& answer = it.answer;
    std::size_t bytes = answer.text.size();
    std::vector<asio::const_buffer> buffers(1);
    buffers.push_back(asio::buffer(answer.text));
    for (const std::string_view part : answer.parts) {
        bytes += part.size();
        buffers.push_back(asio::buffer(part.data(), part.size()));
    }
    const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
    it.head = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    it.head.append(reason.data(), reason.size()).append("\r\n").append(answer.headers);
    it.head.append("Content-Length: ").append(std::to_string(bytes));
    it.head.append(it.goes_on ? "\r\nConnection: keep-alive\r\n\r\n"
                              : "\r\nConnection: close\r\n\r\n");
    buffers[0] = asio::buffer(it.head);
    if (it.parser->get().method() == http::verb::head) {
        buffers.resize(1);
    }
    asio::async_write(it.socket, buffers, [this, connection](error_code failed, std::size_t sent) {
        environment_.counters.add_shared(Counter::kHttpBytes, sent);
        if (!connection->socket.is_open()) {
            connection->answer = {};
        } else if (failed) {
            drop(connection);
        } else {
            finish(connection);
        }
    });
}

void HttpServerImpl::finish(const ConnectionRef& connection) {
    connection->answer = {};
    if (connection->goes_on) {
        read(connection, kIdleNs);
        return;
    }
    // Closing at once, with something of the client's unread, could take the answer away from it.
    error_code ignored;
    connection->socket.shutdown(tcp::socket::shutdown_send, ignored);
    enter(*connection, Phase::kLingering, kLingerNs);
    linger(connection);
}

void HttpServerImpl::linger(const ConnectionRef& connection) {
    Connection& it = *connection;
    it.buffer.clear();
    it.socket.async_read_some(it.buffer.prepare(kHeaderBytesMax),
                              [this, connection](error_code failed, std::size_t got) {
                                  connection->lingered += got;
                                  if (!connection->socket.is_open()) {
                                      return;
                                  }
                                  if (failed || connection->lingered > kLingerBytesMax) {
                                      drop(connection);
                                  } else {
                                      linger(connection);
                                  }
                              });
}

}  // namespace

std::unique_ptr<HttpServer> make_http_server(const SinkOptions& options,
                                             const SinkEnvironment& environment) {
    return std::make_unique<HttpServerImpl>(options, environment);
}

}  // namespace remora
