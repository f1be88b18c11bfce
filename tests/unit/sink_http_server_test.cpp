#include "sink/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sink/cpu_allowance.h"
#include "support/fake_clock.h"
#include "support/http_client.h"
#include "support/kept_log.h"

namespace remora {
namespace {

// A server on a thread of its own, at a port that the system chose.
class HttpServerTest : public testing::Test {
 protected:
    HttpServerTest() {
        options_.name = "http-0";
        options_.host = "127.0.0.1";
        options_.page_age_ms_max = 30'000;
        options_.http_cpu_share = 1;
        options_.down_text = "remora_up 0\n";
    }
    ~HttpServerTest() override { stop(); }

    // Until it listens, unless it cannot.
    void start(bool can_listen = true) {
        auto server = make_http_server(
            options_, {clock_, counters_, log_, files_, sockets_, {}, {}, &stride_});
        server_ = server.get();
        runner_ = std::make_unique<Runner>("remora-http", std::move(server),
                                           [](const char* what) { ADD_FAILURE() << what; });
        ASSERT_TRUE(runner_->start());
        if (can_listen) {
            ASSERT_TRUE(comes([this] { return server_->port() != 0; }));
        }
    }
    void stop() {
        if (runner_ != nullptr) {
            server_->quit();
            EXPECT_TRUE(runner_->stop(10'000));
            runner_.reset();
        }
    }

    void publish(const std::string& text) {
        server_->publish(std::make_shared<HttpPage>(text, clock_.monotonic_ns()));
    }
    std::uint16_t port() const { return server_->port(); }
    HttpReply get(std::string_view target, std::string_view headers = "") {
        return http_get(port(), target, headers);
    }
    std::uint64_t count(Counter counter) const { return counters_.get(counter); }

    static bool comes(const std::function<bool()>& what) {
        for (int i = 0; i < 10'000 && !what(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return what();
    }

    // More than the buffers of the system take on the way.
    static std::string large_page() {
        std::string page = "# HELP big x\n# TYPE big gauge\n";
        for (int i = 0; page.size() < (3U << 20); ++i) {
            page += "big{n=\"" + std::to_string(i) + "\"} 1\n";
        }
        return page;
    }
    // A client that asks for the page and does not take it.
    std::unique_ptr<HttpClient> slow_client() {
        const std::uint64_t before = count(Counter::kHttpRequests);
        auto client = std::make_unique<HttpClient>(port(), 4096);
        client->get("/metrics");
        EXPECT_TRUE(comes([&] { return count(Counter::kHttpRequests) > before; }));
        return client;
    }

    SinkOptions options_;
    FakeClock clock_;
    CounterTable counters_;
    KeptLog lines_;
    Log log_{lines_, clock_, counters_};
    PosixFileSystem files_;
    PosixSocketFactory sockets_;
    std::atomic<std::uint32_t> stride_{1};
    HttpServer* server_ = nullptr;
    std::unique_ptr<Runner> runner_;
};

constexpr const char* kPage = "# HELP a_total x\n# TYPE a_total counter\na_total 1\n";

TEST_F(HttpServerTest, ServesTheNewestPageInEachForm) {
    start();
    EXPECT_EQ(get("/metrics").status, 503);
    EXPECT_EQ(get("/metrics").body, "remora_up 0\n");
    EXPECT_EQ(get("/healthz").status, 503);
    publish("# HELP old x\n# TYPE old gauge\nold 1\n");
    publish(kPage);
    EXPECT_EQ(get("/metrics").body, kPage);
    EXPECT_EQ(get("/healthz").body, "ok\n");
    const HttpReply zipped = get("/metrics", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(zipped.headers.at("Content-Encoding"), "gzip");
    EXPECT_EQ(gunzipped(zipped.body), kPage);
    const HttpReply open = get("/metrics?name[]=a", "Accept: application/openmetrics-text\r\n");
    EXPECT_EQ(open.body, "# HELP a x\n# TYPE a counter\na_total 1\n# EOF\n");
    EXPECT_EQ(open.headers.at("Content-Type"),
              "application/openmetrics-text; version=1.0.0; charset=utf-8");
    EXPECT_EQ(count(Counter::kHttpRequests), 7U);
    EXPECT_EQ(count(Counter::kHttpRefused), 0U);
    EXPECT_GT(count(Counter::kHttpBytes), 500U);
    EXPECT_TRUE(comes([this] { return count(Counter::kHttpCpuNanos) > 0; }));
    EXPECT_TRUE(lines_.lines().empty()) << lines_.text();
}

TEST_F(HttpServerTest, AnOldPageIsNotServedAndOneOfAStretchedTickIsNotOld) {
    start();
    publish(kPage);
    clock_.advance_ms(30'001);
    EXPECT_EQ(get("/metrics").status, 503);
    EXPECT_EQ(get("/metrics").body, "remora_up 0\n");
    stride_ = 4;
    EXPECT_EQ(get("/metrics").status, 200);
    clock_.advance_ms(90'000);
    EXPECT_EQ(get("/healthz").status, 503);
    publish(kPage);
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(HttpServerTest, AStretchWithinTheOutputsIntervalLeavesThePagesBound) {
    options_.base_intervals = 6;
    options_.page_age_ms_max = 18'000;
    stride_ = 4;
    start();
    publish(kPage);
    clock_.advance_ms(18'000);
    EXPECT_EQ(get("/metrics").status, 200);
    clock_.advance_ms(1);
    EXPECT_EQ(get("/metrics").status, 503);
    stride_ = 7;
    clock_.advance_ms(17'999);
    EXPECT_EQ(get("/metrics").status, 200);
    clock_.advance_ms(1);
    EXPECT_EQ(get("/metrics").status, 503);
}

TEST_F(HttpServerTest, AConnectionServesManyRequestsAlsoThoseThatDoNotWait) {
    start();
    publish(kPage);
    HttpClient client(port());
    client.get("/metrics");
    EXPECT_EQ(client.reply().headers.at("Connection"), "keep-alive");
    client.send("GET /healthz HTTP/1.1\r\n\r\nHEAD /metrics HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r");
    EXPECT_EQ(client.reply().body, "ok\n");
    const HttpReply head = client.reply(false);
    EXPECT_EQ(head.headers.at("Content-Length"), std::to_string(std::string(kPage).size()));
    client.send("\nGET /metrics HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.reply().status, 404);
    const HttpReply last = client.reply();
    EXPECT_EQ(last.body, kPage);
    EXPECT_EQ(last.headers.at("Connection"), "close");
    EXPECT_TRUE(client.has_ended());
}

TEST_F(HttpServerTest, WhatIsNoScrapeIsRefusedCountedAndSaidOnce) {
    start();
    publish(kPage);
    const std::string long_value(9'000, 'x');
    const std::vector<std::pair<std::string, int>> requests = {
        {"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405},
        {"POST /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + long_value, 413},
        {"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 413},
        {"GET /metrics HTTP/1.1\r\nX: " + long_value + "\r\n\r\n", 431},
        {"GET /metrics?" + long_value + " HTTP/1.1\r\n\r\n", 431},
        {"\x16\x03\x01\x02\x01 TLS\r\n\r\n", 400},
        {"GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {"GET /metrics SPDY\r\n\r\n", 400},
        {"GET /nothing HTTP/1.1\r\n\r\n", 404},
    };
    for (const auto& [request, status] : requests) {
        HttpClient client(port());
        client.send(request);
        const HttpReply reply = client.reply();
        EXPECT_EQ(reply.status, status) << request.substr(0, 60);
        EXPECT_TRUE(reply.body.starts_with("expected ")) << reply.body;
        if (status != 404 && status != 405) {
            client.end_sending();
            EXPECT_TRUE(client.has_ended()) << request.substr(0, 60);
        }
    }
    EXPECT_EQ(count(Counter::kHttpRefused), requests.size());
    EXPECT_EQ(lines_.count("a request is refused"), 1);
    EXPECT_EQ(get("/metrics").body, kPage);
}

TEST_F(HttpServerTest, FamiliesThatOpenMetricsCannotHoldAreSaidOnceHoweverManyThereAre) {
    start();
    std::string page = "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n";
    for (const std::string name : {"a_total", "b_total"}) {
        page += "# HELP " + name + " x\n# TYPE " + name + " counter\n" + name + " 1\n";
        publish(page);
        get("/metrics", "Accept: application/openmetrics-text\r\n");
    }
    EXPECT_EQ(lines_.count("families are left out of OpenMetrics"), 1) << lines_.text();
    EXPECT_EQ(lines_.count("(1 now)"), 1) << lines_.text();
}

TEST_F(HttpServerTest, WhereAPasswordIsConfiguredThePageIsForWhoKnowsIt) {
    options_.scraper =
        Scraper{"prom", "pbkdf2_sha256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0="};
    start();
    publish(kPage);
    EXPECT_EQ(get("/metrics").status, 401);
    EXPECT_EQ(get("/metrics", "Authorization: Basic cHJvbTpzZWNyZXQ=\r\n").body, kPage);
    EXPECT_EQ(count(Counter::kHttpRefused), 1U);
}

TEST_F(HttpServerTest, AClientThatGoesInTheMiddleLeavesNothing) {
    start();
    publish(large_page());
    for (int i = 0; i < 300; ++i) {  // more than there are places
        HttpClient client(port());
        client.send(i % 3 == 0 ? "GET /metr" : "GET /metrics HTTP/1.1\r\n\r\n");
    }
    publish(kPage);
    EXPECT_EQ(get("/metrics").body, kPage);
    EXPECT_EQ(count(Counter::kHttpRefused), 0U);
    EXPECT_EQ(count(Counter::kHttpCutOff), 0U);
}

TEST_F(HttpServerTest, AHundredAtOnceAreServed) {
    start();
    const std::string page = large_page();
    publish(page);
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(slow_client());
    }
    for (const auto& client : clients) {
        ASSERT_EQ(client->reply().body.size(), page.size());
    }
    EXPECT_EQ(count(Counter::kHttpRefused), 0U);
}

TEST_F(HttpServerTest, BeyondItsPlacesAConnectionIsRefusedAndAnIdleOneGivesWay) {
    start();
    publish(large_page());
    std::vector<std::unique_ptr<HttpClient>> idle;
    for (int i = 0; i < 140; ++i) {
        idle.push_back(std::make_unique<HttpClient>(port()));
    }
    std::vector<std::unique_ptr<HttpClient>> slow;
    for (int i = 0; i < 128; ++i) {
        slow.push_back(slow_client());
    }
    for (const auto& client : idle) {
        EXPECT_TRUE(client->has_ended());
    }
    EXPECT_EQ(count(Counter::kHttpRefused), 0U);
    HttpClient one_more(port());
    one_more.get("/metrics");
    EXPECT_EQ(one_more.reply().status, 0);
    EXPECT_EQ(count(Counter::kHttpRefused), 1U);
    EXPECT_EQ(lines_.count("128 connections are being answered"), 1);
    slow.pop_back();
    EXPECT_TRUE(comes([this] { return get("/healthz").status == 200; }));
}

TEST_F(HttpServerTest, WhoTakesTooLongIsCutOff) {
    start();
    publish(large_page());
    const auto slow = slow_client();
    HttpClient half(port());
    half.send("GET /metrics HTTP/1.1\r\nX: ");
    HttpClient idle(port());
    EXPECT_EQ(get("/-/healthy").status, 200);
    clock_.advance_ms(30'000);
    EXPECT_TRUE(comes([this] { return count(Counter::kHttpCutOff) == 2; }));
    EXPECT_LT(slow->reply().body.size(), large_page().size());
    EXPECT_TRUE(half.has_ended());
    EXPECT_TRUE(idle.has_ended());
    EXPECT_EQ(lines_.count("is cut off"), 1);
}

TEST_F(HttpServerTest, ALaterRequestThatHasBegunHasToGoOnToo) {
    start();
    HttpClient client(port());
    client.send("GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.reply().status, 200);
    client.send("GET /metrics HTTP/1.1\r\nX: ");
    // Not for as long as a connection may wait between two requests: 50 s of 120.
    EXPECT_TRUE(comes([this] {
        clock_.advance_ms(5);
        return count(Counter::kHttpCutOff) == 1;
    }));
}

TEST_F(HttpServerTest, OldPagesThatSlowClientsHoldAreFew) {
    start();
    const std::string page = large_page();
    std::vector<std::weak_ptr<HttpPage>> pages;
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < 8; ++i) {
        clock_.advance_ms(1);
        auto next = std::make_shared<HttpPage>(page, clock_.monotonic_ns());
        pages.push_back(next);
        server_->publish(std::move(next));
        clients.push_back(slow_client());
    }
    EXPECT_TRUE(comes([&] { return pages[3].expired(); }));
    EXPECT_FALSE(pages[7].expired());
    EXPECT_EQ(count(Counter::kHttpCutOff), 4U);
    EXPECT_EQ(clients[7]->reply().body.size(), page.size()) << "the newest are not touched";
}

TEST_F(HttpServerTest, AFurtherClientOfAPageThatIsHeldCutsNobodyOff) {
    start();
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clock_.advance_ms(1);
        publish(large_page());
        clients.push_back(slow_client());
        clients.push_back(slow_client());
    }
    EXPECT_EQ(count(Counter::kHttpCutOff), 0U);
    EXPECT_EQ(clients[0]->reply().body.size(), large_page().size());
}

TEST_F(HttpServerTest, APortInUseIsSaidInOneLineAndTriedAgain) {
    start();
    publish(kPage);
    options_.port = port();
    const auto first = std::exchange(runner_, nullptr);
    HttpServer* const first_server = std::exchange(server_, nullptr);
    start(false);
    const std::string line =
        "output http-0: cannot listen at 127.0.0.1:" + std::to_string(options_.port) +
        ": Address already in use";
    EXPECT_TRUE(comes([&] { return lines_.has(line); })) << lines_.text();
    clock_.advance_ms(1'000);
    EXPECT_TRUE(comes([this] { return count(Counter::kSinkErrors) >= 2; }));
    EXPECT_EQ(lines_.count("cannot listen"), 1);
    EXPECT_EQ(http_get(options_.port, "/metrics").body, kPage) << "the first one's";
    first_server->quit();
    EXPECT_TRUE(first->stop(10'000));
    EXPECT_FALSE(HttpClient(options_.port).is_connected());
    clock_.advance_ms(30'000);
    EXPECT_TRUE(comes([this] { return server_->port() == options_.port; }));
    EXPECT_EQ(get("/healthz").body, "no tick yet\n");
    EXPECT_EQ(lines_.count("works again"), 1);
}

TEST_F(HttpServerTest, ItsPortIsFreeWhenItEndsAlsoUnderClients) {
    start();
    options_.port = port();
    for (int i = 0; i < 10; ++i) {
        publish(large_page());
        const auto slow = slow_client();
        HttpClient idle(port());
        stop();
        EXPECT_FALSE(HttpClient(options_.port).is_connected());
        start();
        EXPECT_EQ(get("/healthz").body, "no tick yet\n");
    }
    EXPECT_TRUE(lines_.lines().empty()) << lines_.text();
}

TEST_F(HttpServerTest, AHostThatHasNoAddressIsSaid) {
    options_.host = "no-such-host.invalid";
    start(false);
    EXPECT_TRUE(comes([this] { return lines_.has("cannot listen at no-such-host.invalid:0: "); }));
    stop();
    options_.host = "localhost";
    start();
    publish(kPage);
    EXPECT_EQ(get("/metrics").body, kPage);
}

TEST(CpuAllowanceTest, RestsAsLongAsItUsedTooMuch) {
    CpuAllowance allowance(0.05, kNanosPerSecond);
    std::int64_t now_ns = 100 * kNanosPerSecond;
    EXPECT_EQ(allowance.spend(kNanosPerSecond, now_ns), 0) << "the burst";
    EXPECT_EQ(allowance.spend(kNanosPerMilli, now_ns), 20 * kNanosPerMilli);
    now_ns += 20 * kNanosPerMilli;
    EXPECT_EQ(allowance.spend(0, now_ns), 0);
    now_ns += 1'000 * kNanosPerSecond;
    EXPECT_EQ(allowance.spend(kNanosPerSecond, now_ns), 0) << "no more than one burst is saved";
    EXPECT_GT(allowance.spend(kNanosPerMilli, now_ns), 0);
}

}  // namespace
}  // namespace remora
