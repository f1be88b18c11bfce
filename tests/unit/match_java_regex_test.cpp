// Patterns of java.util.regex: what they find, what is refused, and which of them see a value.
#include "match/java_regex.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace remora {
namespace {

// What the groups found, "-" for one that took no part; "no" without a match.
std::vector<std::string> found(const std::string& pattern, const std::string& text) {
    const Result<JavaRegex> regex = JavaRegex::compile(pattern);
    EXPECT_TRUE(regex) << pattern << ": " << regex.status().message();
    std::vector<std::optional<std::string_view>> groups;
    if (!regex || regex.value().match(text, groups) != Regex::Answer::kYes) {
        return {"no"};
    }
    std::vector<std::string> texts;
    for (std::size_t i = 1; i < groups.size(); ++i) {
        texts.emplace_back(groups[i] ? std::string(*groups[i]) : "-");
    }
    return texts;
}

std::string refusal(const std::string& pattern) {
    const Result<JavaRegex> regex = JavaRegex::compile(pattern);
    return regex ? "compiled" : regex.status().message();
}

bool reaches_value(const std::string& pattern) {
    const Result<JavaRegex> regex = JavaRegex::compile(pattern);
    EXPECT_TRUE(regex) << pattern << ": " << regex.status().message();
    return regex && regex.value().reaches_value();
}

using Texts = std::vector<std::string>;

TEST(JavaRegexTest, FindsTheLastPlaceThatFits) {
    EXPECT_EQ(found("(\\d+)", "a12"), Texts{"2"});
    EXPECT_EQ(found("a(.*)", "xaya1"), Texts{"1"});
    EXPECT_EQ(found("^a(.*)", "a1a2"), Texts{"1a2"});
    EXPECT_EQ(found("", "anything"), Texts{});
    EXPECT_EQ(found("a|(b)", "xx"), Texts{"no"});
    EXPECT_EQ(found("x(a)?", "x"), Texts{"-"});
}

TEST(JavaRegexTest, ALineBreakEndsWhatADotFinds) {
    EXPECT_EQ(found("a", "a\n"), Texts{"no"});
    EXPECT_EQ(found("a.b", "a\rb"), Texts{"no"});
    EXPECT_EQ(found("(?s)a.b", "a\nb"), Texts{});
    EXPECT_EQ(found("a$", "a"), Texts{});
}

TEST(JavaRegexTest, KnowsEscapesOfJava) {
    EXPECT_EQ(found("(\\u0041\\x42\\x{43}\\0104\\cE)", "ABCD\x05"), Texts{"ABCD\x05"});
    EXPECT_EQ(found("\\Q(a.*\\E(.)", "(a.*!"), Texts{"!"});
    EXPECT_EQ(found("\\Qa\\E+\\Q.", "xaaa."), Texts{});
    EXPECT_EQ(found("(\\p{Lower}\\P{Lower})", "xA"), Texts{"xA"});
    EXPECT_EQ(found("([\\p{Upper}\\d_-]+)$", "xAB-1_"), Texts{"_"});
    EXPECT_EQ(found("^([\\P{Digit}]+)$", "xy"), Texts{"xy"});
    EXPECT_EQ(found("^([^\\D]+)$", "12"), Texts{"12"});
    EXPECT_EQ(found("^([]a]+)$", "]a"), Texts{"]a"});
    EXPECT_EQ(found("^([a\\-c^]+)$", "a-c^"), Texts{"a-c^"});
    EXPECT_EQ(found("^([\\x41-\\u0043]+)$", "ABC"), Texts{"ABC"});
    EXPECT_EQ(found("(\\t\\n\\r\\f\\a\\e)", "\t\n\r\f\a\x1B"), Texts{"\t\n\r\f\a\x1B"});
}

TEST(JavaRegexTest, LettersOutsideAsciiMatchThemselves) {
    EXPECT_EQ(found("(Gr\xC3\xB6+)\xC3\x9F", "Gr\xC3\xB6\xC3\xB6\xC3\x9F"),
              Texts{"Gr\xC3\xB6\xC3\xB6"});
    EXPECT_EQ(found("(\\u00f6)", "\xC3\xB6"), Texts{"\xC3\xB6"});
    EXPECT_EQ(found("(\\x{1F600})", "\xF0\x9F\x98\x80"), Texts{"\xF0\x9F\x98\x80"});
}

TEST(JavaRegexTest, KnowsGroupsAndReferences) {
    EXPECT_EQ(found("(?<a>x)(?:y)(?>z)(?=!)(?<=z)", "xyz!"), Texts{"x"});
    EXPECT_EQ(found("(a)(b)?\\1\\k<c>(?<c>)", "aa"), Texts{"no"});
    EXPECT_EQ(found("(a)\\11", "aa1"), Texts{"a"});
    EXPECT_EQ(found("(?i)AB(?-i:c)", "abc"), Texts{});
    EXPECT_EQ(found("(?i)AB(?-i:c)", "abC"), Texts{"no"});
    EXPECT_EQ(found("(a++)b(c*?)d", "aabccd"), (Texts{"a", "cc"}));
    const Result<JavaRegex> regex = JavaRegex::compile("(x)(?<name>y)");
    ASSERT_TRUE(regex);
    EXPECT_EQ(regex.value().groups(), 2U);
    EXPECT_EQ(regex.value().group_named("name"), std::optional<std::size_t>(2));
    EXPECT_EQ(regex.value().group_named("other"), std::nullopt);
}

TEST(JavaRegexTest, RefusesWhatMeansSomethingElse) {
    EXPECT_EQ(refusal("a[b[c]]"), "[: a class within a class is not supported at character 4");
    EXPECT_EQ(refusal("[a-z&&[^b]]"),
              "&&: an intersection of classes is not supported at character 5");
    EXPECT_EQ(refusal("a\\h"), "\\h: such an escape is not supported at character 2");
    for (const char* pattern : {"\\H", "\\v", "\\V", "\\R", "\\X", "\\G", "\\N", "\\K", "\\g1"}) {
        EXPECT_NE(refusal(pattern).find("is not supported at character 1"), std::string::npos)
            << pattern << ": " << refusal(pattern);
    }
    EXPECT_EQ(refusal("\\p{L}x"), "\\p{L}: a class of Unicode is not supported at character 1");
    EXPECT_EQ(refusal("x\\pL"), "\\pL: a class of Unicode is not supported at character 2");
    EXPECT_EQ(refusal("(?U)a"), "(?U): such a group is not supported at character 1");
    for (const char* pattern : {"(?x)a", "(?d:a)", "(?u)", "(?P<a>b)", "(?|a)", "(?R)", "(?#a)",
                                "(?'a'b)", "(?1)", "(?)"}) {
        EXPECT_NE(refusal(pattern).find("such a group is not supported at character 1"),
                  std::string::npos)
            << pattern << ": " << refusal(pattern);
    }
    EXPECT_EQ(refusal("\\b{g}"), "\\b{: such a boundary is not supported at character 1");
    EXPECT_EQ(refusal("[\xC3\xB6]"),
              "a letter outside ASCII in a class is not supported at character 2");
    EXPECT_EQ(refusal("[\\u00f6]"),
              "a letter outside ASCII in a class is not supported at character 2");
    EXPECT_EQ(refusal("\\uD83D"),
              "\\uD83D: half a character, or none, is not supported at character 1");
}

TEST(JavaRegexTest, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(refusal("ab)c"), "a ) without its ( at character 3");
    EXPECT_EQ(refusal("a(b"), "a group does not end at character 4");
    EXPECT_EQ(refusal("a[b"), "a [ without its ] at character 2");
    EXPECT_EQ(refusal("*a"), "nothing to repeat before * at character 1");
    EXPECT_EQ(refusal("(*a)"), "nothing to repeat before * at character 2");
    EXPECT_EQ(refusal("a{b}"), "{ begins no repetition here; \\{ is the character at character 2");
    EXPECT_EQ(refusal("a***"), "a repetition of a repetition at character 3");
    EXPECT_EQ(refusal("a\\"), "\\: nothing behind the last backslash at character 2");
    EXPECT_EQ(refusal("\\Qab\\E\\u12"), "\\u: without its digits at character 7");
    EXPECT_EQ(refusal("[z-a]"), "a range that ends before it begins at character 3");
    EXPECT_EQ(refusal("(?<1a>b)").substr(0, 9), "subpatter");
    EXPECT_NE(refusal("xy(?<=a+)z").find("lookbehind"), std::string::npos);
    EXPECT_EQ(refusal(std::string(5000, 'a')), "longer than 4096 bytes at character 4097");
}

TEST(JavaRegexTest, AnExpressionThatRuinsBacktrackingEndsAtItsLimit) {
    const Result<JavaRegex> regex = JavaRegex::compile("(a+)+(a+)+[bd]$");
    ASSERT_TRUE(regex);
    std::vector<std::optional<std::string_view>> groups;
    EXPECT_EQ(regex.value().match(std::string(1000, 'a') + "c", groups), Regex::Answer::kUnknown);
    EXPECT_TRUE(groups.empty());
}

// An anchor that is in no number must match before the value, and what follows has no colon to get
// past the one between name and value.
TEST(JavaRegexTest, KnowsWhichPatternsEndBeforeTheValue) {
    for (const char* pattern :
         {"kafka.server<type=(.+), name=(.+)PerSec\\w*, topic=(.+)><>Count", "java.lang",
          "><>(\\w+)", "kafka.server<.*>", "><>(\\d+)thPercentile", "><>([a-z-]+)",
          "<type=(.+)><>([^:]+)$", "a><>x|b><>y", "java.lang.*", ".*", "", "><>(?:Count|Value)",
          "><>C{1,2}\\.", "><>\\Q1:5\\E>"}) {
        EXPECT_FALSE(reaches_value(pattern)) << pattern;
    }
    for (const char* pattern :
         {"><>(.+)", "(.*)", "(\\d+)", "><>Count: (\\d+)", "><>[^,]+", "a><>x|.*y", "(><>)",
          "><>Count(?=.*5)", "<?1", "\\w+", "5", "true", "><>\\W", "><>\\Q: 5\\E", "(>)\\1",
          "<type=(.+)><>(.*): (.*)", "><>\\p{Punct}", "c{0,1}5"}) {
        EXPECT_TRUE(reaches_value(pattern)) << pattern;
    }
}

bool may_match(const std::string& pattern, const std::string& beginning) {
    const Result<JavaRegex> regex = JavaRegex::compile(pattern);
    EXPECT_TRUE(regex) << pattern << ": " << regex.status().message();
    return regex && regex.value().may_match(beginning);
}

TEST(JavaRegexTest, KnowsBeginningsThatNoNumberMakesMatch) {
    const std::string raft = "kafka.server<type=raft-metrics><>";
    for (const std::string pattern :
         {"kafka.server<type=raft-metrics><>current-state: ([a-z]+)",
          "^kafka\\.server<type=raft-metrics><>(current-state): (.+)", "state: (.+)"}) {
        EXPECT_TRUE(may_match(pattern, raft + "current-state: ")) << pattern;
        EXPECT_FALSE(may_match(pattern, raft + "current-epoch: ")) << pattern;
    }
    EXPECT_TRUE(may_match("epoch: 1?5", raft + "current-epoch: "));
    EXPECT_TRUE(may_match("(.+): (.+)", raft + "current-epoch: ")) << "anything fits";
    EXPECT_TRUE(may_match("tru", "a<>b: ")) << "within the value";
    EXPECT_TRUE(may_match("(?<=b: )5", "a<>b: ")) << "in doubt";
    EXPECT_TRUE(may_match("x|.*5", "a<>b: "));
}

}  // namespace
}  // namespace remora
