#include "match/java_regex.h"

#include <algorithm>
#include <array>
#include <string>

#include "match/java_syntax.h"
#include "match/pcre2_program.h"

namespace remora {
namespace {

constexpr std::string_view kBefore = ".*(?:";
constexpr std::string_view kBehind = ").*";

// What numbers are written with, and the values that are words.
constexpr std::string_view kDigits = "0123456789.+-E";
constexpr std::array<std::string_view, 4> kWords = {"true", "false", "NaN", "Infinity"};

// Patterns that look at what stands before the place where they begin.
bool looks_back(std::string_view pattern) {
    constexpr std::array<std::string_view, 4> kBackward = {"(?<=", "(?<!", "\\B", "\\b"};
    return std::any_of(kBackward.begin(), kBackward.end(), [pattern](std::string_view one) {
        return pattern.find(one) != std::string_view::npos;
    });
}

// The pattern alone, when it tells which beginnings of a text rule out a match: none begins within
// a value.
std::shared_ptr<const Pcre2Program> compile_search(std::string_view pattern) {
    Pcre2Fault ignored;
    const Pcre2MatchData data(pcre2_match_data_create(1, nullptr));
    std::shared_ptr<const Pcre2Program> search =
        compile_pcre2_search(pattern, PCRE2_NEWLINE_ANYCRLF, ignored);
    if (search == nullptr || data == nullptr || looks_back(pattern)) {
        return nullptr;
    }
    const bool begins_in_number = std::any_of(kDigits.begin(), kDigits.end(), [&](const char& c) {
        return begins_match_pcre2(*search, {&c, 1}, data.get()) != Regex::Answer::kNo;
    });
    const bool is_in_word = std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
        return match_pcre2(*search, word, data.get()) != Regex::Answer::kNo;
    });
    return begins_in_number || is_in_word ? nullptr : search;
}

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
    if (regex.reaches_value_) {
        regex.search_ = compile_search(syntax.pcre2);
    }
    return regex;
}

bool JavaRegex::may_match(std::string_view beginning) const {
    if (search_ == nullptr) {
        return true;
    }
    const Pcre2MatchData data(pcre2_match_data_create(1, nullptr));
    return data == nullptr ||
           begins_match_pcre2(*search_, beginning, data.get()) != Regex::Answer::kNo;
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
