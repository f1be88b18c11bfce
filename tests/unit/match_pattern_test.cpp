// ObjectName patterns against what a JVM answers; globs.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "match/pattern.h"

namespace remora {
namespace {

// The names that the answers below are about, in order.
const std::vector<std::string> kNames = {"kafka.log:type=Log,name=Size,topic=t1,partition=0",
                                         "kafka.log:type=Log",
                                         "kafka.server:type=Log,name=Size",
                                         "d:k=\"a\\*\"",
                                         "d:k=\"a,b\"",
                                         "d:k=\"abc\"",
                                         "d:k=abc",
                                         "d:k=a",
                                         "d:k=aXbYc",
                                         "d:type=Log,name=Size",
                                         "d:k=\"a\\\\b\"",
                                         "d:a=1,b=2",
                                         "d:a=1,b=2,c=3",
                                         "d:k=\"\\\"x\"",
                                         "d:k=\"a\\*bz\"",
                                         "d:k=\"a\\?b\"",
                                         "d:k=",
                                         "d:k=\"\"",
                                         "dom:k=v"};

// Recorded from javax.management.ObjectName of OpenJDK 17: one digit a name, 1 where apply() was
// true; empty where the constructor refused the pattern.
const std::vector<std::pair<std::string, std::string>> kAnswers = {
    {"*:*", "1111111111111111111"},
    {"kafka.log:type=Log,*", "1100000000000000000"},
    {"kafka.log:*,type=Log", "1100000000000000000"},
    {"kafka.log:type=Log", "0100000000000000000"},
    {"kafka.*:type=Log,name=Size,*", "1010000000000000000"},
    {"kafka.lo?:type=L*g,name=*,topic=*,partition=*", "1000000000000000000"},
    {"d:k=\"a*\"", "0001110000100011000"},
    {"d:k=\"a\\*\"", "0001000000000000000"},
    {"d:k=\"a\\*b*\"", "0000000000100011000"},
    {"d:k=a*", "0000001110000000000"},
    {"d:k=*", "0001111110100111110"},
    {"d:k=?", "0000000100000000000"},
    {"d:k=\"?\"", "0000000000000000000"},
    {":type=x", "0000000000000000000"},
    {"d:name=Size,type=Log", "0000000001000000000"},
    {"d:*", "0001111111111111110"},
    {"d:k=a*b*c", "0000001010000000000"},
    {"*.log:*", "1100000000000000000"},
    {"d:k=\"a,b\"", "0000100000000000000"},
    {"d:k=\"a?b\"", "0000100000000000000"},
    {"d:k=", "0000000000000000100"},
    {"d:k=\"\"", "0000000000000000010"},
    {"d:k=\"\\\"*\"", "0000000000000100000"},
    {"d:a=1,*,b=2", "0000000000011000000"},
    {"d:**", ""},
    {"d:k=a,k=b", ""},
    {"d:k=a=b", ""},
    {"d:k=a:b", ""},
    {"d:k", ""},
    {"d:=v", ""},
    {"d:", ""},
    {"d", ""},
    {"d:k=\"a", ""},
    {"d:k=\"a\"b", ""},
    {"d:*,*", ""},
    {"d:k*=v", ""},
    {"d:k=a\"b", ""},
    {"d:k=v,", ""},
    {"d:k=\"\\q\"", ""},
    {"d*:k=v", "0000000000000000001"},
    {"d?m:k=v", "0000000000000000001"},
    {"d:k=v,*,*", ""},
    {"d:,k=v", ""},
};

TEST(ObjectNamePatternTest, AnswersAsAJvmDoes) {
    for (const auto& [text, answers] : kAnswers) {
        const Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(text);
        ASSERT_EQ(pattern.is_ok(), !answers.empty()) << text << ": " << pattern.status().message();
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const Result<ObjectName> name = ObjectName::parse(kNames[i]);
            ASSERT_TRUE(name) << kNames[i];
            EXPECT_EQ(pattern.value().matches(name.value()), answers[i] == '1')
                << text << " against " << kNames[i];
        }
    }
}

TEST(ObjectNamePatternTest, RefusesASpaceThatNobodySees) {
    for (const char* text :
         {"d:type=A, name=B", "d:type=A,name =B", "d:type=A,name= B", "d:type=A ,name=B",
          "d :type=A", " d:type=A", "d:type=A, *", "d: type=A", "d:type=A,name=B "}) {
        const Result<ObjectNamePattern> parsed = ObjectNamePattern::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.status().message().find("a space at the edge"), std::string::npos)
            << text << ": " << parsed.status().message();
    }
    EXPECT_TRUE(ObjectNamePattern::parse("d:type=A B,name=\" x \""));
}

TEST(ObjectNamePatternTest, TellsTheDomainAndTypeItIsBoundTo) {
    const auto bound = ObjectNamePattern::parse("kafka.log:type=Log,name=S*,*");
    EXPECT_EQ(bound.value().exact_domain(), "kafka.log");
    EXPECT_EQ(bound.value().exact_value("type"), "Log");
    EXPECT_EQ(bound.value().exact_value("name"), "");
    EXPECT_EQ(ObjectNamePattern::parse("kafka.*:*").value().exact_domain(), "");
}

TEST(GlobTest, ManyStarsTakeNoExponentialTime) {
    std::string pattern;
    for (int i = 0; i < 40; ++i) {
        pattern += "*a";
    }
    EXPECT_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_FALSE(glob_matches("?", ""));
    EXPECT_TRUE(glob_matches("a?c*", "abc"));
    EXPECT_FALSE(glob_matches("", "a"));
}

}  // namespace
}  // namespace remora
