#include "cli/plan.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/formatted.h"
#include "config/keys.h"
#include "config/parse.h"
#include "forecast/broker_beans.h"
#include "forecast/forecast.h"
#include "forecast/read_cost.h"
#include "select/bean_list.h"

namespace remora {
namespace {

constexpr int kDone = 0;
constexpr int kInvalid = 1;
constexpr int kUsage = 2;
constexpr std::uint32_t kPartitionsMax = 200'000;
constexpr std::uint32_t kBrokersMax = 1'000;
constexpr std::uint32_t kUsualReplication = 3;
constexpr double kMega = 1e6;

struct PlanOptions {
    ClusterSize cluster;
    double base_interval_s = 0;  // 0: as configured
    std::string config;
    bool json = false;
    bool beans = false;
};

nlohmann::json to_json(const Forecast& made) {
    nlohmann::json bytes;
    for (const FormatForecast& format : made.formats) {
        bytes[output_format_name(format.format)] = std::llround(format.tick_bytes);
    }
    const auto cpu = [](const CpuForecast& percent) {
        return nlohmann::json{
            {"reads", percent.reads}, {"rest", percent.rest}, {"together", percent.total()}};
    };
    return {{"replicas", made.broker.replicas},
            {"topics", made.broker.topics},
            {"beans", made.tally.beans},
            {"beans_read", made.tally.units},
            {"series", made.tally.series},
            {"not_collected", made.tally.refusals},
            {"cpu_percent", {{"idle", cpu(made.idle)}, {"busy", cpu(made.busy)}}},
            {"tick_every_base_intervals", made.stride},
            {"ceiling", made.ceiling_sentence},
            {"memory_bytes", std::llround(made.memory_bytes)},
            {"tick_bytes", bytes}};
}

void print(const PlanOptions& options, const Config& config, const Forecast& made) {
    const auto percent = [](double value) { return formatted("%.2f", value); };
    std::cout << "one of " << options.cluster.brokers << " brokers: " << made.broker.replicas
              << " replicas of " << made.broker.topics << " topics, replication factor "
              << options.cluster.replication_factor << "\n"
              << made.tally.series << " series of " << made.tally.units << " beans out of "
              << made.tally.beans << "\n";
    for (const auto& [reason, count] : made.tally.refusals) {
        std::cout << "not collected: " << count << " beans: " << reason << '\n';
    }
    std::cout << "\nCPU, % of one core     reads  rest   together\n";
    for (const auto& [name, cpu] : {std::pair{"no partition changes", made.idle},
                                    std::pair{"all partitions change", made.busy}}) {
        std::cout << std::left << std::setw(23) << name << std::setw(7) << percent(cpu.reads)
                  << std::setw(7) << percent(cpu.rest) << percent(cpu.total()) << "\n";
    }
    if (config.sampling.policy == SamplingPolicy::kAdaptive) {
        std::cout << made.ceiling_sentence << "\n";
    }
    std::cout << "\nmemory: " << formatted("%.0f", made.memory_bytes / kMega) << " MB\n"
              << "\nMB a tick    format\n";
    for (const FormatForecast& format : made.formats) {
        std::cout << std::left << std::setw(13) << formatted("%.2f", format.tick_bytes / kMega)
                  << output_format_name(format.format) << "\n";
    }
}

void print_beans(const BrokerBeans& beans, const BrokerSize& size) {
    beans.for_each(size, [](const Bean& bean) {
        std::string line;
        append_bean_line(bean, line);
        std::cout << line;
    });
}

int plan(PlanOptions options) {
    std::string arguments = options.config.empty() ? "" : "config=" + options.config;
    if (options.base_interval_s > 0) {
        arguments += (arguments.empty() ? "" : ",") + std::string("sampling.base_interval=") +
                     std::to_string(std::llround(options.base_interval_s * 1e3)) + "ms";
    }
    const ParseOutcome outcome = load_config(arguments, {});
    for (const Problem& error : outcome.errors) {
        std::cerr << "error: " << error.text << '\n';
    }
    if (!outcome.is_ok()) {
        return kInvalid;
    }
    if (options.cluster.replication_factor == 0) {
        options.cluster.replication_factor = std::min(kUsualReplication, options.cluster.brokers);
    }
    if (options.cluster.replication_factor > options.cluster.brokers) {
        std::cerr << "--replication-factor: found " << options.cluster.replication_factor
                  << "; expected at most the number of brokers, " << options.cluster.brokers
                  << '\n';
        return kUsage;
    }
    const Result<BrokerBeans> beans = BrokerBeans::parse(recorded_broker_beans());
    if (!beans) {
        std::cerr << beans.status().message() << '\n';
        return kUsage;
    }
    const BrokerSize size = fullest_broker(options.cluster);
    if (options.beans) {
        print_beans(beans.value(), size);
        return kDone;
    }
    const Forecast made = forecast(outcome.config, beans.value(), size);
    if (options.json) {
        std::cout << to_json(made).dump() << '\n';
    } else {
        print(options, outcome.config, made);
    }
    return kDone;
}

}  // namespace

int run_plan(int argc, char** argv) {
    PlanOptions options;
    CLI::App app{"remora plan: predict CPU, memory and output for a broker of a cluster"};
    app.add_option("--partitions", options.cluster.partitions, "of all topics of the cluster")
        ->required()
        ->check(CLI::Range(std::uint32_t{1}, kPartitionsMax));
    app.add_option("--topics", options.cluster.topics, "of the cluster")
        ->required()
        ->check(CLI::Range(std::uint32_t{1}, kPartitionsMax));
    app.add_option("--brokers", options.cluster.brokers, "of the cluster")
        ->required()
        ->check(CLI::Range(std::uint32_t{1}, kBrokersMax));
    app.add_option("--replication-factor", options.cluster.replication_factor,
                   "copies of each partition; without it 3, or one a broker when there are fewer")
        ->check(CLI::Range(std::uint32_t{1}, kBrokersMax));
    app.add_option("--base-interval", options.base_interval_s,
                   "seconds between ticks; without it as configured")
        ->check(CLI::Range(0.1, 3600.0));
    app.add_option("--config", options.config, "configuration file; without it the defaults");
    app.add_flag("--json", options.json, "one JSON object instead of a text");
    app.add_flag("--beans", options.beans,
                 "print the broker's beans instead, as check --mbeans takes them");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kDone : kUsage;
    }
    return plan(options);
}

}  // namespace remora
