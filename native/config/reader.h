// Fills a Config from a document. Internal to the room: use config/parse.h.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/keys.h"
#include "config/parse.h"

namespace remora {

// Walks the keys once. What is wrong goes to `outcome.errors`, where each value came from to
// `outcome.origins`.
class ConfigReader final : public ConfigVisitor {
 public:
    ConfigReader(const JsonDocument& document, ParseOutcome& outcome);

    // Reads everything and checks what keys say together.
    void run();

    void boolean(Key key, bool& value) override;
    void whole(Key key, std::uint32_t& value, Bounds<std::uint32_t> bounds) override;
    void number(Key key, double& value, Bounds<double> bounds) override;
    void duration(Key key, std::int64_t& value, Bounds<std::int64_t> bounds) override;
    void size(Key key, std::uint64_t& value, Bounds<std::uint64_t> bounds) override;
    void text(Key key, std::string& value, TextKind kind) override;
    void choice(Key key, std::size_t& value, std::span<const char* const> names) override;
    void texts(Key key, std::vector<std::string>& values, TextKind kind,
               std::size_t count_max) override;
    void pairs(Key key, std::vector<TextPair>& values, PairKind kind) override;
    void bucket(Key key, std::uint32_t& index, std::uint32_t& count) override;
    void file_mode(Key key, std::uint32_t& mode) override;
    void begin_section(Key key) override;
    void end_section() override;
    std::size_t begin_list(Key key, std::size_t count, std::size_t count_max) override;
    void begin_item(std::size_t index) override;
    void end_item() override;
    void end_list() override;

    // True when the key at `path` was given, whatever its value.
    bool is_set(const std::string& path) const { return set_.count(path) > 0; }
    // True when something at or below `path` was wrong: what follows from it need not be reported.
    bool is_faulty(const std::string& path) const;
    // Adds an error about the value at `path`.
    void complain(const std::string& path, const std::string& what);
    // Adds a warning about it: it is valid and unlikely to be meant.
    void warn(const std::string& path, const std::string& what);

 private:
    struct Frame {
        const JsonNode* node = nullptr;  // nullptr: not in the document
        std::string path;                // with a trailing dot unless empty
        std::vector<std::string> keys;   // known here
    };

    // The node of `key` in the innermost frame; nullptr: not given. Makes the key known.
    const JsonNode* find(Key key);
    std::string path_of(const char* name) const { return frames_.back().path + name; }
    const JsonNode& nearest_node(const std::string& path) const;
    void error(const JsonNode& node, const std::string& path, const std::string& what);
    void wrong(const JsonNode& node, const std::string& path, const std::string& expected);
    void report_unknown_keys();
    std::string suggestion(const std::string& key, const Frame& frame) const;
    std::optional<double> number_of(const JsonNode& node) const;
    void check_text(const JsonNode& node, const std::string& path, const std::string& value,
                    TextKind kind);
    void read_raw_pairs(const JsonNode& node, const std::string& path,
                        std::vector<TextPair>& values);
    void check_pair(const JsonNode& node, const std::string& path, const TextPair& pair,
                    PairKind kind);

    const JsonDocument& document_;
    ParseOutcome& outcome_;
    std::vector<Frame> frames_;
    std::set<std::string> set_;
    std::vector<std::string> faulty_;
    std::vector<std::pair<std::string, const JsonNode*>> located_;
    KnownPaths known_;
};

// "a, b, c".
std::string join_names(std::span<const char* const> names);

// Fills in defaults that depend on other keys and reports keys that contradict each other.
// `config_file`: where the configuration stands; empty: in no file.
void finish_config(Config& config, const std::string& config_file, ConfigReader& reader);

// Reports keys that were given and have no effect: of the output at `path`, whose defaults are
// filled in, and of all else.
void warn_of_unused_keys(const OutputConfig& output, const std::string& path, ConfigReader& reader);
void warn_of_unused_keys(const Config& config, ConfigReader& reader);

}  // namespace remora
