#include "config/document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace remora {
namespace {

using Json = nlohmann::json;

// Finds where each token stands by walking the text in step with the parser, which has proven what
// lies behind the cursor. The parser itself tells no positions.
class TokenCursor {
 public:
    explicit TokenCursor(std::string_view text) : text_(text) {
        if (text_.substr(0, 3) == "\xEF\xBB\xBF") {
            at_ = 3;
            line_begin_ = 3;
        }
    }

    // Position of the next token; the cursor moves behind it.
    Position next() {
        while (at_ < text_.size() && is_filler(text_[at_])) {
            advance();
        }
        const Position position{line_, static_cast<std::uint32_t>(at_ - line_begin_ + 1)};
        skip_token();
        return position;
    }

 private:
    static bool is_filler(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':';
    }

    void advance() {
        if (text_[at_] == '\n') {
            ++line_;
            line_begin_ = at_ + 1;
        }
        ++at_;
    }

    void skip_token() {
        if (at_ >= text_.size()) {
            return;
        }
        const char first = text_[at_++];
        if (first == '"') {
            while (at_ < text_.size() && text_[at_] != '"') {
                at_ += text_[at_] == '\\' ? 2U : 1U;
            }
            at_ = std::min(at_ + 1, text_.size());
        } else if (first != '{' && first != '}' && first != '[' && first != ']') {
            while (at_ < text_.size() && !is_filler(text_[at_]) && text_[at_] != '}' &&
                   text_[at_] != ']') {
                ++at_;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1;
    std::size_t line_begin_ = 0;
};

std::string at_text(const std::string& name, Position at) {
    return name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

// Receives the events of nlohmann's parser and builds nodes.
class Builder {
 public:
    using number_integer_t = Json::number_integer_t;
    using number_unsigned_t = Json::number_unsigned_t;
    using number_float_t = Json::number_float_t;
    using string_t = Json::string_t;
    using binary_t = Json::binary_t;

    Builder(std::string_view text, const JsonSource& source, std::uint16_t source_index,
            JsonDocument& document, std::vector<Problem>& problems)
        : text_(text),
          name_(source.name),
          source_(source_index),
          document_(document),
          problems_(problems),
          cursor_(text) {}

    std::uint32_t root() const { return root_; }

    bool null() {
        add(JsonNode::Kind::kNull);
        return true;
    }
    bool boolean(bool value) {
        add(JsonNode::Kind::kBool).boolean = value;
        return true;
    }
    bool number_integer(number_integer_t value) {
        JsonNode& node = add(JsonNode::Kind::kNumber);
        node.integral = true;
        node.integer = value;
        node.number = static_cast<double>(value);
        return true;
    }
    bool number_unsigned(number_unsigned_t value) {
        JsonNode& node = add(JsonNode::Kind::kNumber);
        node.integral = value <= static_cast<number_unsigned_t>(INT64_MAX);
        node.integer = node.integral ? static_cast<std::int64_t>(value) : 0;
        node.number = static_cast<double>(value);
        return true;
    }
    bool number_float(number_float_t value, const string_t& /*text*/) {
        add(JsonNode::Kind::kNumber).number = value;
        return true;
    }
    bool string(string_t& value) {
        add(JsonNode::Kind::kText).text = std::move(value);
        return true;
    }
    bool binary(binary_t& /*value*/) { return false; }

    bool start_object(std::size_t /*elements*/) { return open(JsonNode::Kind::kObject); }
    bool start_array(std::size_t /*elements*/) { return open(JsonNode::Kind::kArray); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(string_t& value) {
        key_ = {std::move(value), cursor_.next(), 0};
        return true;
    }

    bool parse_error(std::size_t position, const std::string& last_token,
                     const nlohmann::detail::exception& error) {
        const std::size_t offset = position == 0 ? 0 : position - 1;
        const Position at = position_of(text_, std::min(offset, text_.size()));
        add_problem(problems_, at_text(name_, at) + syntax_text(offset, last_token, error.what()));
        return false;
    }

 private:
    // The library's sentence without its own position and number.
    std::string syntax_text(std::size_t offset, const std::string& last_token,
                            std::string_view what) const {
        const std::string_view before = text_.substr(0, std::min(offset + 1, text_.size()));
        const std::size_t slash = before.find_last_of('/');
        const bool comment = slash != std::string_view::npos && slash + 2 >= before.size();
        if (comment && last_token.find('/') != std::string::npos) {
            return "comments are not allowed in JSON";
        }
        if (text_.empty()) {
            return "the file is empty; expected a JSON object, at least {}";
        }
        const std::size_t first = text_.find_first_not_of(" \t\r\n");
        const std::size_t colon = text_.find(": ");
        if (last_comma(offset)) {
            return "a comma behind the last entry; JSON has none there";
        }
        if (first != std::string_view::npos && text_[first] != '{' && text_[first] != '[' &&
            (text_.substr(first, 3) == "---" || colon != std::string_view::npos)) {
            return "this looks like YAML; expected JSON, such as {\"sampling\": "
                   "{\"base_interval\": \"10s\"}}";
        }
        const std::size_t number = what.find("] ");
        const std::size_t dash = what.find(" - ");
        const std::size_t syntax = what.find("syntax error ");
        if (dash != std::string_view::npos) {
            what = what.substr(dash + 3);
        } else if (syntax != std::string_view::npos) {
            what = what.substr(syntax);
        } else if (number != std::string_view::npos) {
            what = what.substr(number + 2);
        }
        std::string clean = "not JSON: ";
        for (const char c : what.substr(0, 300)) {
            clean += c >= ' ' && c <= '~' ? c : '?';
        }
        return clean;
    }

    // Whether a closing bracket at `offset` follows a comma.
    bool last_comma(std::size_t offset) const {
        if (offset >= text_.size() || (text_[offset] != '}' && text_[offset] != ']')) {
            return false;
        }
        const std::size_t before = text_.substr(0, offset).find_last_not_of(" \t\r\n");
        return before != std::string_view::npos && text_[before] == ',';
    }

    JsonNode& add(JsonNode::Kind kind) {
        const auto index = static_cast<std::uint32_t>(document_.nodes.size());
        document_.nodes.emplace_back();
        if (open_.empty()) {
            root_ = index;
        } else {
            attach(document_.nodes[open_.back()], index);
        }
        JsonNode& node = document_.nodes.back();
        node.kind = kind;
        node.source = source_;
        node.at = cursor_.next();
        return node;
    }

    void attach(JsonNode& parent, std::uint32_t index) {
        if (parent.kind == JsonNode::Kind::kArray) {
            parent.items.push_back(index);
            return;
        }
        key_.node = index;
        if (!keys_.back().insert(key_.key).second) {
            add_problem(problems_, at_text(name_, key_.at) + "the key \"" +
                                       key_.key.substr(0, 200) + "\" stands twice in one object");
            return;
        }
        parent.members.push_back(key_);
    }

    bool open(JsonNode::Kind kind) {
        JsonNode& node = add(kind);
        if (open_.size() >= kJsonDepthMax) {
            add_problem(problems_, at_text(name_, node.at) + "nested deeper than " +
                                       std::to_string(kJsonDepthMax) + " levels");
            root_ = kNoNode;
            return false;
        }
        open_.push_back(static_cast<std::uint32_t>(document_.nodes.size() - 1));
        keys_.emplace_back();
        return true;
    }

    bool close() {
        cursor_.next();
        open_.pop_back();
        keys_.pop_back();
        return true;
    }

    std::string_view text_;
    const std::string& name_;
    std::uint16_t source_;
    JsonDocument& document_;
    std::vector<Problem>& problems_;
    TokenCursor cursor_;
    std::vector<std::uint32_t> open_;
    std::vector<std::unordered_set<std::string>> keys_;
    JsonMember key_;
    std::uint32_t root_ = kNoNode;
};

}  // namespace

std::string headline(const std::string& where, const std::string& path) {
    return where == "argument " + path ? where : where + ": " + path;
}

void add_problem(std::vector<Problem>& problems, std::string text) {
    if (problems.size() < kProblemsMax) {
        problems.push_back({std::move(text)});
    } else if (problems.size() == kProblemsMax) {
        problems.push_back({"more problems are not shown"});
    }
}

Position position_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t newline = before.find_last_of('\n');
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    return {lines + 1, static_cast<std::uint32_t>(before.size() - begin + 1)};
}

std::uint32_t parse_json(std::string_view text, const JsonSource& source, JsonDocument& document,
                         std::vector<Problem>& problems) {
    const auto source_index = static_cast<std::uint16_t>(document.sources.size());
    document.sources.push_back(source);
    Builder builder(text, source, source_index, document, problems);
    const bool parsed = Json::sax_parse(text.begin(), text.end(), &builder);
    return parsed ? builder.root() : kNoNode;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kShownMax = 80;
    std::string shown = "\"";
    for (const char c : text.substr(0, kShownMax)) {
        const auto byte = static_cast<unsigned char>(c);
        shown += byte < 0x20 || byte == 0x7F ? '?' : c;
    }
    return shown + (text.size() > kShownMax ? "...\"" : "\"");
}

std::string number_text(double value) {
    std::string text = Json(value).dump();
    if (text.size() > 2 && text.substr(text.size() - 2) == ".0") {
        text.resize(text.size() - 2);
    }
    return text;
}

std::string describe(const JsonNode& node) {
    switch (node.kind) {
        case JsonNode::Kind::kNull:
            return "null";
        case JsonNode::Kind::kBool:
            return node.boolean ? "true" : "false";
        case JsonNode::Kind::kNumber: {
            std::string number =
                node.integral ? std::to_string(node.integer) : number_text(node.number);
            return "the number " + number;
        }
        case JsonNode::Kind::kText:
        case JsonNode::Kind::kRaw:
            return "the text " + in_quotes(node.text);
        case JsonNode::Kind::kArray:
            return "an array";
        case JsonNode::Kind::kObject:
            return "an object";
    }
    return "nothing";
}

std::string place_of(const JsonDocument& document, const JsonNode& node) {
    const JsonSource& source = document.sources[node.source];
    std::string text;
    if (source.kind == JsonSource::Kind::kEnvironment) {
        text = "environment ";
    } else if (source.kind == JsonSource::Kind::kArgument) {
        text = "argument ";
    }
    text += source.name;
    if (node.at.line > 0) {
        text += ":" + std::to_string(node.at.line) + ":" + std::to_string(node.at.column);
    }
    return text;
}

}  // namespace remora
