// Regular expressions: syntax that configurations rely on, and limits.
#if defined(__GNUC__) && !defined(__clang__)
// gcc 12 sees uninitialised memory in its own <regex> when sanitizers are on.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "match/regex.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

#include "match/configured_regex.h"

namespace remora {
namespace {

bool matches(const std::string& pattern, const std::string& text) {
    const Result<Regex> regex = Regex::compile(pattern);
    EXPECT_TRUE(regex) << pattern << ": " << regex.status().message();
    return regex && regex.value().match(text) == Regex::Answer::kYes;
}

TEST(RegexTest, MatchesTheWholeText) {
    EXPECT_TRUE(matches("orders", "orders"));
    EXPECT_FALSE(matches("orders", "orders-1"));
    EXPECT_TRUE(matches("orders.*", "orders-1"));
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "a"));
    EXPECT_TRUE(matches("^a$", "a"));
    EXPECT_TRUE(matches(".*(?:^ord|ers$).*", "orders"));
    EXPECT_FALSE(matches(".*(?:^ers).*", "orders"));
    EXPECT_TRUE(matches("a|bc|", ""));
    EXPECT_TRUE(matches("(a|bc)+", "abca"));
    EXPECT_TRUE(matches("(?:a?){3}a{3}", "aaaa"));
    EXPECT_FALSE(matches("a{2,3}", "aaaa"));
    EXPECT_TRUE(matches("a{2,}?", "aaaa"));
    EXPECT_TRUE(matches("a{0}b", "b"));
}

TEST(RegexTest, KnowsClassesEscapesAndFlags) {
    EXPECT_TRUE(matches("[a-c_.-]+", "a-b_c."));
    EXPECT_FALSE(matches("[^a-c]", "b"));
    EXPECT_TRUE(matches("[]a]+", "]a"));
    EXPECT_TRUE(matches("\\d+\\.\\w\\s\\x41", "12.z A"));
    EXPECT_TRUE(matches("[\\d[:alpha:]]+", "a1Z"));
    EXPECT_TRUE(matches("(?i)ORDERS-[a-z]", "orders-X"));
    EXPECT_TRUE(matches("a(?i:b)c", "aBc"));
    EXPECT_FALSE(matches("a(?i:b)c", "aBC"));
    EXPECT_TRUE(matches("(?P<name>x)\\by", "x") == false);
    EXPECT_TRUE(matches("x\\b-y", "x-y"));
    EXPECT_TRUE(matches("x\\By", "xy"));
}

// The text is a name as long as names may be; without a limit each would take years.
TEST(RegexTest, AnExpressionThatRuinsBacktrackingEndsAtItsLimit) {
    for (const char* pattern :
         {"(a|aa)+[bc]", "(a+)+[bc]", "(.*)(.*)(.*)(.*)(.*)[^a]", "(?:(?:a*)*)*[bc]"}) {
        const Result<Regex> regex = Regex::compile(pattern);
        ASSERT_TRUE(regex) << pattern;
        for (const std::size_t size : {40U, 4096U}) {
            EXPECT_EQ(regex.value().match(std::string(size, 'a')), Regex::Answer::kUnknown)
                << pattern;
        }
    }
    // Deep, and with an answer all the same.
    EXPECT_TRUE(matches("(a?){500}a*", std::string(4096, 'a')));
    EXPECT_TRUE(matches("(?:ab|c)*", std::string(4096, 'c')));
}

TEST(RegexTest, AnExpressionMayNotNeedMoreStackOrMemoryThanItsLimits) {
    const Result<Regex> deep = Regex::compile("(a|b(?R)?)*");
    ASSERT_TRUE(deep);
    EXPECT_EQ(deep.value().match(std::string(200'000, 'b')), Regex::Answer::kUnknown);
}

TEST(RegexTest, RefusesWhatIsTooLarge) {
    EXPECT_FALSE(Regex::compile("((((){1000}){1000}){1000}){1000}"));
    EXPECT_FALSE(Regex::compile("((a{1000}){1000}){1000}"));
    EXPECT_FALSE(Regex::compile(std::string(200, '(') + std::string(200, ')')));
    EXPECT_TRUE(Regex::compile(std::string(Regex::kPatternBytesMax, 'a')));
    EXPECT_FALSE(Regex::compile(std::string(Regex::kPatternBytesMax + 1, 'a')));
}

TEST(RegexTest, TellsWhatIsWrongAndWhere) {
    EXPECT_EQ(Regex::compile("ab)").status().message(),
              "unmatched closing parenthesis at character 3");
    EXPECT_EQ(Regex::compile("*").status().message(),
              "quantifier does not follow a repeatable item at character 1");
    EXPECT_FALSE(Regex::compile("(a)\\1")) << "groups without a name do not capture";
    EXPECT_FALSE(Regex::compile("(*UTF)a")) << "names are bytes";
}

TEST(ConfiguredRegexTest, IsNotTriedForEverAndSaysSoOnce) {
    const Result<ConfiguredRegex> compiled =
        ConfiguredRegex::compile("rules.3.where.topic", "(a+)+[bc]|x");
    ASSERT_TRUE(compiled);
    const ConfiguredRegex& regex = compiled.value();
    EXPECT_TRUE(regex.matches("x"));
    EXPECT_EQ(regex.take_unanswered().count, 0U);

    const std::string bad(40, 'a');
    EXPECT_FALSE(regex.matches(bad));
    EXPECT_TRUE(regex.matches("x")) << "one name spoils nothing for others";
    ConfiguredRegex::Unanswered told = regex.take_unanswered();
    EXPECT_EQ(told.count, 1U);
    EXPECT_EQ(
        told.sentence.rfind("rules.3.where.topic: the regular expression \"(a+)+[bc]|x\" ", 0), 0U)
        << told.sentence;

    for (std::uint64_t i = 1; i < ConfiguredRegex::kUnansweredMax; ++i) {
        EXPECT_FALSE(regex.matches(bad));
    }
    EXPECT_FALSE(regex.matches("x")) << "not tried any more";
    told = regex.take_unanswered();
    EXPECT_EQ(told.count, ConfiguredRegex::kUnansweredMax);
    EXPECT_EQ(told.sentence, "");
}

// An independent implementation as judge, on short texts where it is safe.
TEST(RegexTest, AgreesWithAnotherEngineOnRandomPatterns) {
    std::mt19937 random(7);
    const std::vector<std::string> atoms = {"a", "b", ".", "[ab]", "[^a]", "(a|b)", "(ab)", "(a|)"};
    const std::vector<std::string> repeats = {"", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,3}"};
    int matched = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string pattern;
        const std::size_t length = 1 + random() % 4;
        for (std::size_t i = 0; i < length; ++i) {
            pattern += atoms[random() % atoms.size()] + repeats[random() % repeats.size()];
            pattern += random() % 8 == 0 && i + 1 < length ? "|" : "";
        }
        std::string text;
        for (std::size_t i = random() % 6; i > 0; --i) {
            text += static_cast<char>('a' + random() % 3);
        }
        const bool expected = std::regex_match(text, std::regex(pattern));
        matched += expected ? 1 : 0;
        ASSERT_EQ(matches(pattern, text), expected) << pattern << " against '" << text << "'";
    }
    EXPECT_GT(matched, 300);
}

}  // namespace
}  // namespace remora
