#include "cli/names.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>

#include "config/keys.h"
#include "config/quantity.h"
#include "rules/dialects.h"

namespace remora {
namespace {

constexpr int kDone = 0;
constexpr int kUsage = 2;

// The comment at the beginning of a rule file, as one line.
std::string heading_of(std::string_view rules) {
    std::string heading;
    while (rules.starts_with("# ")) {
        const std::string_view line = rules.substr(2, rules.find('\n') - 2);
        heading.append(heading.empty() ? "" : " ").append(line);
        rules.remove_prefix(line.size() + 3);
    }
    return heading;
}

std::string about(std::string_view name) {
    if (const std::string_view rules = find_dialect(name); !rules.empty()) {
        return heading_of(rules);
    }
    return name == "otel" ? "OpenTelemetry's names, for otlp_json. No rule file."
                          : "The names of public Kafka dashboards. No rule file.";
}

int print_names(const std::string& dialect) {
    if (dialect.empty()) {
        for (const std::string name : output_names_names()) {
            std::cout << name << "\n    " << about(name) << '\n';
        }
        return kDone;
    }
    const std::string_view rules = find_dialect(dialect);
    if (rules.empty()) {
        const auto names = output_names_names();
        const bool is_known = std::find(names.begin(), names.end(), dialect) != names.end();
        const std::string near = nearest(dialect, {names.begin(), names.end()});
        std::cerr << dialect << ": "
                  << (is_known ? about(dialect) : "no such names" + did_you_mean(near)) << '\n';
        return kUsage;
    }
    std::cout << rules;
    return kDone;
}

}  // namespace

int run_names(int argc, char** argv) {
    std::string dialect;
    CLI::App app{"remora names: the rules by which series get the names of a dialect"};
    app.add_option("dialect", dialect, "such as strimzi; without it all are listed");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kUsage;
    }
    return print_names(dialect);
}

}  // namespace remora
