#include "watch/process_facts.h"

#include <pwd.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <sstream>

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
    std::istringstream lines(status);
    for (std::string line; std::getline(lines, line);) {
        if (line.compare(0, name.size() + 1, name + ":") == 0) {
            std::istringstream words(line.substr(name.size() + 1));
            return {std::istream_iterator<std::string>(words), {}};
        }
    }
    return {};
}

std::string user_name(uid_t user) {
    const passwd* entry = ::getpwuid(user);
    return entry == nullptr ? "number " + std::to_string(user) : entry->pw_name;
}

}  // namespace remora
