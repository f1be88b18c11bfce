// Every key of the configuration, in one place: parser, overrides, effective print, JSON Schema and
// key table all walk it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace remora {

struct Key {
    const char* name;
    const char* doc;  // one sentence for the schema and the key table
};

enum class TextKind : std::uint8_t {
    kAny,
    kRegex,
    kPattern,  // ObjectName pattern
    kGlob,
    kPath,  // may hold ${dir}, ${broker.id}, ${cluster.id}, ${host}, ${pid}
    kHost,  // name or address, not empty
    kName,  // letters, digits, - _ .
    kTopic,
    kStatistic,  // statistic_names()
    kChange,     // change_kind_names()
    kNames,      // output_names_names(), or an absolute path
};

enum class PairKind : std::uint8_t { kLabels, kRegexes };

// Bounds of a key, both inside. A duration or size with `zero` set may be 0 as well, which means
// "off" or "not set".
template <typename T>
struct Bounds {
    T min;
    T max;
    bool zero = false;
};

class ConfigVisitor {
 public:
    virtual ~ConfigVisitor() = default;

    virtual void boolean(Key key, bool& value) = 0;
    virtual void whole(Key key, std::uint32_t& value, Bounds<std::uint32_t> bounds) = 0;
    virtual void number(Key key, double& value, Bounds<double> bounds) = 0;
    virtual void duration(Key key, std::int64_t& value, Bounds<std::int64_t> bounds) = 0;
    virtual void size(Key key, std::uint64_t& value, Bounds<std::uint64_t> bounds) = 0;
    virtual void text(Key key, std::string& value, TextKind kind) = 0;
    virtual void choice(Key key, std::size_t& value, std::span<const char* const> names) = 0;
    virtual void texts(Key key, std::vector<std::string>& values, TextKind kind,
                       std::size_t count_max) = 0;
    virtual void pairs(Key key, std::vector<TextPair>& values, PairKind kind) = 0;
    virtual void bucket(Key key, std::uint32_t& index, std::uint32_t& count) = 0;
    virtual void file_mode(Key key, std::uint32_t& mode) = 0;

    virtual void begin_section(Key key) = 0;
    virtual void end_section() = 0;
    // Returns how many items the list shall have.
    virtual std::size_t begin_list(Key key, std::size_t count, std::size_t count_max) = 0;
    virtual void begin_item(std::size_t index) = 0;
    virtual void end_item() = 0;
    virtual void end_list() = 0;
};

void visit_config(ConfigVisitor& visitor, Config& config);

// "count", "mean_rate", ..., "p999": short names of wire::Stat, indexed by it.
std::span<const char* const> statistic_names();

// "base_interval", ..., "output_interval": indexed by ChangeKind.
std::span<const char* const> change_kind_names();

// "upstream", "otel", then the dialects that are rule files of ours.
std::span<const char* const> output_names_names();
// Whether an output is named by rules: by a file of jmx_exporter's, or by a dialect.
bool has_rules(const OutputConfig& output);
// Whether `names` is the path of a rule file.
bool is_rule_path(std::string_view names);

// "prometheus", ..., "dogstatsd"; "file", ..., "http".
const char* output_format_name(OutputFormat format);
const char* output_type_name(OutputType type);
// "off", "basic", "full".
const char* self_level_name(SelfLevel level);

// Paths of all keys: "sampling.policy", "outputs.*.path"; lists and sections of lists are there
// themselves too ("outputs").
struct KnownPaths {
    std::vector<std::string> values;    // keys that hold a value
    std::vector<std::string> lists;     // of them: lists and objects of texts, which may be JSON
    std::vector<std::string> sections;  // keys that hold further keys
};
KnownPaths known_paths();

// JSON Schema (draft 2020-12) of the file.
std::string config_schema();

// The key table of docs/reference/configuration.md: markdown, one row a key.
std::string config_key_table();

}  // namespace remora
