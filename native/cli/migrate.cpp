#include "cli/migrate.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/files.h"
#include "config/parse.h"
#include "rules/migrate.h"
#include "rules/rule_file.h"

namespace remora {
namespace {

constexpr int kDone = 0;
constexpr int kInvalid = 1;
constexpr int kUsage = 2;

struct MigrateOptions {
    std::string what;
    std::string dialect = "1.x";
};

// What is otherwise than with jmx_exporter, whatever the file says.
void say_differences(const NamingRules& rules) {
    const auto say = [](const std::string& sentence) { std::cerr << "note: " << sentence << '\n'; };
    const bool looks = std::any_of(rules.rules().begin(), rules.rules().end(),
                                   [](const NamingRule& rule) { return rule.looks_at_values(); });
    if (looks) {
        say("patterns that see the value are matched again when it changes: remora check tells "
            "which");
    }
    if (!rules.options().included) {
        say("the file is about every MBean: its domains are seen only with the agent's argument "
            "domains=*");
    }
    say("values are those of the last tick, sampling.base_interval apart, and not of the moment of "
        "the scrape");
    say("jmx_scrape_* and jmx_config_reload_* are not there; remora_* tells of the agent");
}

int migrate(const MigrateOptions& options) {
    const AgentArguments given = parse_arguments(options.what);
    if (!given.problems.empty() || given.file.empty()) {
        std::cerr << (given.problems.empty() ? "no rule file is named" : given.problems[0].text)
                  << '\n';
        return kUsage;
    }
    const Result<std::string> text = read_file(given.file, kRuleFileBytesMax);
    if (!text) {
        std::cerr << text.status().message() << '\n';
        return kUsage;
    }
    const bool is_old = options.dialect == "0.20";
    const RuleFileOutcome parsed = parse_rule_file(
        text.value(), given.file, is_old ? NamesDialect::kExporter020 : NamesDialect::kExporter1x);
    for (const Problem& warning : parsed.warnings) {
        std::cerr << "not carried over: " << warning.text << '\n';
    }
    for (const Problem& error : parsed.errors) {
        std::cerr << "error: " << error.text << '\n';
    }
    if (!parsed.is_ok()) {
        std::cerr << parsed.errors.size() << " error(s); nothing is written\n";
        return kInvalid;
    }
    say_differences(parsed.rules);
    const std::string path = std::filesystem::absolute(given.file).lexically_normal().string();
    std::cout << write_migrated(parsed.rules, {path, given.endpoint, options.dialect});
    return kDone;
}

}  // namespace

int run_migrate(int argc, char** argv) {
    MigrateOptions options;
    CLI::App app{"remora migrate: a configuration that does what jmx_exporter does with a file"};
    app.add_option("what", options.what,
                   "rule file, or what stands behind jmx_exporter's jar: 8080:/etc/kafka.yml")
        ->required();
    app.add_option("--dialect", options.dialect, "the version of jmx_exporter that runs today")
        ->check(CLI::IsMember({"0.20", "1.x"}))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kUsage;
    }
    return migrate(options);
}

}  // namespace remora
