#include "config/print.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "config/keys.h"
#include "config/overrides.h"
#include "config/parse.h"
#include "support/golden.h"

namespace remora {
namespace {

void collect_schema_paths(const nlohmann::json& properties, const std::string& prefix,
                          std::set<std::string>& values) {
    for (const auto& member : properties.items()) {
        const nlohmann::json& node = member.value();
        const std::string path = prefix + member.key();
        if (node.contains("properties")) {
            EXPECT_EQ(node.value("additionalProperties", true), false) << path;
            collect_schema_paths(node["properties"], path + ".", values);
        } else if (node.contains("items") && node["items"].contains("properties")) {
            collect_schema_paths(node["items"]["properties"], path + ".*.", values);
        } else if (path != "$schema") {
            values.insert(path);
        }
    }
}

TEST(ConfigSchema, TheShippedFileIsWhatThisVersionWrites) {
    EXPECT_EQ(read_source_file("native/config/remora.schema.json"), config_schema())
        << "write it again with: remora check --schema";
}

TEST(ConfigSchema, HasExactlyTheKeysOfTheParser) {
    const nlohmann::json schema =
        nlohmann::json::parse(read_source_file("native/config/remora.schema.json"), nullptr, false);
    ASSERT_TRUE(schema.is_object());
    std::set<std::string> in_schema;
    collect_schema_paths(schema["properties"], "", in_schema);
    const std::vector<std::string> values = known_paths().values;
    EXPECT_EQ(in_schema, std::set<std::string>(values.begin(), values.end()));
}

TEST(ConfigSchema, ItsDefaultsAreWhatTheParserTakesAndGives) {
    const nlohmann::json schema = nlohmann::json::parse(config_schema());
    nlohmann::json file = nlohmann::json::object();
    for (const auto& section : schema["properties"].items()) {
        if (!section.value().contains("properties")) {
            continue;
        }
        for (const auto& key : section.value()["properties"].items()) {
            file[section.key()][key.key()] = key.value()["default"];
        }
    }
    const ParseOutcome given = parse_config(file.dump(), "r.json", {}, "");
    EXPECT_TRUE(given.is_ok()) << given.error_text();
    const std::string printed = print_config(given);
    const std::string defaults = print_config(parse_config("{}", "r.json", {}, ""));
    const auto without_origins = [](const std::string& text) {
        std::string clean;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            clean += text.substr(at, text.rfind("  # ", end) - at) + "\n";
            at = end + 1;
        }
        return clean;
    };
    EXPECT_EQ(without_origins(printed), without_origins(defaults));
}

}  // namespace
}  // namespace remora
