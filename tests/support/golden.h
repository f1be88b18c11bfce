// Files of tests/golden.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace remora {

inline std::filesystem::path source_path(const std::string& relative) {
    return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / relative;
}

// Whole content of a file of the source tree; empty when it is not there.
inline std::string read_source_file(const std::string& relative) {
    std::ifstream file(source_path(relative), std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

}  // namespace remora
