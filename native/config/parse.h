// Makes a Config of a file, the environment and the agent's arguments. Reports all mistakes at
// once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "config/config.h"
#include "config/document.h"

namespace remora {

// Where the value of a key came from.
struct Origin {
    std::string path;    // "sampling.policy", "outputs.0.path"
    std::string source;  // "remora.json:3:5", "environment REMORA_SAMPLING_POLICY", "argument
                         // sampling.policy"
};

// Outcome of reading a configuration. `config` is meant to be used only when `errors` is empty;
// nothing is taken over by half. Each problem is one line: where, key path, found, expected.
struct ParseOutcome {
    Config config;
    std::vector<Problem> errors;
    std::vector<Problem> warnings;
    std::vector<Origin> origins;  // of what is not default
    std::string file;             // path that was asked for, or the default one; empty: none
    FileMark mark;                // of the file, taken before it was read; FileMark{}: not there
    std::string content;          // of the file; "{}": not there

    bool is_ok() const { return errors.empty(); }
    // All errors, one a line.
    std::string error_text() const;
    // "default", or the source of `path`.
    std::string origin_of(std::string_view path) const;
};

// Where somebody may ask for values.
struct Endpoint {
    std::string host;  // name or address, without brackets; empty: all addresses
    std::uint32_t port = 0;
};

// What the text after `-javaagent:remora.jar=` says: "/etc/remora.json" or
// "config=/etc/remora.json,key.path=value,...". Commas inside [ ] { } " " do not separate. The
// first part may also be an argument of jmx_exporter's: "8080:/etc/kafka.yml",
// "127.0.0.1:8080:/etc/kafka.yml" or "[::1]:8080:/etc/kafka.yml".
struct AgentArguments {
    std::string file;                  // the rule file, with an endpoint
    std::optional<Endpoint> endpoint;  // of an argument of jmx_exporter's
    std::vector<TextPair> values;      // key path -> text
    bool names_domains = false;        // `domains=` for the shim
    std::vector<Problem> problems;
};
AgentArguments parse_arguments(std::string_view text);

// Parses `text`, the content of `file_name` (for messages). Precedence: argument > REMORA_<PATH> >
// alias > file > default. `environment` holds NAME=VALUE texts; names that are not ours are
// ignored. Never throws; bounded in depth and output.
ParseOutcome parse_config(std::string_view text, const std::string& file_name,
                          const std::vector<std::string>& environment, std::string_view arguments);

// Read when nothing else is named.
inline constexpr const char* kDefaultConfigFile = "/etc/remora/remora.json";

// Reads the file that `arguments` or REMORA_CONFIG name, else `default_file`, then parse_config().
// Without a file, and while there is no default one, the defaults, environment and arguments make
// the configuration. A file that cannot be read is an error. Blocks on the disk.
ParseOutcome load_config(std::string_view arguments, const std::vector<std::string>& environment,
                         const std::string& default_file = "");

// The environment of this process as NAME=VALUE texts, for the functions above.
std::vector<std::string> process_environment();

}  // namespace remora
