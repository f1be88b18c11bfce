// The words of a text, as `/proc` has them.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace remora {

// What stands between blanks and ends of lines. Views into `text`. Thread safety: any thread.
//
// In the library this takes the place of `>>`: libc++ made for glibc skips blanks by a table that
// musl does not have.
inline std::vector<std::string_view> split_words(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\v\f";
    std::vector<std::string_view> words;
    for (std::size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;
         begin = text.find_first_not_of(kBlanks, begin)) {
        const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

}  // namespace remora
