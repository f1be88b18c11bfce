#include "rules/migrate.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "base/bounded_json.h"
#include "match/pattern.h"

namespace remora {
namespace {

using Json = nlohmann::ordered_json;

// Attributes of the JVM's beans that clients of Prometheus make series of, as name/jvm_names.cpp
// lists them.
constexpr std::array<const char*, 19> kJvmAttributes = {"CollectionCount",
                                                        "CollectionTime",
                                                        "CollectionUsage.*",
                                                        "CommittedVirtualMemorySize",
                                                        "*ThreadCount",
                                                        "HeapMemoryUsage.*",
                                                        "LoadedClassCount",
                                                        "MaxFileDescriptorCount",
                                                        "NonHeapMemoryUsage.*",
                                                        "ObjectPendingFinalizationCount",
                                                        "OpenFileDescriptorCount",
                                                        "ProcessCpuTime",
                                                        "ResidentMemorySize",
                                                        "StartTime",
                                                        "ThreadStates.*",
                                                        "Total*Count",
                                                        "TotalCompilationTime",
                                                        "UnloadedClassCount",
                                                        "Usage.*"};

std::string_view domain_of(const ObjectNamePattern& pattern) {
    const std::string_view text = pattern.text();
    return text.substr(0, text.find(':'));
}

bool takes_of_jvm(const ObjectNamePattern& pattern) {
    return glob_matches(domain_of(pattern), "java.lang") ||
           glob_matches(domain_of(pattern), "java.nio");
}

Json rule(const std::string& match, const char* action) {
    return {{"match", match}, {"action", action}};
}

Json jvm_rule() {
    Json made = rule("java.lang:*", "include");
    made["attributes"] = kJvmAttributes;
    return made;
}

// The first that fits a bean decides.
Json rules_of(const NamingOptions& options) {
    Json rules = Json::array();
    const bool needs_jvm = options.without_jvm || std::any_of(options.excluded.begin(),
                                                              options.excluded.end(), takes_of_jvm);
    const auto add_jvm = [&rules] {
        rules.push_back(jvm_rule());
        rules.push_back(rule("java.nio:*", "include"));
    };
    if (needs_jvm) {
        add_jvm();
    }
    for (const ObjectNamePattern& pattern : options.excluded) {
        rules.push_back(rule(pattern.text(), "exclude"));
    }
    if (options.included) {
        for (const ObjectNamePattern& pattern : *options.included) {
            Json made = rule(pattern.text(), "include");
            made["attributes"] = Json::array({"*"});
            rules.push_back(made);
        }
        if (!needs_jvm) {
            add_jvm();
        }
        rules.push_back(rule("*:*", "exclude"));
    }
    return rules;
}

Json domains_of(const NamingOptions& options) {
    if (!options.included) {
        return Json::array({"*"});
    }
    std::set<std::string> domains = {"java.lang", "java.nio"};
    for (const ObjectNamePattern& pattern : *options.included) {
        domains.emplace(domain_of(pattern).empty() ? "*" : domain_of(pattern));
    }
    return domains;
}

Json output_of(const Migration& migration) {
    Json output;
    if (migration.endpoint) {
        output["type"] = "http";
        output["host"] = migration.endpoint->host.empty() ? "0.0.0.0" : migration.endpoint->host;
        output["port"] = migration.endpoint->port;
    } else {
        output["type"] = "file";
    }
    output["format"] = "prometheus";
    output["names"] = migration.rule_file;
    if (migration.dialect != "1.x") {
        output["names_dialect"] = migration.dialect;
    }
    return output;
}

}  // namespace

std::string write_migrated(const NamingRules& rules, const Migration& migration) {
    const bool needs_texts =
        std::any_of(rules.rules().begin(), rules.rules().end(),
                    [](const NamingRule& one) { return one.value.has_value(); });
    Json config;
    config["select"] = {{"profile", "all"}, {"domains", domains_of(rules.options())}};
    if (needs_texts) {
        config["select"]["texts"] = true;
    }
    const Json selection = rules_of(rules.options());
    if (!selection.empty()) {
        config["rules"] = selection;
    }
    config["outputs"] = Json::array({output_of(migration)});
    return json_text(config, 2) + "\n";
}

}  // namespace remora
