#include "config/reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/limits.h"
#include "config/quantity.h"

namespace remora {
namespace {

std::vector<std::string> split_commas(std::string_view text) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from <= text.size()) {
        const std::size_t end = std::min(text.find(',', from), text.size());
        std::string_view part = text.substr(from, end - from);
        while (!part.empty() && part.front() == ' ') {
            part.remove_prefix(1);
        }
        while (!part.empty() && part.back() == ' ') {
            part.remove_suffix(1);
        }
        if (!part.empty()) {
            parts.emplace_back(part);
        }
        from = end + 1;
    }
    return parts;
}

bool is_text(const JsonNode& node) {
    return node.kind == JsonNode::Kind::kText || node.kind == JsonNode::Kind::kRaw;
}

}  // namespace

std::string join_names(std::span<const char* const> names) {
    std::string text;
    for (const char* name : names) {
        text += text.empty() ? "" : ", ";
        text += name;
    }
    return text;
}

ConfigReader::ConfigReader(const JsonDocument& document, ParseOutcome& outcome)
    : document_(document), outcome_(outcome), known_(known_paths()) {}

void ConfigReader::run() {
    frames_.push_back({&document_.nodes[document_.root], "", {}});
    visit_config(*this, outcome_.config);
    report_unknown_keys();
    frames_.pop_back();
    finish_config(outcome_.config, outcome_.file, *this);
}

void ConfigReader::error(const JsonNode& node, const std::string& path, const std::string& what) {
    add_problem(outcome_.errors, headline(place_of(document_, node), path) + ": " + what);
    faulty_.push_back(path);
}

bool ConfigReader::is_faulty(const std::string& path) const {
    return std::any_of(faulty_.begin(), faulty_.end(), [&](const std::string& faulty) {
        return faulty.compare(0, path.size(), path) == 0 &&
               (faulty.size() == path.size() || faulty[path.size()] == '.');
    });
}

void ConfigReader::wrong(const JsonNode& node, const std::string& path,
                         const std::string& expected) {
    error(node, path, "found " + describe(node) + "; expected " + expected);
}

// The key itself, or the innermost enclosing one that was given.
const JsonNode& ConfigReader::nearest_node(const std::string& path) const {
    const JsonNode* best = &document_.nodes[document_.root];
    std::size_t best_size = 0;
    for (const auto& [located, node] : located_) {
        const bool encloses = path.compare(0, located.size(), located) == 0 &&
                              (path.size() == located.size() || path[located.size()] == '.');
        if (encloses && located.size() > best_size) {
            best = node;
            best_size = located.size();
        }
    }
    return *best;
}

void ConfigReader::complain(const std::string& path, const std::string& what) {
    error(nearest_node(path), path, what);
}

void ConfigReader::warn(const std::string& path, const std::string& what) {
    add_problem(outcome_.warnings,
                headline(place_of(document_, nearest_node(path)), path) + ": " + what);
}

const JsonNode* ConfigReader::find(Key key) {
    Frame& frame = frames_.back();
    frame.keys.emplace_back(key.name);
    if (frame.node == nullptr) {
        return nullptr;
    }
    for (const JsonMember& member : frame.node->members) {
        if (member.key == key.name) {
            const JsonNode& node = document_.nodes[member.node];
            const std::string path = path_of(key.name);
            set_.insert(path);
            located_.emplace_back(path, &node);
            if (node.kind != JsonNode::Kind::kObject) {
                outcome_.origins.push_back({path, place_of(document_, node)});
            }
            return &node;
        }
    }
    return nullptr;
}

std::string ConfigReader::suggestion(const std::string& key, const Frame& frame) const {
    if (frame.path.empty() && key == "cluster_size") {
        return "; it was removed: the number of partitions changes nothing by itself; say "
               "sampling.base_interval and topics.partition_sample where you want them";
    }
    const std::string hint = did_you_mean(nearest(key, frame.keys));
    if (!hint.empty()) {
        return hint;
    }
    // The right key in the wrong section.
    for (const std::vector<std::string>* paths : {&known_.values, &known_.sections}) {
        for (const std::string& path : *paths) {
            const std::size_t dot = path.find_last_of('.');
            if (dot != std::string::npos && path.substr(dot + 1) == key) {
                return did_you_mean(path);
            }
        }
    }
    std::string all;
    for (const std::string& known : frame.keys) {
        all += (all.empty() ? "" : ", ") + known;
    }
    return "; expected one of: " + all;
}

void ConfigReader::report_unknown_keys() {
    const Frame& frame = frames_.back();
    if (frame.node == nullptr) {
        return;
    }
    for (const JsonMember& member : frame.node->members) {
        if (outcome_.errors.size() > kProblemsMax) {
            return;
        }
        const bool known =
            std::find(frame.keys.begin(), frame.keys.end(), member.key) != frame.keys.end();
        const bool is_schema_link = frame.path.empty() && member.key == "$schema";
        if (!known && !is_schema_link) {
            JsonNode at_key = document_.nodes[member.node];
            at_key.at = member.at;
            const std::string shown = in_quotes(member.key);
            error(at_key,
                  frame.path + (member.key.empty() ? shown : shown.substr(1, shown.size() - 2)),
                  "unknown key" + suggestion(member.key, frame));
        }
    }
}

std::optional<double> ConfigReader::number_of(const JsonNode& node) const {
    if (node.kind == JsonNode::Kind::kNumber) {
        return node.number;
    }
    if (node.kind == JsonNode::Kind::kRaw) {
        const auto parsed = nlohmann::json::parse(node.text, nullptr, false);
        if (parsed.is_number()) {
            return parsed.get<double>();
        }
    }
    return std::nullopt;
}

void ConfigReader::boolean(Key key, bool& value) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::string raw = node->kind == JsonNode::Kind::kRaw ? lower_case(node->text) : "";
    if (node->kind == JsonNode::Kind::kBool) {
        value = node->boolean;
    } else if (raw == "true" || raw == "1" || raw == "yes" || raw == "on") {
        value = true;
    } else if (raw == "false" || raw == "0" || raw == "no" || raw == "off") {
        value = false;
    } else {
        wrong(*node, path_of(key.name), "true or false");
    }
}

void ConfigReader::whole(Key key, std::uint32_t& value, Bounds<std::uint32_t> bounds) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::optional<double> found = number_of(*node);
    if (!found || *found != std::floor(*found) || *found < bounds.min || *found > bounds.max) {
        wrong(*node, path_of(key.name),
              "a whole number from " + std::to_string(bounds.min) + " to " +
                  std::to_string(bounds.max));
        return;
    }
    value = static_cast<std::uint32_t>(*found);
}

void ConfigReader::number(Key key, double& value, Bounds<double> bounds) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::optional<double> found = number_of(*node);
    if (!found || !(*found >= bounds.min && *found <= bounds.max)) {
        wrong(*node, path_of(key.name),
              "a number from " + number_text(bounds.min) + " to " + number_text(bounds.max));
        return;
    }
    value = *found;
}

void ConfigReader::duration(Key key, std::int64_t& value, Bounds<std::int64_t> bounds) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::optional<std::int64_t> found =
        is_text(*node) ? parse_duration(node->text) : std::nullopt;
    const bool fits =
        found && ((*found >= bounds.min && *found <= bounds.max) || (bounds.zero && *found == 0));
    if (!fits) {
        wrong(*node, path_of(key.name),
              "a duration from " + format_duration(bounds.min) + " to " +
                  format_duration(bounds.max) + (bounds.zero ? " (or \"0s\")" : "") +
                  ", written like \"10s\" or \"1m30s\" with the units ms, s, m, h, d");
        return;
    }
    value = *found;
}

void ConfigReader::size(Key key, std::uint64_t& value, Bounds<std::uint64_t> bounds) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    std::optional<std::uint64_t> found;
    if (is_text(*node)) {
        found = parse_size(node->text);
    } else if (node->kind == JsonNode::Kind::kNumber && node->integral && node->integer >= 0) {
        found = static_cast<std::uint64_t>(node->integer);
    }
    if (!found || *found < bounds.min || *found > bounds.max) {
        wrong(*node, path_of(key.name),
              "a size from " + format_size(bounds.min) + " to " + format_size(bounds.max) +
                  ", written like \"64MB\" with the units B, KB, MB, GB, TB");
        return;
    }
    value = *found;
}

void ConfigReader::text(Key key, std::string& value, TextKind kind) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    if (!is_text(*node)) {
        wrong(*node, path_of(key.name), "a text in quotes");
        return;
    }
    value = node->text;
    if (kind != TextKind::kRegex || !value.empty()) {
        check_text(*node, path_of(key.name), value, kind);
    }
}

void ConfigReader::choice(Key key, std::size_t& value, std::span<const char* const> names) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const auto* const found =
        is_text(*node) ? std::find_if(names.data(), names.data() + names.size(),
                                      [&](const char* name) { return node->text == name; })
                       : names.data() + names.size();
    if (found == names.data() + names.size()) {
        std::string expected = "one of " + join_names(names);
        const std::string near =
            is_text(*node) ? nearest(node->text, {names.begin(), names.end()}) : "";
        wrong(*node, path_of(key.name), expected + did_you_mean(near));
        return;
    }
    value = static_cast<std::size_t>(found - names.data());
}

void ConfigReader::texts(Key key, std::vector<std::string>& values, TextKind kind,
                         std::size_t count_max) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::string path = path_of(key.name);
    values.clear();
    if (node->kind == JsonNode::Kind::kRaw) {
        values = split_commas(node->text);
        for (const std::string& value : values) {
            check_text(*node, path, value, kind);
        }
    } else if (node->kind != JsonNode::Kind::kArray) {
        wrong(*node, path, "an array of texts, [\"...\"]");
        return;
    }
    std::set<std::string> seen;
    for (std::size_t i = 0; i < node->items.size() && i < count_max; ++i) {
        const JsonNode& item = document_.nodes[node->items[i]];
        const std::string item_path = path + "." + std::to_string(i);
        if (item.kind != JsonNode::Kind::kText) {
            wrong(item, item_path, "a text in quotes");
            continue;
        }
        if (!seen.insert(item.text).second) {
            error(item, item_path, in_quotes(item.text) + " stands twice in the list");
            continue;
        }
        check_text(item, item_path, item.text, kind);
        values.push_back(item.text);
    }
    if (std::max(values.size(), node->items.size()) > count_max) {
        error(*node, path,
              "found " + std::to_string(std::max(values.size(), node->items.size())) +
                  " items; expected at most " + std::to_string(count_max));
    }
}

void ConfigReader::read_raw_pairs(const JsonNode& node, const std::string& path,
                                  std::vector<TextPair>& values) {
    for (const std::string& part : split_commas(node.text)) {
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos) {
            wrong(node, path, "name=value,name=value or a JSON object");
            return;
        }
        values.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
}

void ConfigReader::pairs(Key key, std::vector<TextPair>& values, PairKind kind) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::string path = path_of(key.name);
    values.clear();
    if (node->kind == JsonNode::Kind::kRaw) {
        read_raw_pairs(*node, path, values);
        for (const TextPair& pair : values) {
            check_pair(*node, path, pair, kind);
        }
        return;
    }
    if (node->kind != JsonNode::Kind::kObject) {
        wrong(*node, path, "an object of texts, {\"name\": \"value\"}");
        return;
    }
    outcome_.origins.push_back({path, place_of(document_, *node)});
    if (node->members.size() > kLabelsMax) {
        error(*node, path,
              "found " + std::to_string(node->members.size()) + " entries; expected at most " +
                  std::to_string(kLabelsMax));
        return;
    }
    for (const JsonMember& member : node->members) {
        const JsonNode& item = document_.nodes[member.node];
        const std::string item_path = path + "." + member.key.substr(0, 80);
        if (!is_text(item)) {
            wrong(item, item_path, "a text in quotes");
            continue;
        }
        values.emplace_back(member.key, item.text);
        check_pair(item, item_path, values.back(), kind);
    }
}

void ConfigReader::bucket(Key key, std::uint32_t& index, std::uint32_t& count) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::string_view found = is_text(*node) ? std::string_view(node->text) : "";
    const std::size_t slash = found.find('/');
    const auto number = [](std::string_view digits) -> std::uint32_t {
        if (digits.empty() || digits.size() > 6 ||
            digits.find_first_not_of("0123456789") != std::string_view::npos) {
            return 0;
        }
        return static_cast<std::uint32_t>(std::stoul(std::string(digits)));
    };
    const bool split = slash != std::string_view::npos;
    const std::uint32_t i = split ? number(found.substr(0, slash)) : 0;
    const std::uint32_t n = split ? number(found.substr(slash + 1)) : 0;
    if (i < 1 || i > n) {
        wrong(*node, path_of(key.name), "\"i/n\" with 1 <= i <= n, as \"1/3\"");
        return;
    }
    index = i;
    count = n;
}

void ConfigReader::file_mode(Key key, std::uint32_t& mode) {
    const JsonNode* const node = find(key);
    if (node == nullptr) {
        return;
    }
    const std::string& found = node->text;
    const bool octal = is_text(*node) && (found.size() == 3 || found.size() == 4) &&
                       found.find_first_not_of("01234567") == std::string::npos &&
                       (found.size() == 3 || found.front() == '0');
    if (!octal) {
        wrong(*node, path_of(key.name), "octal permission bits in quotes, as \"0644\"");
        return;
    }
    constexpr std::uint32_t kOwner = 0600;
    mode = static_cast<std::uint32_t>(std::stoul(found, nullptr, 8));
    if ((mode & kOwner) != kOwner) {
        wrong(*node, path_of(key.name),
              "bits with which the broker can read and write it, as \"0644\"");
    }
}

void ConfigReader::begin_section(Key key) {
    const JsonNode* node = find(key);
    if (node != nullptr && node->kind != JsonNode::Kind::kObject) {
        wrong(*node, path_of(key.name), "an object, {...}");
        node = nullptr;
    }
    frames_.push_back({node, path_of(key.name) + ".", {}});
}

void ConfigReader::end_section() {
    report_unknown_keys();
    frames_.pop_back();
}

std::size_t ConfigReader::begin_list(Key key, std::size_t count, std::size_t count_max) {
    const JsonNode* node = find(key);
    const std::string path = path_of(key.name);
    if (node != nullptr && node->kind != JsonNode::Kind::kArray) {
        wrong(*node, path, "an array of objects, [{...}]");
        node = nullptr;
    }
    if (node != nullptr) {
        count = node->items.size();
        if (count > count_max) {
            error(*node, path,
                  "found " + std::to_string(count) + " items; expected at most " +
                      std::to_string(count_max));
            count = count_max;
        }
    }
    frames_.push_back({node, path + ".", {}});
    return count;
}

void ConfigReader::begin_item(std::size_t index) {
    const Frame& list = frames_.back();
    const std::string path = list.path + std::to_string(index);
    const JsonNode* node = nullptr;
    if (list.node != nullptr) {
        node = &document_.nodes[list.node->items[index]];
        located_.emplace_back(path, node);
        if (node->kind != JsonNode::Kind::kObject) {
            wrong(*node, path, "an object, {...}");
            node = nullptr;
        }
    }
    frames_.push_back({node, path + ".", {}});
}

void ConfigReader::end_item() {
    end_section();
}

void ConfigReader::end_list() {
    frames_.pop_back();
}

}  // namespace remora
