#include "watch/process_facts.h"

#include <pwd.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string_view>

#include "base/ascii.h"
#include "base/words.h"

namespace remora {

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> texts_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::string> texts;
    for (std::string text; std::getline(file, text, '\0');) {
        texts.push_back(text);
    }
    return texts;
}

bool is_same_file(const std::string& one, const std::string& other) {
    struct ::stat first {};
    struct ::stat second {};
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

std::vector<std::string> words_of(const std::string& status, const std::string& name) {
    for (std::string_view rest = status; !rest.empty();) {
        const std::string_view line = take_until(rest, '\n');
        if (line.starts_with(name + ":")) {
            const std::vector<std::string_view> words = split_words(line.substr(name.size() + 1));
            return {words.begin(), words.end()};
        }
    }
    return {};
}

std::string user_name(uid_t user) {
    const passwd* entry = ::getpwuid(user);
    return entry == nullptr ? "number " + std::to_string(user) : entry->pw_name;
}

}  // namespace remora
