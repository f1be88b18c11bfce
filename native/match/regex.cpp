#define PCRE2_CODE_UNIT_WIDTH 8
#include "match/regex.h"

#include <pcre2.h>

#include <array>
#include <atomic>
#include <string>

namespace remora {
namespace {

template <auto kFree>
struct Freed {
    template <typename T>
    void operator()(T* made) const {
        kFree(made);
    }
};
using CompileContext = std::unique_ptr<pcre2_compile_context, Freed<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;
using Code8 = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;

// Names are bytes to us, a name may hold a newline, and a pattern names a group for the reader.
constexpr std::uint32_t kOptions = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL |
                                   PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE | PCRE2_DUPNAMES |
                                   PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;

PCRE2_SPTR bytes(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

Status no_memory() {
    return Status(Code::kInvalidArgument, "there is no memory for it");
}

}  // namespace

struct Regex::Program {
    Code8 code;
    MatchContext limits;
    // PCRE2's memory for one match, 20 KB: held by the call that took it, null meanwhile.
    mutable std::atomic<pcre2_match_data*> spare{nullptr};

    ~Program() { MatchData(spare.load(std::memory_order_relaxed)); }
};

Result<Regex> Regex::compile(std::string_view pattern) {
    const CompileContext context(pcre2_compile_context_create(nullptr));
    auto program = std::make_shared<Program>();
    program->limits.reset(pcre2_match_context_create(nullptr));
    if (context == nullptr || program->limits == nullptr) {
        return no_memory();
    }
    pcre2_set_max_pattern_length(context.get(), kPatternBytesMax);
    pcre2_set_parens_nest_limit(context.get(), kGroupDepthMax);
    int error = 0;
    PCRE2_SIZE at = 0;
    program->code.reset(
        pcre2_compile(bytes(pattern), pattern.size(), kOptions, &error, &at, context.get()));
    if (program->code == nullptr) {
        std::array<PCRE2_UCHAR, 256> what{};
        pcre2_get_error_message(error, what.data(), what.size());
        return Status(Code::kInvalidArgument,
                      std::string(reinterpret_cast<const char*>(what.data())) + " at character " +
                          std::to_string(at + 1));
    }
    pcre2_set_match_limit(program->limits.get(), kMatchStepsMax);
    pcre2_set_depth_limit(program->limits.get(), kMatchDepthMax);
    pcre2_set_heap_limit(program->limits.get(), kMatchHeapKibMax);
    return Regex(std::move(program));
}

Regex::Answer Regex::match(std::string_view text) const {
    MatchData data(program_->spare.exchange(nullptr, std::memory_order_acquire));
    if (data == nullptr) {
        data.reset(pcre2_match_data_create(1, nullptr));
    }
    if (data == nullptr) {
        return Answer::kUnknown;
    }
    const int found = pcre2_match(program_->code.get(), bytes(text), text.size(), 0, 0, data.get(),
                                  program_->limits.get());
    data.reset(program_->spare.exchange(data.release(), std::memory_order_acq_rel));
    // 0: it matches, and has more groups than were asked for.
    return found >= 0                     ? Answer::kYes
           : found == PCRE2_ERROR_NOMATCH ? Answer::kNo
                                          : Answer::kUnknown;
}

}  // namespace remora
