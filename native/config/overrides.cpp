#include "config/overrides.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "config/quantity.h"
#include "config/reader.h"
#include "match/regex.h"

namespace remora {
namespace {

constexpr std::string_view kPrefix = "REMORA_";

// Read elsewhere: by the shim or load_config().
constexpr std::array<std::string_view, 4> kNotKeys = {"REMORA_CONFIG", "REMORA_FORCE",
                                                      "REMORA_LIBRARY", "REMORA_TMPDIR"};

// Names that New Relic's integration gave to the same wishes.
struct Alias {
    std::string_view name;
    std::string_view path;
    bool unanchored_regex;
};
// The mode needs the list or the expression, so it comes last.
constexpr std::array<Alias, 7> kAliases = {
    {{"TOPIC_BUCKET", "topics.bucket", false},
     {"TOPIC_SAMPLE_SIZE", "topics.partition_sample", false},
     {"COLLECT_BROKER_TOPIC_DATA", "topics.broker_topic_data", false},
     {"CONSUMER_GROUP_REGEX", "clients.group_regex", true},
     {"TOPIC_LIST", "topics.list", false},
     {"TOPIC_REGEX", "topics.regex", true},
     {"TOPIC_MODE", "topics.mode", false}}};

const Alias* alias_of(std::string_view name) {
    const auto* const found =
        std::find_if(kAliases.begin(), kAliases.end(),
                     [name](const Alias& alias) { return alias.name == name; });
    return found == kAliases.end() ? nullptr : found;
}

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> parts;
    std::size_t from = 0;
    while (true) {
        const std::size_t dot = path.find('.', from);
        parts.push_back(path.substr(from, dot - from));
        if (dot == std::string_view::npos) {
            return parts;
        }
        from = dot + 1;
    }
}

bool is_index(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `path` with indexes as `*`: the form of KnownPaths.
std::string general(std::string_view path) {
    std::string result;
    for (const std::string_view part : split(path)) {
        result += result.empty() ? "" : ".";
        result += is_index(part) ? std::string_view("*") : part;
    }
    return result;
}

// The key path when variable `name` (lower case) spells `known`; indexes take the place of `*`.
std::optional<std::string> spells(std::string_view name, std::string_view known) {
    std::string path;
    for (const std::string_view part : split(known)) {
        if (!path.empty()) {
            if (name.empty() || name.front() != '_') {
                return std::nullopt;
            }
            name.remove_prefix(1);
            path += '.';
        }
        std::string_view taken = name.substr(0, part.size());
        if (part == "*") {
            taken = name.substr(0, std::min(name.find('_'), name.size()));
            if (!is_index(taken)) {
                return std::nullopt;
            }
        } else if (taken != part) {
            return std::nullopt;
        }
        path += taken;
        name.remove_prefix(taken.size());
    }
    return name.empty() ? std::optional(path) : std::nullopt;
}

// Order of paths: part by part, indexes by number.
bool comes_first(std::string_view a, std::string_view b) {
    const std::vector<std::string_view> left = split(a);
    const std::vector<std::string_view> right = split(b);
    return std::lexicographical_compare(
        left.begin(), left.end(), right.begin(), right.end(),
        [](std::string_view one, std::string_view other) {
            const bool both = is_index(one) && is_index(other);
            return both && one.size() != other.size() ? one.size() < other.size() : one < other;
        });
}

void add_alias(const Alias& alias, const std::string& name, const std::string& text,
               std::vector<Override>& overrides) {
    Override change{std::string(alias.path), text, {JsonSource::Kind::kEnvironment, name}};
    if (alias.path == "topics.mode") {
        change.text = lower_case(text);
    }
    // Theirs match anywhere in the name, ours match the whole. One that does not compile stays as
    // it is, so that the message shows what was written.
    if (alias.unanchored_regex && !text.empty() && Regex::compile(text)) {
        change.text = ".*(?:" + text + ").*";
    }
    overrides.push_back(std::move(change));
}

// Index of the child of `parent` named `part`, made when it is not there; kNoNode when it cannot
// be.
std::uint32_t child_of(JsonDocument& document, std::uint32_t parent, std::string_view part,
                       std::uint16_t source) {
    const bool is_item = is_index(part);
    JsonNode& node = document.nodes[parent];
    const JsonNode::Kind wanted = is_item ? JsonNode::Kind::kArray : JsonNode::Kind::kObject;
    if (node.kind != wanted) {
        if (node.kind != JsonNode::Kind::kNull) {
            return kNoNode;
        }
        node.kind = wanted;
    }
    const auto fresh = static_cast<std::uint32_t>(document.nodes.size());
    if (is_item) {
        std::size_t index = 0;
        const auto [_, failed] = std::from_chars(part.data(), part.data() + part.size(), index);
        if (failed != std::errc() || index > node.items.size()) {
            return kNoNode;
        }
        if (index < node.items.size()) {
            return node.items[index];
        }
        node.items.push_back(fresh);
    } else {
        for (const JsonMember& member : node.members) {
            if (member.key == part) {
                return member.node;
            }
        }
        node.members.push_back({std::string(part), {}, fresh});
    }
    document.nodes.emplace_back().source = source;
    return fresh;
}

}  // namespace

std::string path_of_variable(std::string_view name, const KnownPaths& known) {
    const std::string wanted = lower_case(name);
    for (const std::string& path : known.values) {
        if (const std::optional<std::string> found = spells(wanted, path)) {
            return *found;
        }
    }
    for (const std::string& path : known.sections) {
        if (const std::optional<std::string> found = spells(wanted, path)) {
            return *found;
        }
    }
    return {};
}

EnvironmentOverrides environment_overrides(const std::vector<std::string>& environment,
                                           const KnownPaths& known,
                                           std::vector<Problem>& warnings) {
    std::vector<Override> plain;     // aliases under their own names
    std::vector<Override> prefixed;  // aliases with our prefix
    std::vector<Override> ours;
    for (const std::string& entry : environment) {
        const std::size_t equals = entry.find('=');
        if (equals == std::string::npos) {
            continue;
        }
        const std::string name = entry.substr(0, equals);
        const std::string text = entry.substr(equals + 1);
        if (text.empty()) {
            continue;  // what a script exports for "not set"
        }
        if (const Alias* alias = alias_of(name)) {
            add_alias(*alias, name, text, plain);
            continue;
        }
        const bool skip = name.compare(0, kPrefix.size(), kPrefix) != 0 ||
                          std::find(kNotKeys.begin(), kNotKeys.end(), name) != kNotKeys.end();
        if (skip) {
            continue;
        }
        const std::string rest = name.substr(kPrefix.size());
        if (const Alias* alias = alias_of(rest)) {
            add_alias(*alias, name, text, prefixed);
            continue;
        }
        const std::string path = path_of_variable(rest, known);
        if (!path.empty()) {
            ours.push_back({path, text, {JsonSource::Kind::kEnvironment, name}});
            continue;
        }
        std::vector<std::string> names;
        for (const std::string& candidate : known.values) {
            std::string variable(kPrefix);
            for (const char c : candidate) {
                variable += c == '.' ? '_' : is_lower(c) ? static_cast<char>(c - 32) : c;
            }
            names.push_back(std::move(variable));
        }
        const std::string near = nearest(name, names);
        add_problem(warnings,
                    "environment " + name + ": names no key and is ignored" + did_you_mean(near));
    }
    // "outputs" before "outputs.0.path" and that before "outputs.10.path", whatever the order of
    // the environment.
    std::stable_sort(ours.begin(), ours.end(), [](const Override& a, const Override& b) {
        return comes_first(a.path, b.path);
    });
    std::stable_sort(plain.begin(), plain.end(), [](const Override& a, const Override& b) {
        return alias_of(a.source.name) < alias_of(b.source.name);
    });
    prefixed.insert(prefixed.end(), ours.begin(), ours.end());
    return {std::move(plain), std::move(prefixed)};
}

void apply_override(const Override& change, const KnownPaths& known, JsonDocument& document,
                    ParseOutcome& outcome) {
    const std::string label =
        (change.source.kind == JsonSource::Kind::kArgument ? "argument " : "environment ") +
        change.source.name;
    const std::string shape = general(change.path);
    const bool is_value =
        std::find(known.values.begin(), known.values.end(), shape) != known.values.end();
    const bool is_section =
        std::find(known.sections.begin(), known.sections.end(), shape) != known.sections.end();
    const bool may_be_json =
        is_section || std::find(known.lists.begin(), known.lists.end(), shape) != known.lists.end();
    if (!is_value && !is_section) {
        std::vector<std::string> paths = known.values;
        paths.insert(paths.end(), known.sections.begin(), known.sections.end());
        const std::string near = nearest(change.path, paths);
        add_problem(outcome.errors, label + ": unknown key" + did_you_mean(near));
        return;
    }
    const std::size_t first = change.text.find_first_not_of(" \t\r\n");
    // A regular expression may begin like JSON, and is none.
    const bool is_json = may_be_json && first != std::string::npos &&
                         (change.text[first] == '[' || change.text[first] == '{');
    std::uint32_t parsed = kNoNode;
    const auto source = static_cast<std::uint16_t>(document.sources.size());
    if (is_json) {
        JsonSource named = change.source;
        named.name = label;
        parsed = parse_json(change.text, named, document, outcome.errors);
        document.sources[source] = change.source;
        if (parsed == kNoNode) {
            return;
        }
    } else {
        document.sources.push_back(change.source);
    }
    std::uint32_t node = document.root;
    for (const std::string_view part : split(change.path)) {
        node = child_of(document, node, part, source);
        if (node == kNoNode) {
            add_problem(outcome.errors,
                        label + ": " + change.path +
                            ": there is no such place; list items count from 0 without gaps");
            return;
        }
    }
    JsonNode& target = document.nodes[node];
    if (parsed != kNoNode) {
        target = JsonNode(document.nodes[parsed]);
        return;
    }
    target = JsonNode{};
    target.kind = JsonNode::Kind::kRaw;
    target.text = change.text;
    target.source = source;
}

}  // namespace remora
