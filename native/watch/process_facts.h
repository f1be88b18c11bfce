// What /proc tells of a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace remora {

// A file of /proc; empty when it cannot be read.
std::string content_of(const std::string& path);

// The texts of a file of /proc in which a zero byte ends each: its command line, its environment.
std::vector<std::string> texts_of(const std::string& path);

// Whether both paths lead to one file or folder. False when one of them cannot be seen.
bool is_same_file(const std::string& one, const std::string& other);

// The words behind "Name:" in the text of /proc/PID/status; empty when there is no such line.
std::vector<std::string> words_of(const std::string& status, const std::string& name);

// "kafka", or "number 1001" when the user has no name.
std::string user_name(uid_t user);

}  // namespace remora
