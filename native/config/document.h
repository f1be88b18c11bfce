// A JSON text as a tree that knows where everything stood, for messages that name line and column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace remora {

// Line and column of a byte, from 1. Columns count bytes.
struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

// Position of byte `offset` of `text`.
Position position_of(std::string_view text, std::size_t offset);

struct JsonNode;

struct JsonMember {
    std::string key;
    Position at;
    std::uint32_t node = 0;  // index into JsonDocument::nodes
};

struct JsonNode {
    // kRaw is a text from the environment or the arguments, whose type its key decides.
    enum class Kind : std::uint8_t { kNull, kBool, kNumber, kText, kArray, kObject, kRaw };

    Kind kind = Kind::kNull;
    bool boolean = false;
    bool integral = false;  // the number has neither fraction nor exponent and fits 63 bits
    double number = 0;
    std::int64_t integer = 0;
    std::string text;                  // kText, kRaw
    std::vector<std::uint32_t> items;  // kArray
    std::vector<JsonMember> members;   // kObject, in order of the text
    Position at;
    std::uint16_t source = 0;  // of JsonDocument::sources
};

// Where nodes came from: a file, an environment variable, an argument.
struct JsonSource {
    enum class Kind : std::uint8_t { kFile, kEnvironment, kArgument };
    Kind kind = Kind::kFile;
    std::string name;  // "/etc/remora.json", "REMORA_TOPICS_MODE", "topics.mode"
};

// Nodes refer to each other by index; the root is an object.
struct JsonDocument {
    std::vector<JsonNode> nodes;
    std::vector<JsonSource> sources;
    std::uint32_t root = 0;
};

// Something wrong, ready to be read by a person.
struct Problem {
    std::string text;
};

inline constexpr std::size_t kProblemsMax = 100;  // reported of one configuration
inline constexpr std::uint32_t kJsonDepthMax = 32;

// Parses `text`, adds its nodes to `document` and returns the index of its value. Syntax errors,
// comments, duplicate keys and too deep nesting are appended to `problems`, each with
// name:line:column; kNoNode when there is no value.
inline constexpr std::uint32_t kNoNode = 0xFFFFFFFF;
std::uint32_t parse_json(std::string_view text, const JsonSource& source, JsonDocument& document,
                         std::vector<Problem>& problems);

// `text` in quotes for a message: at most 80 bytes, control characters as '?'.
std::string in_quotes(std::string_view text);

// `value` in the fewest digits that identify it, without a needless ".0".
std::string number_text(double value);

// What a node is, for messages: "the number 3", "the text \"abc\"", "an object".
std::string describe(const JsonNode& node);

// Where a node of `document` stands, for messages: "remora.json:3:7", "environment REMORA_TOPICS".
std::string place_of(const JsonDocument& document, const JsonNode& node);

// How a problem begins: `where` it was found, then the key. An argument is called like its key,
// which is said once.
std::string headline(const std::string& where, const std::string& path);

// Appends unless there are kProblemsMax already; then says once that there are more.
void add_problem(std::vector<Problem>& problems, std::string text);

}  // namespace remora
