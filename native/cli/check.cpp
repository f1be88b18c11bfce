#include "cli/check.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "base/files.h"
#include "base/formatted.h"
#include "cli/agent_files.h"
#include "cli/check_rules.h"
#include "cli/live.h"
#include "config/keys.h"
#include "config/parse.h"
#include "config/print.h"
#include "forecast/broker_beans.h"
#include "forecast/costs.h"
#include "forecast/read_cost.h"
#include "forecast/tally.h"
#include "rules/output_rules.h"
#include "select/bean_list.h"

namespace remora {
namespace {

constexpr int kValid = 0;
constexpr int kInvalid = 1;
constexpr int kUsage = 2;

struct CheckOptions {
    std::string file;
    std::string arguments;
    std::string mbeans;
    std::string costs;
    std::string live;
    std::string dialect = "1.x";
    bool has_dialect = false;  // it was given
    bool print = false;
    bool no_environment = false;
    bool schema = false;
    bool keys = false;
    bool names = false;
};

Tally tally(const Config& config, const BeanList& list, bool names) {
    TallyBuilder builder(config, names);
    for (const Bean& bean : list.beans()) {
        builder.add(bean);
    }
    return builder.finish();
}

// "alert", or "broker,topic" where rules moved some of the family.
std::string classes_of(const FamilyTally& family) {
    std::set<UnitClass> classes;
    std::string text;
    for (const auto& [how, units] : family.reads) {
        if (classes.insert(how.unit_class).second) {
            text += (text.empty() ? "" : ",") + std::string(unit_class_name(how.unit_class));
        }
    }
    return text;
}

void print_families(const Tally& found, const MeasuredCosts& costs) {
    std::cout << "series  beans  of     class      "
              << (costs.is_empty() ? "" : "us/read  ms all   ") << "family\n";
    for (const auto& [name, family] : found.families) {
        if (family.units == 0) {
            continue;
        }
        const auto column = [](const std::string& value, std::size_t width) {
            return value + std::string(width > value.size() ? width - value.size() : 1, ' ');
        };
        std::cout << column(std::to_string(family.series), 8)
                  << column(std::to_string(family.units), 7)
                  << column(std::to_string(family.beans), 7) << column(classes_of(family), 11);
        if (!costs.is_empty()) {
            const std::optional<double> ns = costs.typical_ns(name);
            std::cout << column(ns ? formatted("%.2f", *ns / 1e3) : "?", 9)
                      << column(ns ? formatted("%.3f", *ns * family.units / 1e6) : "?", 9);
        }
        std::cout << name << '\n';
    }
}

// CPU, and what the ceiling makes of it.
void print_cost(const Config& config, const Tally& found, const MeasuredCosts& costs) {
    const SamplingConfig& sampling = config.sampling;
    const ReadCost cost = read_cost(sampling, found, costs);
    const auto percent = [](double ns_per_s) {
        return formatted("%.4f", ns_per_s / kNsOfPercent) + " %";
    };
    const double ticks_per_s = 1e3 / static_cast<double>(sampling.base_interval_ms);
    const double overhead_ns_per_s = costs.tick_overhead_ns() * ticks_per_s;
    std::cout << "reading all of it once: " << formatted("%.2f", cost.pass_ns / 1e6)
              << " ms; for every tick: " << percent(cost.base_ns_per_s)
              << " of a core; at the bounds on age: " << percent(cost.bound_ns_per_s) << "\n";
    if (overhead_ns_per_s > 0) {
        std::cout << "sampling and output, as that agent measured them: "
                  << percent(overhead_ns_per_s) << "\n";
    }
    if (sampling.policy == SamplingPolicy::kAdaptive) {
        std::cout << ceiling_outlook(sampling, cost, costs.tick_overhead_ns()).sentence << "\n";
    }
    if (cost.unknown > 0) {
        std::cout << cost.unknown
                  << " beans are of families without a measured cost: not counted\n";
    }
}

Result<MeasuredCosts> read_costs(const std::string& path) {
    const Result<std::string> text = read_file(path, kToolFileBytesMax);
    if (!text) {
        return text.status();
    }
    MeasuredCosts costs = MeasuredCosts::parse(text.value());
    if (costs.is_empty()) {
        return Status(Code::kNotFound,
                      path +
                          ": no line of remora_family_read_typical_seconds; an output with "
                          "self_metrics \"full\" has them");
    }
    return costs;
}

Result<BeanList> read_beans(const std::string& path) {
    const Result<std::string> text = read_file(path, kToolFileBytesMax);
    if (!text) {
        return text.status();
    }
    Result<BeanList> list = BeanList::parse(text.value());
    if (!list) {
        return Status(list.status().code(), path + ": " + list.status().message());
    }
    return list;
}

// `costs`: what reading a bean takes; may be empty.
int print_selection(const ParseOutcome& outcome, const CheckOptions& options,
                    const MeasuredCosts& costs) {
    const Result<BeanList> list = read_beans(options.mbeans);
    if (!list) {
        std::cerr << list.status().message() << "\n";
        return kUsage;
    }
    const Config& config = outcome.config;
    if (options.print) {
        std::cout << print_config(outcome);
    }
    const Tally found = tally(config, list.value(), options.names);
    for (const std::string& line : found.names) {
        std::cout << line << '\n';
    }
    print_families(found, costs);
    std::cout << found.series << " series of " << found.units << " beans out of " << found.beans
              << "\n";
    for (const auto& [reason, count] : found.refusals) {
        std::cout << "not collected: " << count << " beans: " << reason << '\n';
    }
    if (!costs.is_empty()) {
        print_cost(config, found, costs);
    }
    if (!found.unmatched.empty()) {
        std::cerr << "warning: " << found.unmatched << '\n';
    }
    for (const std::string& sentence : found.unanswered) {
        std::cerr << "error: " << sentence << '\n';
    }
    return found.unanswered.empty() ? kValid : kInvalid;
}

int print_listed(const ParseOutcome& outcome, const CheckOptions& options) {
    if (options.costs.empty()) {
        return print_selection(outcome, options, {});
    }
    const Result<MeasuredCosts> costs = read_costs(options.costs);
    if (!costs) {
        std::cerr << costs.status().message() << "\n";
        return kUsage;
    }
    return print_selection(outcome, options, costs.value());
}

// What reads cost the agent, from the file where it says so.
Result<MeasuredCosts> read_costs(const CounterFileHead& agent) {
    const Result<std::string> path = costs_path(agent);
    return path ? read_costs(path.value()) : path.status();
}

// Has the agent of `options.live` leave the list that `options.mbeans` then names.
Result<CounterFile> list_live(CheckOptions& options) {
    Result<CounterFile> agent = live_agent(options.live);
    if (!agent) {
        return agent;
    }
    const Status answered = ask_for_beans(options.live);
    if (!answered) {
        return answered;
    }
    options.mbeans = options.live + "/remora.beans";
    return agent;
}

int print_live(const ParseOutcome& outcome, CheckOptions options) {
    const Result<CounterFile> agent = list_live(options);
    if (!agent) {
        std::cerr << agent.status().message() << "\n";
        return kUsage;
    }
    if (!options.costs.empty()) {
        return print_listed(outcome, options);
    }
    const Result<MeasuredCosts> costs = read_costs(agent.value());
    if (!costs) {
        std::cerr << "without costs: " << costs.status().message() << "\n";
    }
    return print_selection(outcome, options, costs ? costs.value() : MeasuredCosts());
}

int check_rule_file(CheckOptions options) {
    if (options.print || !options.costs.empty() || !options.arguments.empty()) {
        std::cerr << options.file << ": a rule file has none of --print, --costs and --arguments\n";
        return kUsage;
    }
    if (!options.live.empty()) {
        const Result<CounterFile> agent = list_live(options);
        if (!agent) {
            std::cerr << agent.status().message() << "\n";
            return kUsage;
        }
    }
    const Result<BeanList> beans = options.mbeans.empty() ? BeanList::parse(recorded_broker_beans())
                                                          : read_beans(options.mbeans);
    if (!beans) {
        std::cerr << beans.status().message() << "\n";
        return kUsage;
    }
    const bool is_old = options.dialect == "0.20";
    return check_rules(options.file,
                       is_old ? NamesDialect::kExporter020 : NamesDialect::kExporter1x,
                       beans.value(), options.names);
}

int check(const CheckOptions& options) {
    if (options.schema) {
        std::cout << config_schema();
        return kValid;
    }
    if (options.keys) {
        std::cout << config_key_table();
        return kValid;
    }
    if (is_rule_file(options.file)) {
        return check_rule_file(options);
    }
    if (options.has_dialect) {
        std::cerr << (options.file.empty() ? "the default file" : options.file)
                  << ": --dialect is for a rule file, whose name ends in .yml or .yaml\n";
        return kUsage;
    }
    const std::vector<std::string> environment =
        options.no_environment ? std::vector<std::string>() : process_environment();
    std::string arguments = options.arguments;
    if (!options.file.empty()) {
        arguments = "config=" + options.file + (arguments.empty() ? "" : "," + arguments);
    }
    const ParseOutcome outcome = load_with_rules(arguments, environment, kDefaultConfigFile);
    for (const Problem& warning : outcome.warnings) {
        std::cerr << "warning: " << warning.text << '\n';
    }
    for (const Problem& error : outcome.errors) {
        std::cerr << "error: " << error.text << '\n';
    }
    if (!outcome.is_ok()) {
        std::cerr << outcome.errors.size() << " error(s); nothing of this configuration is used\n";
        return kInvalid;
    }
    if (!options.live.empty()) {
        return print_live(outcome, options);
    }
    if (!options.mbeans.empty()) {
        return print_listed(outcome, options);
    }
    if (options.print) {
        std::cout << print_config(outcome);
    } else {
        const bool is_read = !(outcome.mark == FileMark{});
        std::cout << (is_read ? outcome.file : "the defaults") << ": valid\n";
    }
    return kValid;
}

}  // namespace

int run_check(int argc, char** argv) {
    CheckOptions options;
    CLI::App app{"remora check: validate a configuration, or a rule file of jmx_exporter"};
    app.add_option("file", options.file,
                   "configuration file; without it /etc/remora/remora.json, or the defaults; "
                   "or a rule file, whose name ends in .yml or .yaml");
    app.add_option("--arguments", options.arguments, "agent arguments, as key.path=value,...");
    app.add_option("--mbeans", options.mbeans, "saved list of MBeans: say what would be collected");
    app.add_option("--live", options.live,
                   "directory of a running agent: its broker's beans, and the costs it measured");
    app.add_option("--costs", options.costs,
                   "with --mbeans: Prometheus output of a running agent, for the expected CPU");
    app.add_option("--dialect", options.dialect,
                   "with a rule file: the version of jmx_exporter whose names are shown")
        ->check(CLI::IsMember({"0.20", "1.x"}))
        ->capture_default_str();
    app.add_flag(
        "--names", options.names,
        "with --mbeans: every bean and its attributes; with a rule file: every series, and "
        "what it comes from");
    app.add_flag("--print", options.print, "print every key, its value and where it came from");
    app.add_flag("--no-environment", options.no_environment, "leave REMORA_* variables out");
    app.add_flag("--schema", options.schema, "print the JSON Schema of the file");
    app.add_flag("--keys", options.keys, "print the key table of the documentation");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kValid : kUsage;
    }
    options.has_dialect = app.count("--dialect") > 0;
    return check(options);
}

}  // namespace remora
