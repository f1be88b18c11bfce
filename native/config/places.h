// Which paths of a configuration cannot be written to.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "config/config.h"

namespace remora {

// A path that cannot be used.
struct BadPlace {
    static constexpr std::size_t kTrace = SIZE_MAX;
    std::size_t output;  // index of the output, or kTrace for `trace.path`
    std::string what;    // what was found and what is expected: the message behind the key
};

// Returns the paths of outputs and of the trace that are no files, or that something else writes.
// That is an output before it, the agent itself, or the operator (`config_file`; empty: none). Two
// paths are the same when `normalized` returns the same for them.
std::vector<BadPlace> find_bad_places(
    const Config& config, const std::string& config_file,
    const std::function<std::string(const std::string&)>& normalized);

// Returns the absolute path without "//", "." and "..". Links are not followed. Where `directory`
// is empty, ${dir} becomes a path that no other one is equal to.
std::string plain_path(std::string path, const std::string& directory);

}  // namespace remora
