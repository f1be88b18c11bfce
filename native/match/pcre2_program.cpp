#include "match/pcre2_program.h"

#include <array>

namespace remora {
namespace {

constexpr std::uint32_t kBytes = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
constexpr std::uint32_t kWhole = PCRE2_ANCHORED | PCRE2_ENDANCHORED;

PCRE2_SPTR bytes(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::unique_ptr<Pcre2Program> compile(std::string_view pattern, std::uint32_t options,
                                      std::uint32_t newline, Pcre2Fault& fault) {
    const Pcre2CompileContext context(pcre2_compile_context_create(nullptr));
    auto program = std::make_unique<Pcre2Program>();
    program->limits.reset(pcre2_match_context_create(nullptr));
    if (context == nullptr || program->limits == nullptr) {
        fault = {"there is no memory for it", 0};
        return nullptr;
    }
    pcre2_set_newline(context.get(), newline);
    pcre2_set_parens_nest_limit(context.get(), Regex::kGroupDepthMax);
    int error = 0;
    PCRE2_SIZE at = 0;
    program->code.reset(pcre2_compile(bytes(pattern), pattern.size(), kBytes | options, &error, &at,
                                      context.get()));
    if (program->code == nullptr) {
        std::array<PCRE2_UCHAR, 256> what{};
        pcre2_get_error_message(error, what.data(), what.size());
        fault = {reinterpret_cast<const char*>(what.data()), at};
        return nullptr;
    }
    pcre2_set_match_limit(program->limits.get(), Regex::kMatchStepsMax);
    pcre2_set_depth_limit(program->limits.get(), Regex::kMatchDepthMax);
    pcre2_set_heap_limit(program->limits.get(), Regex::kMatchHeapKibMax);
    return program;
}

Regex::Answer match(const Pcre2Program& program, std::string_view text, std::uint32_t options,
                    pcre2_match_data* data) {
    const int found = pcre2_match(program.code.get(), bytes(text), text.size(), 0, options, data,
                                  program.limits.get());
    // 0: it matches, and has more groups than were asked for.
    return found >= 0 || found == PCRE2_ERROR_PARTIAL ? Regex::Answer::kYes
           : found == PCRE2_ERROR_NOMATCH             ? Regex::Answer::kNo
                                                      : Regex::Answer::kUnknown;
}

}  // namespace

std::unique_ptr<Pcre2Program> compile_pcre2(std::string_view pattern, std::uint32_t options,
                                            std::uint32_t newline, Pcre2Fault& fault) {
    return compile(pattern, kWhole | options, newline, fault);
}

std::unique_ptr<Pcre2Program> compile_pcre2_search(std::string_view pattern, std::uint32_t newline,
                                                   Pcre2Fault& fault) {
    return compile(pattern, 0, newline, fault);
}

Regex::Answer match_pcre2(const Pcre2Program& program, std::string_view text,
                          pcre2_match_data* data) {
    return match(program, text, 0, data);
}

Regex::Answer begins_match_pcre2(const Pcre2Program& program, std::string_view beginning,
                                 pcre2_match_data* data) {
    return match(program, beginning, PCRE2_PARTIAL_HARD, data);
}

}  // namespace remora
