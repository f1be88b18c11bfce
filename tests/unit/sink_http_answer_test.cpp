#include "sink/http_answer.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "support/http_client.h"

namespace remora {
namespace {

constexpr const char* kPage =
    "# HELP a_total x\n# TYPE a_total counter\na_total 1\n"
    "# HELP b x\n# TYPE b gauge\nb 2\n"
    "# HELP s x\n# TYPE s summary\ns_sum 3\ns_count 4\n";

class HttpAnswerTest : public testing::Test {
 protected:
    HttpAnswerTest() {
        state.page = std::make_shared<HttpPage>(kPage, 0);
        state.page_age_ns_max = 30 * kNanosPerSecond;
        state.down_text = "remora_up 0\n";
    }

    HttpAnswer get(std::string_view target, std::string_view accept = "",
                   std::string_view encoding = "") {
        return answer_http({"GET", target, accept, encoding}, state);
    }
    static std::string body(const HttpAnswer& answer) {
        std::string all = answer.text;
        for (const std::string_view part : answer.parts) {
            all.append(part);
        }
        return all;
    }

    HttpState state;
};

TEST_F(HttpAnswerTest, TheFormIsWhatTheClientLikesBest) {
    // What Prometheus 2.42 and 3.0 send.
    EXPECT_TRUE(prefers_openmetrics(
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
    EXPECT_TRUE(prefers_openmetrics(
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/"
        "openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
    EXPECT_TRUE(prefers_openmetrics("application/openmetrics-text"));
    EXPECT_TRUE(prefers_openmetrics("Application/OpenMetrics-Text; Version=1.0.0, text/plain"));
    EXPECT_TRUE(prefers_openmetrics("application/openmetrics-text;q=0.5, */*;q=0.5"));
    EXPECT_TRUE(prefers_openmetrics("application/openmetrics-text;q=0.5,text/plain;q=0.4,*/*"));
    EXPECT_FALSE(prefers_openmetrics(""));
    EXPECT_FALSE(prefers_openmetrics("*/*"));
    EXPECT_FALSE(prefers_openmetrics("text/plain"));
    EXPECT_FALSE(prefers_openmetrics("text/html,*/*;q=0.8"));
    EXPECT_FALSE(
        prefers_openmetrics("application/openmetrics-text;version=0.0.1,text/plain;q=0.5"));
    EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0.5,text/plain"));
    EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0.5,text/*;q=0.501"));
    EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0"));
    for (const char* wrong : {"2", "1.1", "0.1234", "-1", "x", "", "1.", "0,5"}) {
        const std::string accept = "application/openmetrics-text;q=";
        EXPECT_EQ(prefers_openmetrics(accept + wrong), std::string_view(wrong) == "1.") << wrong;
    }
}

TEST_F(HttpAnswerTest, GzipIsSentToWhoTakesIt) {
    EXPECT_TRUE(takes_gzip("gzip"));
    EXPECT_TRUE(takes_gzip("deflate, GZIP;q=0.5"));
    EXPECT_TRUE(takes_gzip("*"));
    EXPECT_FALSE(takes_gzip(""));
    EXPECT_FALSE(takes_gzip("deflate, br"));
    EXPECT_FALSE(takes_gzip("gzip;q=0, *"));
    const HttpAnswer answer = get("/metrics", "", "gzip");
    EXPECT_NE(answer.headers.find("Content-Encoding: gzip\r\n"), std::string::npos);
    EXPECT_EQ(gunzipped(body(answer)), kPage);
    EXPECT_EQ(get("/metrics", "", "gzip").parts[0].data(), answer.parts[0].data())
        << "compressed once";
}

TEST_F(HttpAnswerTest, OpenMetricsIsMadeOnceAndHasItsType) {
    const HttpAnswer answer = get("/metrics", "application/openmetrics-text; version=1.0.0");
    EXPECT_NE(answer.headers.find("application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
              std::string::npos);
    EXPECT_TRUE(body(answer).ends_with("# EOF\n"));
    EXPECT_EQ(get("/metrics", "application/openmetrics-text").parts[0].data(),
              answer.parts[0].data());
    EXPECT_NE(get("/metrics").headers.find("text/plain; version=0.0.4; charset=utf-8\r\n"),
              std::string::npos);
}

TEST_F(HttpAnswerTest, NamesFilterFamilies) {
    const std::string a = "# HELP a_total x\n# TYPE a_total counter\na_total 1\n";
    const std::string b = "# HELP b x\n# TYPE b gauge\nb 2\n";
    const std::string s = "# HELP s x\n# TYPE s summary\ns_sum 3\ns_count 4\n";
    EXPECT_EQ(body(get("/metrics?name[]=b")), b);
    EXPECT_EQ(body(get("/metrics?name[]=s_count&name[]=b&name[]=b", "", "gzip")), b + s);
    EXPECT_EQ(body(get("/metrics?x=1&name%5b%5D=a&debug")), a);
    EXPECT_EQ(body(get("/metrics?name[]=a_total")), a);
    EXPECT_EQ(body(get("/metrics?name[]=none&name[]=")), "");
    EXPECT_EQ(body(get("/metrics?name=b")), kPage) << "another parameter";
    EXPECT_EQ(body(get("/metrics?name[]=a_total&name[]=a", "application/openmetrics-text")),
              "# HELP a x\n# TYPE a counter\na_total 1\n# EOF\n");
    EXPECT_EQ(body(get("/metrics?name[]=none", "application/openmetrics-text")), "# EOF\n");
    EXPECT_EQ(get("/metrics?name[]=none").status, 200U);
}

TEST_F(HttpAnswerTest, DeadNeverLooksAlive) {
    state.now_ns = 30 * kNanosPerSecond;
    EXPECT_EQ(get("/metrics").status, 200U);
    EXPECT_EQ(body(get("/healthz")), "ok\n");
    state.now_ns += 1;
    EXPECT_EQ(get("/metrics").status, 503U);
    EXPECT_EQ(body(get("/metrics?name[]=b", "application/openmetrics-text")), "remora_up 0\n");
    EXPECT_EQ(get("/healthz").status, 503U);
    EXPECT_EQ(body(get("/healthz")), "no tick for 30 s\n");
    EXPECT_EQ(get("/-/healthy").status, 200U) << "a probe that ends the broker asks this";
    state.page = nullptr;
    EXPECT_EQ(get("/metrics").status, 503U);
    EXPECT_EQ(body(get("/healthz")), "no tick yet\n");
    EXPECT_FALSE(get("/healthz").is_refusal());
}

TEST_F(HttpAnswerTest, AnythingElseIsRefusedWithASentence) {
    for (const char* target : {"/", "/metric", "/metrics/", "", "*", "metrics", "/healthz/x",
                               "http://a", "http://a/", "https://a/metrics"}) {
        const HttpAnswer answer = get(target);
        EXPECT_EQ(answer.status, 404U) << target;
        EXPECT_TRUE(answer.is_refusal());
        EXPECT_EQ(body(answer), "expected /metrics or /healthz\n");
    }
    EXPECT_EQ(get("http://proxy:1/metrics?x").status, 200U);
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
        const HttpAnswer answer = answer_http({method, "/metrics", "", ""}, state);
        EXPECT_EQ(answer.status, 405U) << method;
        EXPECT_NE(answer.headers.find("Allow: GET, HEAD\r\n"), std::string::npos);
    }
    EXPECT_EQ(answer_http({"HEAD", "/metrics", "", ""}, state).status, 200U);
}

}  // namespace
}  // namespace remora
