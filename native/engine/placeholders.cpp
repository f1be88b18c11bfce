#include "engine/placeholders.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "engine/place.h"

namespace remora {
namespace {

constexpr const char* kBrokerLabel = "broker";
constexpr const char* kInstanceLabel = "service.instance.id";

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

using Lookup = std::function<std::string(std::string_view)>;

// Puts `lookup` of each ${name} in its place; the text put in is not looked at again.
std::string expand(std::string_view text, const Lookup& lookup) {
    std::string expanded;
    while (true) {
        const std::size_t at = text.find("${");
        const std::size_t end = at == std::string_view::npos ? at : text.find('}', at);
        if (end == std::string_view::npos) {
            return expanded.append(text);
        }
        expanded.append(text.substr(0, at));
        expanded.append(lookup(text.substr(at + 2, end - at - 2)));
        text.remove_prefix(end + 1);
    }
}

std::string fact_of(const Facts& facts, std::string_view name) {
    if (name == "host") {
        return host_name();
    }
    return name == "pid" ? std::to_string(::getpid()) : value_of(facts, name);
}

void expand_paths(Config& config, const Facts& facts) {
    const auto with_directory = [&](const std::string& path, const std::string& directory) {
        return expand(path, [&](std::string_view name) {
            return name == "dir" ? directory : as_file_name(fact_of(facts, name));
        });
    };
    const std::string fallback = default_directory(facts);
    config.directory =
        config.directory.empty() ? fallback : with_directory(config.directory, fallback);
    for (OutputConfig& output : config.outputs) {
        output.path = with_directory(output.path, config.directory);
    }
    config.trace.path = with_directory(config.trace.path, config.directory);
}

bool has_label(const std::vector<TextPair>& labels, std::string_view name) {
    return std::any_of(labels.begin(), labels.end(),
                       [&](const TextPair& label) { return label.first == name; });
}

void expand_labels(std::vector<TextPair>& labels, const Facts& facts,
                   std::vector<std::string>& left_out) {
    std::vector<TextPair> known;
    for (const TextPair& label : labels) {
        std::string missing;
        std::string value = expand(label.second, [&](std::string_view name) {
            std::string fact = fact_of(facts, name);
            if (fact.empty()) {
                missing = name;
            }
            return fact;
        });
        if (missing.empty()) {
            known.emplace_back(label.first, std::move(value));
        } else {
            left_out.push_back("the label " + label.first + " is left out: ${" + missing +
                               "} is not known of this broker");
        }
    }
    labels = std::move(known);
}

// One of this broker in all the world: receivers of OTLP take two of one name for one.
std::string instance_of(const Facts& facts) {
    const std::string cluster = value_of(facts, "cluster.id");
    const std::string broker = value_of(facts, "broker.id");
    return cluster.empty() || broker.empty() ? host_name() + ":" + std::to_string(::getpid())
                                             : cluster + "/" + broker;
}

bool is_scraped(const OutputConfig& output) {
    return output.format == OutputFormat::kPrometheus ||
           output.format == OutputFormat::kOpenMetrics;
}

// Whether it says who sends, and nobody has said that for it.
bool needs_instance(const Config& config, const OutputConfig& output) {
    return output.format == OutputFormat::kOtlpJson && !has_label(config.labels, kInstanceLabel) &&
           !has_label(output.labels, kInstanceLabel);
}

// The facts that `text` needs, are not known, and that the shim still looks for.
void find_pending(std::string_view text, const Facts& facts, std::set<std::string>& found) {
    const std::string all = "," + value_of(facts, kPendingFacts) + ",";
    expand(text, [&](std::string_view name) {
        const bool pending = all.find("," + std::string(name) + ",") != std::string::npos;
        if (pending && fact_of(facts, name).empty()) {
            found.emplace(name);
        }
        return "";
    });
}

void add_broker_labels(Config& config) {
    for (OutputConfig& output : config.outputs) {
        if (!is_scraped(output) && !has_label(config.labels, kBrokerLabel) &&
            !has_label(output.labels, kBrokerLabel)) {
            output.labels.emplace_back(kBrokerLabel, "${broker.id}");
        }
    }
}

}  // namespace

std::string value_of(const Facts& facts, std::string_view key) {
    const auto found = facts.find(key);
    return found == facts.end() ? std::string() : found->second;
}

std::string as_file_name(std::string fact) {
    std::replace_if(
        fact.begin(), fact.end(),
        [](char c) { return !(is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'); },
        '_');
    return fact.empty() ? "unknown" : fact;
}

std::vector<std::string> hold_back(Config& config, const Facts& facts) {
    add_broker_labels(config);
    std::set<std::string> of_all;
    for (const TextPair& label : config.labels) {
        find_pending(label.second, facts, of_all);
    }
    std::vector<std::string> held;
    const auto waits = [&](const OutputConfig& output) {
        std::set<std::string> missing = of_all;
        find_pending(output.path, facts, missing);
        if (needs_instance(config, output)) {
            find_pending("${cluster.id}${broker.id}", facts, missing);
        }
        for (const TextPair& label : output.labels) {
            find_pending(label.second, facts, missing);
        }
        if (!missing.empty()) {
            held.push_back("output " + output.name + " waits: ${" + *missing.begin() +
                           "} is not known of this broker yet");
        }
        return !missing.empty();
    };
    std::erase_if(config.outputs, waits);
    return held;
}

std::vector<std::string> expand_placeholders(Config& config, const Facts& facts) {
    std::vector<std::string> left_out;
    add_broker_labels(config);
    expand_paths(config, facts);
    for (OutputConfig& output : config.outputs) {
        if (needs_instance(config, output)) {
            output.labels.emplace_back(kInstanceLabel, instance_of(facts));
        }
        expand_labels(output.labels, facts, left_out);
    }
    expand_labels(config.labels, facts, left_out);
    return left_out;
}

}  // namespace remora
