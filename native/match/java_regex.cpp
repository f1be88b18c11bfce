#include "match/java_regex.h"

#include <algorithm>
#include <string>

#include "match/java_syntax.h"
#include "match/pcre2_program.h"

namespace remora {
namespace {

constexpr std::string_view kBefore = ".*(?:";
constexpr std::string_view kBehind = ").*";

Status wrong(const std::string& what, std::size_t at) {
    return Status(Code::kInvalidArgument, what + " at character " + std::to_string(at + 1));
}

}  // namespace

Result<JavaRegex> JavaRegex::compile(std::string_view pattern) {
    if (pattern.size() > Regex::kPatternBytesMax) {
        return wrong("longer than " + std::to_string(Regex::kPatternBytesMax) + " bytes",
                     Regex::kPatternBytesMax);
    }
    Result<JavaSyntax> read = translate_java_pattern(pattern);
    if (!read) {
        return read.status();
    }
    const JavaSyntax& syntax = read.value();
    const std::string whole = std::string(kBefore) + syntax.pcre2 + std::string(kBehind);
    Pcre2Fault fault;
    JavaRegex regex;
    regex.program_ = compile_pcre2(whole, 0, PCRE2_NEWLINE_ANYCRLF, fault);
    if (regex.program_ == nullptr) {
        const std::size_t at = fault.at < kBefore.size() ? 0 : fault.at - kBefore.size();
        return wrong(fault.what, at < syntax.origins.size() ? syntax.origins[at] : pattern.size());
    }
    regex.groups_ = syntax.groups;
    regex.reaches_value_ = syntax.reaches_value;
    return regex;
}

Regex::Answer JavaRegex::match(std::string_view text,
                               std::vector<std::optional<std::string_view>>& groups) const {
    const auto pairs = static_cast<std::uint32_t>(groups_ + 1);
    // Of this call: a block that several threads share would need a lock.
    const Pcre2MatchData data(pcre2_match_data_create(pairs, nullptr));
    if (data == nullptr) {
        return Regex::Answer::kUnknown;
    }
    const Regex::Answer answer = match_pcre2(*program_, text, data.get());
    if (answer == Regex::Answer::kYes) {
        const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(data.get());
        groups.assign(pairs, std::nullopt);
        for (std::size_t i = 0; i < pairs; ++i) {
            if (offsets[2 * i] != PCRE2_UNSET) {
                groups[i] = text.substr(offsets[2 * i], offsets[2 * i + 1] - offsets[2 * i]);
            }
        }
    }
    return answer;
}

std::optional<std::size_t> JavaRegex::group_named(std::string_view name) const {
    const std::string ended(name);
    const int number = pcre2_substring_number_from_name(
        program_->code.get(), reinterpret_cast<PCRE2_SPTR>(ended.c_str()));
    return number > 0 ? std::optional<std::size_t>(number) : std::nullopt;
}

}  // namespace remora
