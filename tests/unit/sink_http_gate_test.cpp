#include "sink/http_gate.h"

#include <gtest/gtest.h>

#include "sink/http_answer.h"

namespace remora {
namespace {

constexpr const char* kSecret =
    "pbkdf2_sha256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=";
constexpr const char* kRight = "Basic cHJvbTpzZWNyZXQ=";  // prom:secret
constexpr const char* kWrong = "Basic cHJvbTp3cm9uZw==";  // prom:wrong
using Verdict = HttpGate::Verdict;

TEST(HttpGateTest, LetsInWhoKnowsNameAndPassword) {
    HttpGate gate("prom", kSecret);
    EXPECT_EQ(gate.judge(kRight, 0), Verdict::kIn);
    EXPECT_EQ(gate.judge(kRight, 0), Verdict::kIn);
    for (const char* other : {"", "Basic", "Basic ", "Basic ???", "Bearer cHJvbTpzZWNyZXQ=",
                              "Basic cHJvbQ==", "Basic cHJvbTI6c2VjcmV0", "Basic OnNlY3JldA=="}) {
        EXPECT_EQ(gate.judge(other, 0), Verdict::kOut) << other;
    }
    EXPECT_EQ(HttpGate("prom", "no hash").judge(kRight, 0), Verdict::kOut);
    EXPECT_EQ(HttpGate("", "").judge("Basic Og==", 0), Verdict::kOut) << "neither has a text";
}

TEST(HttpGateTest, OnlySoManyPasswordsAreTriedInATime) {
    HttpGate gate("prom", kSecret);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(gate.judge(kWrong, 0), Verdict::kOut);
    }
    EXPECT_EQ(gate.judge(kWrong, 0), Verdict::kLater);
    EXPECT_EQ(gate.judge(kRight, 0), Verdict::kLater);
    EXPECT_EQ(gate.judge(kRight, HttpGate::kTryNs), Verdict::kIn);
    EXPECT_EQ(gate.judge(kWrong, HttpGate::kTryNs), Verdict::kLater);
    EXPECT_EQ(gate.judge(kRight, HttpGate::kTryNs), Verdict::kIn) << "it is known by now";
    EXPECT_EQ(gate.judge(kWrong, 2 * HttpGate::kTryNs), Verdict::kOut);
}

TEST(HttpGateTest, AStrangerIsToldWhatIsMissingAndOfMetricsOnly) {
    HttpGate gate("prom", kSecret);
    HttpState state;
    state.page = std::make_shared<HttpPage>("a 1\n", 0);
    state.gate = &gate;
    const HttpAnswer none = answer_http({"GET", "/metrics", "", ""}, state);
    EXPECT_EQ(none.status, 401U);
    EXPECT_TRUE(none.is_refusal());
    EXPECT_NE(none.headers.find("WWW-Authenticate: Basic realm=\"remora\""), std::string::npos);
    EXPECT_TRUE(none.parts.empty());
    EXPECT_EQ(answer_http({"GET", "/metrics", "", "", kRight}, state).status, 200U);
    EXPECT_EQ(answer_http({"GET", "/healthz", "", ""}, state).status, 200U);
    unsigned status = 0;
    for (int i = 0; i < 5; ++i) {
        status = answer_http({"GET", "/metrics?name[]=a", "", "", kWrong}, state).status;
    }
    EXPECT_EQ(status, 429U);
}

}  // namespace
}  // namespace remora
