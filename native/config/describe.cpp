// What the key list gives beside the parser: known paths, the JSON Schema, the key table.
#include <nlohmann/json.hpp>

#include "config/keys.h"
#include "config/quantity.h"

namespace remora {
namespace {

using Json = nlohmann::ordered_json;

// A list is walked with one item, for its shape.
class PathCollector final : public ConfigVisitor {
 public:
    explicit PathCollector(KnownPaths& paths) : paths_(paths) {}

    void boolean(Key key, bool&) override { leaf(key); }
    void whole(Key key, std::uint32_t&, Bounds<std::uint32_t>) override { leaf(key); }
    void number(Key key, double&, Bounds<double>) override { leaf(key); }
    void duration(Key key, std::int64_t&, Bounds<std::int64_t>) override { leaf(key); }
    void size(Key key, std::uint64_t&, Bounds<std::uint64_t>) override { leaf(key); }
    void text(Key key, std::string&, TextKind) override { leaf(key); }
    void choice(Key key, std::size_t&, std::span<const char* const>) override { leaf(key); }
    void texts(Key key, std::vector<std::string>&, TextKind, std::size_t) override { list(key); }
    void pairs(Key key, std::vector<TextPair>&, PairKind) override { list(key); }
    void bucket(Key key, std::uint32_t&, std::uint32_t&) override { leaf(key); }
    void file_mode(Key key, std::uint32_t&) override { leaf(key); }

    void begin_section(Key key) override {
        paths_.sections.push_back(prefix_.back() + key.name);
        prefix_.push_back(prefix_.back() + key.name + ".");
    }
    void end_section() override { prefix_.pop_back(); }
    std::size_t begin_list(Key key, std::size_t, std::size_t) override {
        begin_section(key);
        return 1;
    }
    void begin_item(std::size_t) override { prefix_.push_back(prefix_.back() + "*."); }
    void end_item() override { prefix_.pop_back(); }
    void end_list() override { prefix_.pop_back(); }

 private:
    void leaf(Key key) { paths_.values.push_back(prefix_.back() + key.name); }
    void list(Key key) {
        leaf(key);
        paths_.lists.push_back(paths_.values.back());
    }

    KnownPaths& paths_;
    std::vector<std::string> prefix_ = {""};
};

std::vector<std::string> to_list(std::span<const char* const> names) {
    return {names.begin(), names.end()};
}

class SchemaWriter final : public ConfigVisitor {
 public:
    SchemaWriter() { open_.push_back(&root_); }

    Json take() { return std::move(root_); }
    Json& root() { return root_; }

    void boolean(Key key, bool& value) override {
        add(key, {{"type", "boolean"}})["default"] = value;
    }
    void whole(Key key, std::uint32_t& value, Bounds<std::uint32_t> bounds) override {
        add(key,
            {{"type", "integer"}, {"minimum", bounds.min}, {"maximum", bounds.max}})["default"] =
            value;
    }
    void number(Key key, double& value, Bounds<double> bounds) override {
        add(key,
            {{"type", "number"}, {"minimum", bounds.min}, {"maximum", bounds.max}})["default"] =
            value;
    }
    void duration(Key key, std::int64_t& value, Bounds<std::int64_t> bounds) override {
        Json& node = add(key, {{"type", "string"},
                               {"pattern", "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"},
                               {"minLength", 2}});
        node["default"] = format_duration(value);
        range(node, format_duration(bounds.min), format_duration(bounds.max), bounds.zero);
    }
    void size(Key key, std::uint64_t& value, Bounds<std::uint64_t> bounds) override {
        Json& node = add(key, {{"type", {"string", "integer"}},
                               {"pattern", "^[0-9]+ ?(B|[KMGT]i?B)?$"},
                               {"minimum", bounds.min},
                               {"maximum", bounds.max}});
        node["default"] = format_size(value);
        range(node, format_size(bounds.min), format_size(bounds.max), bounds.zero);
    }
    void text(Key key, std::string& value, TextKind) override {
        add(key, {{"type", "string"}})["default"] = value;
    }
    void choice(Key key, std::size_t& value, std::span<const char* const> names) override {
        add(key, {{"enum", to_list(names)}})["default"] = names[value];
    }
    void texts(Key key, std::vector<std::string>& values, TextKind kind,
               std::size_t count_max) override {
        Json item = {{"type", "string"}};
        if (kind == TextKind::kStatistic) {
            item = {{"enum", to_list(statistic_names().subspan(1))}};
        } else if (kind == TextKind::kChange) {
            item = {{"enum", to_list(change_kind_names())}};
        }
        Json& node = add(key, {{"type", "array"}, {"items", item}, {"uniqueItems", true}});
        node["maxItems"] = count_max;
        node["default"] = values;
    }
    void pairs(Key key, std::vector<TextPair>&, PairKind kind) override {
        Json& node = add(key, {{"type", "object"}});
        if (kind == PairKind::kLabels) {
            node["propertyNames"] = {
                {"pattern", "^(?!__|quantile$|le$)[a-zA-Z_][a-zA-Z0-9_]*(\\.[a-zA-Z0-9_]+)*$"}};
        }
        node["additionalProperties"] = {{"type", "string"}};
        node["maxProperties"] = kLabelsMax;
        node["default"] = Json::object();
    }
    void bucket(Key key, std::uint32_t& index, std::uint32_t& count) override {
        add(key, {{"type", "string"}, {"pattern", "^[0-9]{1,6}/[0-9]{1,6}$"}})["default"] =
            std::to_string(index) + "/" + std::to_string(count);
    }
    void file_mode(Key key, std::uint32_t&) override {
        add(key, {{"type", "string"}, {"pattern", "^0?[0-7]{3}$"}})["default"] = "0644";
    }

    void begin_section(Key key) override {
        Json& node = add(key, {{"type", "object"}});
        node["additionalProperties"] = false;
        node["properties"] = Json::object();
        open_.push_back(&node["properties"]);
    }
    void end_section() override { open_.pop_back(); }
    std::size_t begin_list(Key key, std::size_t, std::size_t count_max) override {
        Json& node = add(key, {{"type", "array"}});
        node["maxItems"] = count_max;
        node["items"] = {{"type", "object"}, {"additionalProperties", false}};
        node["items"]["properties"] = Json::object();
        open_.push_back(&node["items"]["properties"]);
        return 1;
    }
    void begin_item(std::size_t) override {}
    void end_item() override {}
    void end_list() override { open_.pop_back(); }

 private:
    Json& add(Key key, Json node) {
        Json described = {{"description", key.doc}};
        for (const auto& member : node.items()) {
            described[member.key()] = member.value();
        }
        Json& slot = (*open_.back())[key.name];
        slot = std::move(described);
        return slot;
    }

    static void range(Json& node, const std::string& least, const std::string& most, bool zero) {
        node["description"] = node["description"].get<std::string>() + " From " + least + " to " +
                              most + (zero ? ", or 0s." : ".");
    }

    Json root_ = Json::object();
    std::vector<Json*> open_;
};

// Columns of one row: key, values, default, meaning.
void add_rows(const Json& properties, const std::string& prefix, std::string& table) {
    for (const auto& member : properties.items()) {
        const Json& node = member.value();
        const std::string path = prefix + member.key();
        if (node.contains("properties")) {
            add_rows(node["properties"], path + ".", table);
            continue;
        }
        std::string values = "text";
        const bool is_object_list = node.contains("items") && node["items"].contains("properties");
        if (node.contains("enum")) {
            values.clear();
            for (const Json& choice : node["enum"]) {
                values += (values.empty() ? "" : ", ") + choice.get<std::string>();
            }
        } else if (node["type"].is_array()) {
            values = "size";
        } else if (node["type"] == "integer" || node["type"] == "number") {
            values = node["minimum"].dump() + " to " + node["maximum"].dump();
        } else if (node["type"] == "boolean") {
            values = "true, false";
        } else if (node["type"] == "array") {
            values = is_object_list ? "list of objects" : "list of texts";
        } else if (node["type"] == "object") {
            values = "object of texts";
        } else if (node.contains("minLength")) {
            values = "duration";
        }
        const std::string value =
            node.contains("default") ? "`" + node["default"].dump() + "`" : "";
        table += "| `" + path + "` | " + values + " | " + value + " | " +
                 node["description"].get<std::string>() + " |\n";
        if (is_object_list) {
            add_rows(node["items"]["properties"], path + ".N.", table);
        }
    }
}

}  // namespace

KnownPaths known_paths() {
    KnownPaths paths;
    PathCollector collector(paths);
    Config config;
    visit_config(collector, config);
    return paths;
}

std::string config_schema() {
    SchemaWriter writer;
    Config config;
    visit_config(writer, config);
    Json properties = {{"$schema", {{"type", "string"}}}};
    for (const auto& member : writer.root().items()) {
        properties[member.key()] = member.value();
    }
    const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                         {"title", "Remora configuration"},
                         {"type", "object"},
                         {"additionalProperties", false},
                         {"properties", std::move(properties)}};
    return schema.dump(2) + "\n";
}

std::string config_key_table() {
    SchemaWriter writer;
    Config config;
    visit_config(writer, config);
    std::string table = "| key | values | default | meaning |\n|---|---|---|---|\n";
    add_rows(writer.root(), "", table);
    return table;
}

}  // namespace remora
