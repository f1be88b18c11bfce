#include "cli/replay.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <deque>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "replay/bound.h"
#include "replay/fidelity.h"
#include "trace/trace.h"

namespace remora {
namespace {

constexpr const char* kLaw = "law";

struct ReplayOptions {
    std::string trace;
    FidelityOptions fidelity;
    std::vector<double> budgets = {100, 50, 20, 10, 5};
    bool json_only = false;
    bool worst = false;
};

std::string percent(double share, int digits) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << 100 * share << " %";
    return text.str();
}

std::string seconds(double s) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << s << " s";
    return text.str();
}

std::vector<FidelityPolicy> policies(const std::vector<double>& shares) {
    std::vector<FidelityPolicy> all;
    for (const double share : shares) {
        all.push_back({"fixed", SamplingPolicy::kFixed, false, share});
        all.push_back({"law, cost ignored", SamplingPolicy::kAdaptive, true, share});
        all.push_back({kLaw, SamplingPolicy::kAdaptive, false, share});
    }
    all.push_back({"variance", SamplingPolicy::kVariance, false, 1.0});
    return all;
}

nlohmann::json to_json(const Accuracy& accuracy) {
    return {{"error", accuracy.error_mean},
            {"delay_mean_s", accuracy.delay_s_mean},
            {"delay_p95_s", accuracy.delay_s_p95},
            {"delay_max_s", accuracy.delay_s_max},
            {"changes", accuracy.changes}};
}

nlohmann::json to_json(const FidelityPolicy& policy, const FidelityResult& result) {
    return {{"policy", policy.name},
            {"budget", policy.policy == SamplingPolicy::kVariance ? nlohmann::json()
                                                                  : nlohmann::json(policy.budget)},
            {"cost", result.cost},
            {"reads_saved", result.reads_saved},
            {"hit_rate", result.hit_rate},
            {"all", to_json(result.all)}};
}

// What fixed intervals lose, by what they cost. Each is replayed once, when it is asked for.
class FixedIntervals {
 public:
    FixedIntervals(const Trace& trace, const Reference& reference, const FidelityOptions& options)
        : trace_(trace), reference_(reference), options_(options) {}

    // Of a fixed interval that costs `cost`: some of its units are read every n base intervals, the
    // others every n + 1. When new units alone cost more, the cheapest there is.
    AccuracyMeans at(double cost) {
        for (std::uint32_t n = 2; n <= reference_.ticks; ++n) {
            const FidelityResult& costlier = every(n - 1);
            const FidelityResult& cheaper = every(n);
            if (cheaper.cost <= cost && costlier.cost > cheaper.cost) {
                const double share =
                    std::clamp((costlier.cost - cost) / (costlier.cost - cheaper.cost), 0.0, 1.0);
                return {std::lerp(costlier.all.error_mean, cheaper.all.error_mean, share),
                        std::lerp(costlier.all.delay_s_mean, cheaper.all.delay_s_mean, share)};
            }
        }
        const Accuracy& cheapest = every(reference_.ticks).all;
        return {cheapest.error_mean, cheapest.delay_s_mean};
    }

 private:
    const FidelityResult& every(std::uint32_t n) {
        while (found_.size() < n) {
            const double budget = 1.0 / static_cast<double>(found_.size() + 1);
            found_.push_back(replay(trace_, reference_, options_,
                                    {"fixed", SamplingPolicy::kFixed, false, budget}));
        }
        return found_[n - 1];
    }

    const Trace& trace_;
    const Reference& reference_;
    const FidelityOptions& options_;
    std::deque<FidelityResult> found_;  // whose results stay where they are
};

nlohmann::json to_json(const AccuracyMeans& means) {
    return {{"error", means.error_mean}, {"delay_mean_s", means.delay_s_mean}};
}

std::size_t units_in(const Reference& reference) {
    return static_cast<std::size_t>(
        std::count(reference.left_out.begin(), reference.left_out.end(), 0));
}

void print_head(const Trace& trace, const Reference& reference) {
    std::cout << "units " << units_in(reference) << ", series " << trace.slots << ", frames "
              << trace.frames.size() << ", ticks " << reference.ticks
              << (trace.is_complete ? "" : ", cut off") << ", reading everything: " << std::fixed
              << std::setprecision(3) << reference.full_ns_per_s * 1e-6 << " ms a second\n"
              << std::left << std::setw(36) << "policy" << std::right << std::setw(9) << "budget"
              << std::setw(9) << "cost" << std::setw(10) << "error" << std::setw(9) << "delay"
              << std::setw(9) << "p95" << std::setw(9) << "saved" << std::setw(9) << "hits" << '\n';
}

void print_row(const FidelityPolicy& policy, const FidelityResult& result) {
    const bool has_budget = policy.policy != SamplingPolicy::kVariance;
    std::cout << std::left << std::setw(36) << policy.name << std::right << std::setw(9)
              << (has_budget ? percent(policy.budget, 0) : "-") << std::setw(9)
              << percent(result.cost, 1) << std::setw(10) << percent(result.all.error_mean, 3)
              << std::setw(9) << seconds(result.all.delay_s_mean) << std::setw(9)
              << seconds(result.all.delay_s_p95) << std::setw(9) << percent(result.reads_saved, 1)
              << std::setw(9) << percent(result.hit_rate, 1) << '\n';
}

void print_means(const char* name, double budget, const AccuracyMeans& means) {
    std::cout << std::left << std::setw(36) << name << std::right << std::setw(9)
              << percent(budget, 0) << std::setw(9) << "" << std::setw(10)
              << percent(means.error_mean, 3) << std::setw(9) << seconds(means.delay_s_mean)
              << '\n';
}

void print_worst(const FidelityResult& result) {
    std::cout << "      error     delay      cost     reads\n";
    for (const FamilyShare& share : result.worst) {
        for (const double part : {share.error, share.delay, share.cost, share.reads}) {
            std::cout << std::setw(11) << percent(part, 1);
        }
        std::cout << "  " << share.name << '\n';
    }
}

int replay_all(const ReplayOptions& options) {
    const Result<Trace> read = read_trace(options.trace);
    if (!read) {
        std::cerr << "remora replay: " << read.status().message() << '\n';
        return 1;
    }
    const Trace& trace = read.value();
    const Reference reference = make_reference(trace, options.fidelity);
    if (reference.ticks <= options.fidelity.warmup_ticks + 1) {
        std::cerr << "remora replay: the trace is too short: " << reference.ticks
                  << " base intervals, and the first " << options.fidelity.warmup_ticks
                  << " are not measured\n";
        return 1;
    }
    nlohmann::json json = {{"trace", options.trace},
                           {"frames", trace.frames.size()},
                           {"units", units_in(reference)},
                           {"ticks", reference.ticks},
                           {"warmup_ticks", options.fidelity.warmup_ticks},
                           {"base_interval_ms", options.fidelity.base_interval_ms},
                           {"equal_costs", options.fidelity.equal_costs},
                           {"without_costliest_family", options.fidelity.without_costliest_family},
                           {"full_ns_per_s", reference.full_ns_per_s},
                           {"rows", nlohmann::json::array()}};
    if (!options.json_only) {
        print_head(trace, reference);
    }
    std::vector<double> shares;
    for (const double percent_of_full : options.budgets) {
        shares.push_back(percent_of_full / 100.0);
    }
    FixedIntervals fixed(trace, reference, options.fidelity);
    for (const FidelityPolicy& policy : policies(shares)) {
        const FidelityResult result = replay(trace, reference, options.fidelity, policy);
        json["rows"].push_back(to_json(policy, result));
        if (!options.json_only) {
            print_row(policy, result);
            if (options.worst) {
                print_worst(result);
            }
        }
        if (policy.name == kLaw) {
            const AccuracyMeans means = fixed.at(result.cost);
            json["rows"].back()["fixed_at_equal_cost"] = to_json(means);
            if (!options.json_only) {
                print_means("fixed, at the law's cost", policy.budget, means);
            }
        }
    }
    const std::vector<AccuracyMeans> bounds =
        least_possible(trace, reference, options.fidelity, shares);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        json["bounds"].push_back(to_json(bounds[i]));
        json["bounds"].back()["budget"] = shares[i];
        if (!options.json_only) {
            print_means("no policy has less than", shares[i], bounds[i]);
        }
    }
    std::cout << json.dump() << '\n';
    return 0;
}

}  // namespace

int run_replay(int argc, char** argv) {
    CLI::App app{"Replays a recorded trace through every policy and budget"};
    ReplayOptions options;
    app.add_option("trace", options.trace, "a trace recorded by the agent")->required();
    app.add_option("--budgets", options.budgets, "percent of the cost of reading everything")
        ->delimiter(',')
        ->check(CLI::Range(0.1, 100.0));
    app.add_option("--base-interval-ms", options.fidelity.base_interval_ms)
        ->check(CLI::Range(100, 3'600'000));
    app.add_option("--max-interval-ms", options.fidelity.max_interval_ms)
        ->check(CLI::Range(100, 86'400'000));
    app.add_option("--volatility-decay", options.fidelity.volatility_decay)
        ->check(CLI::Range(0.001, 1.0));
    app.add_flag("--wakes,!--no-wakes", options.fidelity.wakes,
                 "units of a surprised family are read in the same tick (default)");
    app.add_option("--warmup-ticks", options.fidelity.warmup_ticks, "replayed but not measured");
    app.add_flag("--equal-costs", options.fidelity.equal_costs, "every family costs the same");
    app.add_flag("--without-costliest-family", options.fidelity.without_costliest_family,
                 "leaves out the family that costs most");
    app.add_flag("--json", options.json_only, "the line of JSON only");
    app.add_flag("--worst", options.worst, "the families that lose most accuracy");
    CLI11_PARSE(app, argc, argv);
    return replay_all(options);
}

}  // namespace remora
