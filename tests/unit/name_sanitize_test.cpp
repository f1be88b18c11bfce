#include "name/sanitize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace remora {
namespace {

TEST(SanitizeTest, KeepsLongLabelValuesApart) {
    const std::string a = std::string(5000, 'v') + "a";
    const std::string b = std::string(5000, 'v') + "b";
    EXPECT_NE(label_value(a), label_value(b));
    EXPECT_LE(label_value(a).size(), 1024U);
    EXPECT_EQ(label_value("\"q\\\"q\""), "q\"q");
}

TEST(SanitizeTest, MakesSafeMetricNames) {
    EXPECT_EQ(metric_name({"kafka.server", "raft-metrics", "", "a--b"}),
              "kafka_server_raft_metrics_a_b");
    EXPECT_EQ(metric_name({"", ""}), "_");
    EXPECT_THAT(metric_name({"\xc3\xa4", "x:y"}), ::testing::MatchesRegex("_x_y_[0-9a-f]+"));
    EXPECT_NE(metric_name({"日本"}), metric_name({"中国"}));
    EXPECT_NE(label_name("日本"), label_name("中国"));
    EXPECT_FALSE(label_name("日本").starts_with("__")) << "Prometheus keeps those for itself";
}

TEST(SanitizeTest, NeverBeginsALabelWithTwoUnderscores) {
    EXPECT_EQ(label_name("__name__"), "_name__");
    EXPECT_EQ(label_name("--"), "_");
    EXPECT_EQ(label_name("-.a_-b"), "_a__b");
    EXPECT_EQ(label_name("_-1"), "_1");
    EXPECT_EQ(label_name(""), "_");
    EXPECT_EQ(label_name("0a"), "_0a");
    EXPECT_EQ(label_name("le"), "exported_le");
}

}  // namespace
}  // namespace remora
