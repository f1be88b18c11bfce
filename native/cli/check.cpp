#include "cli/check.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "cli/agent_files.h"
#include "cli/costs.h"
#include "cli/live.h"
#include "config/keys.h"
#include "config/parse.h"
#include "config/print.h"
#include "sample/ceiling.h"
#include "sample/shedding.h"
#include "select/admission.h"
#include "select/bean_list.h"
#include "select/selector.h"
#include "select/unmatched.h"
#include "visibility/partition_sample.h"

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
    bool print = false;
    bool no_environment = false;
    bool schema = false;
    bool keys = false;
    bool names = false;
};

// A unit's class and the intervals of its rule, 0: not set.
struct HowOften {
    UnitClass unit_class = UnitClass::kBroker;
    std::uint32_t min_interval_ms = 0;
    std::uint32_t base_interval_ms = 0;
    std::uint32_t max_interval_ms = 0;
    auto operator<=>(const HowOften&) const = default;
};

// What a family amounts to.
struct FamilyTally {
    FamilyId id = 0;
    std::uint32_t beans = 0;
    std::uint32_t units = 0;                  // read
    std::uint32_t series = 0;                 // shown
    std::map<HowOften, std::uint32_t> reads;  // units by what decides how often they are read
};

Result<std::string> whole_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Status(Code::kNotFound, path + ": cannot be opened");
    }
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// What a configuration collects of a list of beans.
struct Tally {
    std::vector<std::pair<std::string, FamilyTally>> families;  // most series first
    std::map<std::string, std::uint32_t> refusals;              // by reason
    std::string unmatched;  // one line on what the configuration names and is not there
    std::vector<std::string> unanswered;  // one sentence an expression that hit its limits
    std::uint32_t units = 0;
    std::uint32_t series = 0;
};

void print_names(const Bean& bean, const Selection& selection) {
    std::cout << bean.name.text();
    for (const Slot& slot : selection.slots) {
        std::cout << '\t' << slot.path;
    }
    std::cout << '\n';
}

// A bean that is collected.
struct Pick {
    const Bean* bean = nullptr;
    Selection selection;
    FamilyTally* family = nullptr;
    PartitionSample::Partition* partition = nullptr;
};

// What is not shown of what is collected, without values: of a top list it is known how many
// remain, not which.
void show(const Pick& pick, bool names, std::map<std::string, std::uint32_t>& at_top,
          std::set<std::string>& made, Tally& found) {
    const VisibilityPolicy& policy = pick.selection.policy.visibility;
    const auto series = static_cast<std::uint32_t>(pick.selection.slots.size());
    const bool is_outside = pick.partition != nullptr && policy.is_sampled &&
                            !PartitionSample::is_shown(pick.partition);
    if (is_outside && policy.sleeps_unseen()) {
        ++found.refusals["outside the partition sample, unless in trouble"];
        return;
    }
    ++pick.family->units;
    const UnitPolicy& unit = pick.selection.policy;
    ++pick.family->reads[{unit.unit_class, unit.min_interval_ms, unit.base_interval_ms,
                          unit.max_interval_ms}];
    if (policy.aggregate != Aggregate::kNone &&
        made.insert(without_partition(pick.bean->name)).second) {
        found.series += series;
        pick.family->series += series;
    }
    if (is_outside) {
        ++found.refusals[policy.aggregate == Aggregate::kNone
                             ? "outside the partition sample, read to know of trouble"
                             : "read, and shown in the sum or maximum of its topic"];
        return;
    }
    if (policy.top > 0 && ++at_top[family_name(pick.bean->name)] > policy.top) {
        ++found.refusals["read, and not shown while not among the top"];
        return;
    }
    found.series += series;
    pick.family->series += series;
    if (names) {
        print_names(*pick.bean, pick.selection);
    }
}

Tally tally(const Config& config, const BeanList& list, bool names) {
    Tally found;
    const Selector selector(config);
    Unmatched unmatched(config);
    Admission admission(config.limits);
    PartitionSample sample;
    sample.set_size(config.topics.partition_sample);
    std::map<std::string, FamilyTally> families;
    std::vector<Pick> picks;
    for (const Bean& bean : list.beans()) {
        const auto next = static_cast<FamilyId>(families.size());
        FamilyTally& family =
            families.try_emplace(family_name(bean.name), FamilyTally{next, 0, 0, 0, {}})
                .first->second;
        ++family.beans;
        unmatched.see(bean);
        Pick pick{&bean, selector.select(bean), &family, nullptr};
        const auto series = static_cast<std::uint32_t>(pick.selection.slots.size());
        if (!pick.selection.wanted) {
            ++found.refusals[std::string(reason_text(pick.selection.reason))];
        } else if (admission.admit(family.id, series, pick.selection.claim) != Cap::kNone) {
            ++found.refusals["over a cap of limits"];
        } else {
            if (pick.selection.policy.visibility.is_sampled) {
                pick.partition =
                    sample.add(static_cast<UnitId>(picks.size()), unquote(bean.name.get("topic")),
                               partition_number(bean.name.get("partition")), true, false);
            }
            picks.push_back(std::move(pick));
        }
    }
    found.unmatched = unmatched.sentence();
    found.unanswered = selector.take_unanswered().sentences;
    sample.decide([](UnitId, bool) {});
    std::map<std::string, std::uint32_t> at_top;  // by family
    std::set<std::string> made;                   // aggregates
    for (const Pick& pick : picks) {
        show(pick, names, at_top, made, found);
    }
    for (const auto& [name, family] : families) {
        found.units += family.units;
    }
    found.families.assign(families.begin(), families.end());
    std::stable_sort(
        found.families.begin(), found.families.end(),
        [](const auto& a, const auto& b) { return a.second.series > b.second.series; });
    return found;
}

std::string number(const char* format, double value) {
    char text[64];
    const int bytes = std::snprintf(text, sizeof(text), format, value);
    return bytes > 0 ? text : "";
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
            std::cout << column(ns ? number("%.2f", *ns / 1e3) : "?", 9)
                      << column(ns ? number("%.3f", *ns * family.units / 1e6) : "?", 9);
        }
        std::cout << name << '\n';
    }
}

// What a ceiling that cannot carry the bounds on age gives up; empty when it can.
std::string given_up(std::uint32_t step) {
    const Widening widening = Shedding::widening(step);
    std::string text;
    const auto add = [&text](const char* of, std::uint32_t factor) {
        if (factor != 1) {
            text += (text.empty() ? "" : "; ") + std::string("beans of ") + of +
                    (factor == 0 ? " would not be read and leave the output"
                                 : " would get " + std::to_string(factor) + " times as old");
        }
    };
    add("topics and clients", widening.topic);
    add("partitions", widening.partition);
    return text;
}

// What reading takes.
struct ReadCost {
    ClassCosts classes;
    double pass_ns = 0;         // everything once
    double base_ns_per_s = 0;   // everything at its base interval
    std::uint32_t unknown = 0;  // units without a measured cost
};

ReadCost read_cost(const SamplingConfig& sampling, const Tally& found, const MeasuredCosts& costs) {
    AgeBounds bounds(sampling, static_cast<std::uint32_t>(sampling.min_interval_ms));
    ReadCost cost;
    for (const auto& [name, family] : found.families) {
        const std::optional<double> ns = costs.typical_ns(name);
        if (!ns) {
            cost.unknown += family.units;
            continue;
        }
        for (const auto& [how, units] : family.reads) {
            UnitTraits traits;
            traits.unit_class = how.unit_class;
            traits.min_interval_ms = how.min_interval_ms;
            traits.base_interval_ms = how.base_interval_ms;
            traits.max_interval_ms = how.max_interval_ms;
            const AgeBounds::Kind& kind = bounds.kind(
                bounds.kind_of(traits), AgeBounds::expense_of(*ns, AgeBounds::Expense::kNone));
            const double all_ns = *ns * units;
            cost.pass_ns += all_ns;
            cost.base_ns_per_s += all_ns * kind.base_per_s;
            cost.classes.add(kind, all_ns, bounds.base_ms());
        }
    }
    return cost;
}

// CPU, and what the ceiling makes of it.
void print_cost(const Config& config, const Tally& found, const MeasuredCosts& costs) {
    const SamplingConfig& sampling = config.sampling;
    const ReadCost cost = read_cost(sampling, found, costs);
    const auto percent = [](double ns_per_s) { return number("%.4f", ns_per_s / 1e7) + " %"; };
    const double bound_ns_per_s = Shedding::least_ns_per_s(cost.classes, 0);
    const double ticks_per_s = 1e3 / static_cast<double>(sampling.base_interval_ms);
    const double overhead_ns_per_s = costs.tick_overhead_ns() * ticks_per_s;
    std::cout << "reading all of it once: " << number("%.2f", cost.pass_ns / 1e6)
              << " ms; for every tick: " << percent(cost.base_ns_per_s)
              << " of a core; at the bounds on age: " << percent(bound_ns_per_s) << "\n";
    if (overhead_ns_per_s > 0) {
        std::cout << "sampling and output, as that agent measured them: "
                  << percent(overhead_ns_per_s) << "\n";
    }
    if (sampling.policy == SamplingPolicy::kAdaptive) {
        const double base_s = 1e-3 * static_cast<double>(sampling.base_interval_ms);
        const double most_ns_per_s = sampling.cpu_budget_percent * 1e7;
        const double others_ns_per_s = Shedding::least_ns_per_s(cost.classes, Shedding::kWidest) -
                                       cost.classes.each_tick_ns / base_s;
        const std::uint32_t stride = Ceiling::stride_for(
            Ceiling::kAim * most_ns_per_s, cost.classes.each_tick_ns + costs.tick_overhead_ns(),
            others_ns_per_s, base_s);
        const double reads_ns_per_s = most_ns_per_s - overhead_ns_per_s / stride;
        Shedding shedding;
        const std::string lost = given_up(shedding.choose(
            cost.classes, std::max(0.0, reads_ns_per_s), Ceiling::kAim * most_ns_per_s / 2));
        const double alert_and_broker_ns_per_s =
            cost.classes[static_cast<std::size_t>(UnitClass::kAlert)].at_bound +
            cost.classes[static_cast<std::size_t>(UnitClass::kBroker)].at_bound -
            cost.classes.each_tick_ns * ticks_per_s * (1 - 1.0 / stride);
        std::cout << "the ceiling of " << number("%g", sampling.cpu_budget_percent) << " % "
                  << (cost.base_ns_per_s <= reads_ns_per_s ? "allows for every bean at every tick"
                      : lost.empty()                       ? "holds the bounds on age"
                                     : "is too low for the bounds on age: " + lost)
                  << (alert_and_broker_ns_per_s > reads_ns_per_s
                          ? "; alerts and the broker take more than that by themselves"
                          : "")
                  << (stride > 1
                          ? "; a tick would come every " + number("%g", base_s * stride) + " s"
                          : "")
                  << (overhead_ns_per_s > 0 ? "" : "; sampling and output come on top") << "\n";
    }
    if (cost.unknown > 0) {
        std::cout << cost.unknown
                  << " beans are of families without a measured cost: not counted\n";
    }
}

Result<MeasuredCosts> read_costs(const std::string& path) {
    const Result<std::string> text = whole_file(path);
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

// `costs`: what reading a bean takes; may be empty.
int print_selection(const ParseOutcome& outcome, const CheckOptions& options,
                    const MeasuredCosts& costs) {
    const Result<std::string> text = whole_file(options.mbeans);
    if (!text) {
        std::cerr << text.status().message() << "\n";
        return kUsage;
    }
    const Result<BeanList> list = BeanList::parse(text.value());
    if (!list) {
        std::cerr << options.mbeans << ": " << list.status().message() << "\n";
        return kUsage;
    }
    const Config& config = outcome.config;
    if (options.print) {
        std::cout << print_config(outcome);
    }
    const Tally found = tally(config, list.value(), options.names);
    print_families(found, costs);
    std::cout << found.series << " series of " << found.units << " beans out of "
              << list.value().beans().size() << "\n";
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
    const Result<std::string> path = exposition_path(agent, true);
    return path ? read_costs(path.value()) : path.status();
}

int print_live(const ParseOutcome& outcome, CheckOptions options) {
    const Result<CounterFile> agent = live_agent(options.live);
    if (!agent) {
        std::cerr << agent.status().message() << "\n";
        return kUsage;
    }
    const Status answered = ask_for_beans(options.live);
    if (!answered) {
        std::cerr << answered.message() << "\n";
        return kUsage;
    }
    options.mbeans = options.live + "/remora.beans";
    if (!options.costs.empty()) {
        return print_listed(outcome, options);
    }
    const Result<MeasuredCosts> costs = read_costs(agent.value());
    if (!costs) {
        std::cerr << "without costs: " << costs.status().message() << "\n";
    }
    return print_selection(outcome, options, costs ? costs.value() : MeasuredCosts());
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
    const std::vector<std::string> environment =
        options.no_environment ? std::vector<std::string>() : process_environment();
    std::string arguments = options.arguments;
    if (!options.file.empty()) {
        arguments = "config=" + options.file + (arguments.empty() ? "" : "," + arguments);
    }
    const ParseOutcome outcome = load_config(arguments, environment, kDefaultConfigFile);
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
    CLI::App app{"remora check: validate a configuration"};
    app.add_option("file", options.file,
                   "configuration file; without it /etc/remora/remora.json, or the defaults");
    app.add_option("--arguments", options.arguments, "agent arguments, as key.path=value,...");
    app.add_option("--mbeans", options.mbeans, "saved list of MBeans: say what would be collected");
    app.add_option("--live", options.live,
                   "directory of a running agent: its broker's beans, and the costs it measured");
    app.add_option("--costs", options.costs,
                   "with --mbeans: Prometheus output of a running agent, for the expected CPU");
    app.add_flag("--names", options.names, "with --mbeans: every bean and its attributes");
    app.add_flag("--print", options.print, "print every key, its value and where it came from");
    app.add_flag("--no-environment", options.no_environment, "leave REMORA_* variables out");
    app.add_flag("--schema", options.schema, "print the JSON Schema of the file");
    app.add_flag("--keys", options.keys, "print the key table of the documentation");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kValid : kUsage;
    }
    return check(options);
}

}  // namespace remora
