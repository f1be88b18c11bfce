// The one file that knows yaml-cpp: its headers take seconds to compile.
#include "rules/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/formatted.h"
#include "base/utf8.h"
#include "rules/yaml_scalar.h"

namespace remora {
namespace {

using Kind = JsonNode::Kind;

constexpr std::size_t kMergedMax = 10'000;

Position position_of(const YAML::Mark& mark) {
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// Receives the events of the parser and builds nodes. An alias is the index of the node that it
// names, so nothing grows by it.
class Builder final : public YAML::EventHandler {
 public:
    Builder(std::uint16_t source, JsonDocument& document, std::vector<Problem>& errors,
            std::vector<Problem>& warnings)
        : source_(source), document_(document), errors_(errors), warnings_(warnings) {}

    std::uint32_t root() const { return root_; }
    // Where the last scalar in quotes begins.
    const YAML::Mark& last_quoted() const { return last_quoted_; }

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::uint32_t index = add(Kind::kNull, mark);
        // What is not there has no place of its own: the parser tells that of what comes next.
        if (!open_.empty() && open_.back().has_key) {
            document_.nodes[index].at = open_.back().key.at;
        }
        close_scalar(index, anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            complain(position_of(mark), "an alias within what it names");
            attach(add(Kind::kNull, mark));
            return;
        }
        attach(found->second);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const std::uint32_t index = add(Kind::kText, mark);
        JsonNode& node = document_.nodes[index];
        node.text = value;
        if (tag == "!") {
            last_quoted_ = mark;
        }
        if (tag == "?") {
            resolve_scalar(node);
        } else if (!tag.empty() && tag != "!" && tag != "tag:yaml.org,2002:str") {
            complain(node.at, "the tag " + in_quotes(tag) + " is not supported");
        }
        close_scalar(index, anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(add(Kind::kArray, mark), anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(add(Kind::kObject, mark), anchor);
    }
    void OnMapEnd() override { close(); }

    // Nothing follows, in the middle of things: what is whole by now stays. An item of a list that
    // was not read to its end is none.
    void end_early() {
        while (!open_.empty()) {
            const bool is_item = open_.size() > 1 &&
                                 document_.nodes[open_[open_.size() - 2].node].kind == Kind::kArray;
            if (is_item) {
                open_.pop_back();
            } else {
                close();
            }
        }
    }

 private:
    struct Open {
        std::uint32_t node = 0;
        YAML::anchor_t anchor = 0;
        bool has_key = false;  // the next node is the value of `key`
        JsonMember key;
        std::unordered_map<std::string, std::size_t> places;  // of the keys among the members
        std::vector<std::uint32_t> merged;                    // objects that "<<" names
    };

    void complain(Position at, const std::string& what) { add_problem(errors_, where(at) + what); }
    std::string where(Position at) const {
        JsonNode node;
        node.at = at;
        node.source = source_;
        return place_of(document_, node) + ": ";
    }

    std::uint32_t add(Kind kind, const YAML::Mark& mark) {
        const auto index = static_cast<std::uint32_t>(document_.nodes.size());
        document_.nodes.emplace_back();
        JsonNode& node = document_.nodes.back();
        node.kind = kind;
        node.source = source_;
        node.at = position_of(mark);
        return index;
    }

    void close_scalar(std::uint32_t index, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            anchors_[anchor] = index;
        }
        attach(index);
    }

    void open(std::uint32_t index, YAML::anchor_t anchor) {
        if (open_.size() == kJsonDepthMax) {
            complain(document_.nodes[index].at,
                     "nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
        }
        open_.push_back({index, anchor, false, {}, {}, {}});
    }

    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        for (const std::uint32_t merged : closed.merged) {
            merge(closed, merged);
        }
        if (closed.anchor != YAML::NullAnchor) {
            anchors_[closed.anchor] = closed.node;
        }
        attach(closed.node);
    }

    // What `from` has and the object `into` has not.
    void merge(Open& into, std::uint32_t from) {
        const JsonNode& merged = document_.nodes[from];
        if (merged.kind == Kind::kArray) {
            for (const std::uint32_t item : merged.items) {
                merge(into, item);
            }
            return;
        }
        if (merged.kind != Kind::kObject) {
            complain(merged.at, "\"<<\" takes an object or a list of them");
            return;
        }
        merged_ += merged.members.size();
        if (merged_ > kMergedMax) {
            complain(merged.at, "\"<<\" adds more than " + std::to_string(kMergedMax) + " keys");
            return;
        }
        std::vector<JsonMember>& present = document_.nodes[into.node].members;
        for (const JsonMember& member : merged.members) {
            if (into.places.emplace(member.key, present.size()).second) {
                present.push_back(member);
            }
        }
    }

    // A finished node goes into what is open around it.
    void attach(std::uint32_t index) {
        if (open_.empty()) {
            root_ = index;
            return;
        }
        Open& around = open_.back();
        JsonNode& parent = document_.nodes[around.node];
        if (parent.kind == Kind::kArray) {
            parent.items.push_back(index);
        } else if (!around.has_key) {
            const JsonNode& key = document_.nodes[index];
            if (key.kind == Kind::kArray || key.kind == Kind::kObject) {
                complain(key.at, "a key that is " + describe(key) + "; expected text");
            }
            around.key = {key.text, key.at, 0};
            around.has_key = true;
        } else {
            around.has_key = false;
            around.key.node = index;
            if (around.key.key == "<<") {
                around.merged.push_back(index);
                return;
            }
            const auto [place, is_new] =
                around.places.emplace(around.key.key, parent.members.size());
            if (is_new) {
                parent.members.push_back(around.key);
                return;
            }
            add_problem(warnings_, where(around.key.at) + "the key " + in_quotes(around.key.key) +
                                       " stands twice in one object; the last one counts");
            parent.members[place->second] = around.key;
        }
    }

    const std::uint16_t source_;
    JsonDocument& document_;
    std::vector<Problem>& errors_;
    std::vector<Problem>& warnings_;
    std::map<YAML::anchor_t, std::uint32_t> anchors_;
    std::vector<Open> open_;
    YAML::Mark last_quoted_ = YAML::Mark::null_mark();
    std::size_t merged_ = 0;  // members
    std::uint32_t root_ = kNoNode;
};

// Whether the quotes that begin at `mark` have no end: the parser takes the end of the text for it.
bool is_open_at_end(std::string_view text, const YAML::Mark& mark) {
    const auto from = static_cast<std::size_t>(mark.pos);
    const char quote = mark.pos >= 0 && from < text.size() ? text[from] : ' ';
    if (quote != '"' && quote != '\'') {
        return false;
    }
    for (std::size_t i = from + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote && quote == '\'' && text.substr(i + 1, 1) == "'") {
            ++i;
        } else if (text[i] == quote) {
            return false;
        }
    }
    return true;
}

// Where the first byte is that begins no character; the size of `text`: nowhere.
std::size_t first_bad_byte(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t bytes = character_bytes(text, at);
        if (bytes == 0) {
            break;
        }
        at += bytes;
    }
    return at;
}

}  // namespace

std::uint32_t parse_yaml(std::string_view text, const JsonSource& source, JsonDocument& document,
                         std::vector<Problem>& errors, std::vector<Problem>& warnings) {
    const auto source_index = static_cast<std::uint16_t>(document.sources.size());
    document.sources.push_back(source);
    const auto complain = [&](const YAML::Mark& mark, const std::string& what) {
        JsonNode node;
        node.at = position_of(mark);
        node.source = source_index;
        add_problem(errors, place_of(document, node) + ": " + what);
    };
    if (const std::size_t bad = first_bad_byte(text); bad < text.size()) {
        const std::string_view before = text.substr(0, bad);
        YAML::Mark mark;
        mark.line = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
        mark.column = static_cast<int>(before.size() - (before.rfind('\n') + 1));
        complain(mark, formatted("the byte 0x%02X is no UTF-8; expected a file in UTF-8",
                                 static_cast<unsigned>(static_cast<unsigned char>(text[bad]))));
        return kNoNode;
    }
    Builder builder(source_index, document, errors, warnings);
    if (text.substr(0, 3) == "\xEF\xBB\xBF") {
        text.remove_prefix(3);
    }
    // yaml-cpp reads the version of YAML by `>>`, which ends the process on musl (base/words.h).
    std::string shown(text);
    for (std::size_t at = 0; (at = shown.find("%YAML", at)) != std::string::npos; ++at) {
        if (at == 0 || shown[at - 1] == '\n' || shown[at - 1] == '\r') {
            shown[at] = '#';
        }
    }
    std::istringstream stream{shown};
    const std::size_t errors_before = errors.size();
    try {
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            return kNoNode;
        }
        const std::uint32_t root = builder.root();
        if (is_open_at_end(text, builder.last_quoted())) {
            complain(builder.last_quoted(), "not YAML: a quote that does not end");
        }
        Builder second(source_index, document, errors, warnings);
        if (parser.HandleNextDocument(second)) {
            complain(YAML::Mark::null_mark(), "more than one document; expected one");
        }
        return errors.size() == errors_before ? root : kNoNode;
    } catch (const YAML::Exception& error) {
        const bool is_whole_so_far = errors.size() == errors_before;
        complain(error.mark, "not YAML: " + error.msg);
        builder.end_early();
        return is_whole_so_far ? builder.root() : kNoNode;
    }
}

}  // namespace remora
