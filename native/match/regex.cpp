#include "match/regex.h"

#include <string>

#include "match/pcre2_program.h"

namespace remora {
namespace {

// A name may hold a newline, and a pattern names a group for the reader.
constexpr std::uint32_t kOptions =
    PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE | PCRE2_DUPNAMES;

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern) {
    if (pattern.size() > kPatternBytesMax) {
        return Status(Code::kInvalidArgument,
                      "longer than " + std::to_string(kPatternBytesMax) + " bytes");
    }
    Pcre2Fault fault;
    std::shared_ptr<const Pcre2Program> program =
        compile_pcre2(pattern, kOptions, PCRE2_NEWLINE_LF, fault);
    if (program == nullptr) {
        return Status(Code::kInvalidArgument,
                      fault.what + " at character " + std::to_string(fault.at + 1));
    }
    return Regex(std::move(program));
}

Regex::Answer Regex::match(std::string_view text) const {
    Pcre2MatchData data(program_->spare.exchange(nullptr, std::memory_order_acquire));
    if (data == nullptr) {
        data.reset(pcre2_match_data_create(1, nullptr));
    }
    if (data == nullptr) {
        return Answer::kUnknown;
    }
    const Answer answer = match_pcre2(*program_, text, data.get());
    data.reset(program_->spare.exchange(data.release(), std::memory_order_acq_rel));
    return answer;
}

}  // namespace remora
