// Which files of a configuration cannot be where it says.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "config/config.h"

namespace remora {

// A place that cannot be used. `what`: found and expected, for a message behind the key.
struct BadPlace {
    static constexpr std::size_t kTrace = SIZE_MAX;
    std::size_t output;  // index, or kTrace for `trace.path`
    std::string what;
};

// Files that cannot be written (devices, "/a/b/"), or that two would write: two outputs, the trace,
// the agent itself, or whoever writes the configuration in `config_file` (empty: none). `whole`
// gives a path the form by which two are compared.
std::vector<BadPlace> find_bad_places(const Config& config, const std::string& config_file,
                                      const std::function<std::string(const std::string&)>& whole);

// An absolute path without "//", "." and "..", links not looked at. What ${dir} stands for where
// `directory` is empty is a place that nothing else names.
std::string plain_path(std::string path, const std::string& directory);

}  // namespace remora
