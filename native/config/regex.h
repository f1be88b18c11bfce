// Regular expressions on label values, matched in time linear in the text whatever the pattern.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace remora {

// A compiled expression. It matches the *whole* text, byte by byte.
//
// Syntax: the common part of RE2, Go and Java without captures: literals, `.` (any byte), [classes]
// with ranges, negation and [:alpha:] names, \d \w \s \D \W \S, \t \n \r \f \v \xHH, \ before
// punctuation, ^ $ \A \z \b \B, groups ( ) (?: )
// (?P<name> ) (?i: ), a leading (?i), |, * + ? {n} {n,} {n,m} (a lazy `?` after them changes
// nothing). Back references and look-around are refused by name: they cannot be matched in linear
// time.
//
// A program of our own because the release library must be self-contained for every libc: the
// packaged RE2 archive is not position-independent, Boost.Regex 1.74 is not header-only, and
// std::regex recurses on long input.
//
// Thread safety: immutable once compiled; any number of threads.
class Regex {
 public:
    static constexpr std::size_t kPatternBytesMax = 4096;
    static constexpr std::size_t kProgramMax = 10'000;
    static constexpr std::uint32_t kRepeatMax = 1000;
    static constexpr std::uint32_t kDepthMax = 100;

    // kInvalidArgument with what is wrong and at which character.
    static Result<Regex> compile(std::string_view pattern);

    bool matches(std::string_view text) const;

    // Texts that have been proven to be the pattern's only match ("orders") or a prefix of every
    // match.
    bool is_literal() const { return literal_; }
    const std::string& prefix() const { return prefix_; }

    enum class Op : std::uint8_t { kSet, kSplit, kAssert, kMatch };
    enum class Assertion : std::uint8_t { kBegin, kEnd, kWord, kNotWord };
    struct Instruction {
        Op op = Op::kMatch;
        std::uint32_t x = 0;  // next; for kSplit the first branch
        std::uint32_t y = 0;  // kSet: index of the set; kSplit: second branch; kAssert: Assertion
    };
    using Set = std::array<std::uint64_t, 4>;

 private:
    friend class RegexCompiler;

    std::vector<Instruction> program_;
    std::vector<Set> sets_;
    std::string prefix_;
    bool literal_ = false;
    bool prefix_then_any_ = false;  // prefix_ followed by `.*` and nothing else
};

}  // namespace remora
