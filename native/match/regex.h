// Regular expressions on label values: PCRE2 with limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace remora {

struct Pcre2Program;

// A compiled expression. It matches the *whole* text, byte by byte: "orders" does not match
// "orders-1".
//
// Syntax: PCRE2's without Unicode. `.` is any byte, `$` is the end of the text only, and a group
// captures only if it has a name.
//
// Thread safety: immutable once compiled; any number of threads.
class Regex {
 public:
    static constexpr std::size_t kPatternBytesMax = 4096;
    static constexpr std::uint32_t kGroupDepthMax = 100;  // groups within groups
    // The limits of one match(). Ordinary expressions need some hundred steps for a name; to reach
    // the limit takes milliseconds.
    static constexpr std::uint32_t kMatchStepsMax = 100'000;
    static constexpr std::uint32_t kMatchDepthMax = 20'000;
    static constexpr std::uint32_t kMatchHeapKibMax = 4096;

    enum class Answer : std::uint8_t {
        kNo,
        kYes,
        kUnknown,  // no answer within the limits, or no memory to look for one
    };

    // Errors: kInvalidArgument with what is wrong and at which character.
    static Result<Regex> compile(std::string_view pattern);

    Answer match(std::string_view text) const;

 private:
    explicit Regex(std::shared_ptr<const Pcre2Program> program) : program_(std::move(program)) {}

    std::shared_ptr<const Pcre2Program> program_;
};

}  // namespace remora
