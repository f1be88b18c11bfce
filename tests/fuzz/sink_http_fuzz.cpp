// Any bytes as requests to a scrape endpoint: an answer or an end, and the next client is served.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>
#include <thread>

#include "../support/http_client.h"
#include "base/runner.h"
#include "sink/http_server.h"

namespace remora {
namespace {

class NoLog final : public LogSink {
 public:
    void write(LogLevel, std::string_view) noexcept override {}
};

// Never ends: libFuzzer leaves without a word.
struct Endpoint {
    Endpoint() {
        options.name = "fuzz";
        options.host = "127.0.0.1";
        options.page_age_ms_max = 86'400'000;
        options.http_cpu_share = 1;
        auto made = make_http_server(options, {clock, counters, log, files, sockets});
        server = made.get();
        runner = new Runner("remora-http", std::move(made), [](const char* what) {
            std::fprintf(stderr, "the server threw: %s\n", what);
            __builtin_trap();
        });
        const bool is_started = runner->start().is_ok();
        server->publish(std::make_shared<HttpPage>(
            "# HELP a_total x\n# TYPE a_total counter\na_total 1\n", clock.monotonic_ns()));
        while (is_started && server->port() == 0) {
            std::this_thread::yield();
        }
    }

    SinkOptions options;
    SystemClock clock;
    CounterTable counters;
    NoLog sink;
    Log log{sink, clock, counters};
    PosixFileSystem files;
    PosixSocketFactory sockets;
    HttpServer* server = nullptr;
    Runner* runner = nullptr;
};

}  // namespace
}  // namespace remora

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace remora;
    static Endpoint& endpoint = *new Endpoint;
    if (size == 0) {
        return 0;
    }
    // In two parts, of which the first byte is the length of the first.
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    {
        HttpClient client(endpoint.server->port());
        client.send(text.substr(0, data[0]));
        client.send(text.substr(std::min<std::size_t>(data[0], text.size())));
        client.end_sending();
        HttpReply reply;
        do {
            // No body is looked for: HEAD has none. What follows is no reply then.
            reply = client.reply(false);
            switch (reply.status) {
                case -1:
                case 0:
                case 200:
                case 400:
                case 404:
                case 405:
                case 413:
                case 431:
                    break;
                default:
                    __builtin_trap();
            }
        } while (reply.status > 0);
    }
    static std::uint64_t runs = 0;
    if (++runs % 16 == 0 && http_get(endpoint.server->port(), "/metrics").status != 200) {
        __builtin_trap();
    }
    return 0;
}
