// A compiled program of PCRE2 with the limits of a match. Internal to the room: the header of PCRE2
// defines macros, and none that others include needs it.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "match/regex.h"

namespace remora {

template <auto kFree>
struct Pcre2Freed {
    template <typename T>
    void operator()(T* made) const {
        kFree(made);
    }
};
using Pcre2CompileContext =
    std::unique_ptr<pcre2_compile_context, Pcre2Freed<pcre2_compile_context_free>>;
using Pcre2MatchContext =
    std::unique_ptr<pcre2_match_context, Pcre2Freed<pcre2_match_context_free>>;
using Pcre2MatchData = std::unique_ptr<pcre2_match_data, Pcre2Freed<pcre2_match_data_free>>;
using Pcre2Code = std::unique_ptr<pcre2_code, Pcre2Freed<pcre2_code_free>>;

struct Pcre2Program {
    Pcre2Code code;
    Pcre2MatchContext limits;
    // PCRE2's memory for one match, 20 KB, where expressions match so often that it is kept: held
    // by the call that took it, null meanwhile.
    mutable std::atomic<pcre2_match_data*> spare{nullptr};

    ~Pcre2Program() { Pcre2MatchData(spare.load(std::memory_order_relaxed)); }
};

// What is wrong with a pattern, and at which of its bytes.
struct Pcre2Fault {
    std::string what;
    std::size_t at = 0;
};

// Patterns and texts are bytes, anchored at both ends. `options` are added to that; `newline` is a
// PCRE2_NEWLINE_ value. Nothing is returned when the pattern is wrong or there is no memory for it;
// `fault` then says why.
std::unique_ptr<Pcre2Program> compile_pcre2(std::string_view pattern, std::uint32_t options,
                                            std::uint32_t newline, Pcre2Fault& fault);

// Patterns that are found anywhere in a text, otherwise the same.
std::unique_ptr<Pcre2Program> compile_pcre2_search(std::string_view pattern, std::uint32_t newline,
                                                   Pcre2Fault& fault);

// `data` has room for the groups that are wanted.
Regex::Answer match_pcre2(const Pcre2Program& program, std::string_view text,
                          pcre2_match_data* data);

// kNo: whatever follows `beginning`, no match begins within it.
Regex::Answer begins_match_pcre2(const Pcre2Program& program, std::string_view beginning,
                                 pcre2_match_data* data);

}  // namespace remora
