#include "engine/placeholders.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

namespace remora {
namespace {

constexpr const char* kBrokerLabel = "broker";

std::string value_of(const Facts& facts, std::string_view key) {
    const auto found = facts.find(key);
    return found == facts.end() ? std::string() : found->second;
}

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

// As part of a file name.
std::string path_part(std::string fact) {
    std::replace_if(
        fact.begin(), fact.end(),
        [](char c) {
            return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == '.');
        },
        '_');
    return fact.empty() ? "unknown" : fact;
}

void expand_paths(Config& config, const Facts& facts) {
    const auto with_directory = [&](const std::string& path, const std::string& directory) {
        return expand(path, [&](std::string_view name) {
            return name == "dir" ? directory : path_part(fact_of(facts, name));
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

std::string default_place(const std::string& logs) {
    return logs + "/remora";
}

// Without links and dots, as far as the path exists.
std::filesystem::path real_path(const std::string& path) {
    std::error_code failed;
    std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
    return failed ? std::filesystem::path(path).lexically_normal() : real;
}

// The directory of Kafka's data that `path` is or lies below; empty when there is none.
std::string log_directory_above(const std::string& path, const Facts& facts) {
    const std::filesystem::path place = real_path(path);
    const std::string all = value_of(facts, "log.dirs");
    for (std::string_view rest = all; !rest.empty();) {
        const std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        if (one.empty()) {
            continue;
        }
        const std::filesystem::path above = real_path(std::string(one));
        const auto [end, _] = std::mismatch(above.begin(), above.end(), place.begin(), place.end());
        // A path that ends in a slash has an empty last part.
        if (end == above.end() || (std::next(end) == above.end() && end->empty())) {
            return std::string(one);
        }
    }
    return "";
}

bool is_scraped(const OutputConfig& output) {
    return output.format == OutputFormat::kPrometheus ||
           output.format == OutputFormat::kOpenMetrics;
}

}  // namespace

std::string default_directory(const Facts& facts) {
    const std::string logs = value_of(facts, "kafka.logs.dir");
    if (!logs.empty() && log_directory_above(default_place(logs), facts).empty()) {
        return default_place(logs);
    }
    const std::string temporary = value_of(facts, "java.io.tmpdir");
    return (temporary.empty() ? "/tmp" : temporary) + "/remora-" + value_of(facts, "user.name");
}

std::vector<Problem> find_places_of_kafka(const Config& config, const Facts& facts) {
    std::vector<Problem> problems;
    const auto look_at = [&](const std::string& key, const std::string& path) {
        const std::string above = path.empty() ? path : log_directory_above(path, facts);
        if (!above.empty()) {
            problems.push_back({key + ": found " + path + ", which is in " + above +
                                ", where Kafka keeps its data; expected a path elsewhere, for a "
                                "broker does not start with what is not its own there"});
        }
    };
    look_at("directory", config.directory);
    for (std::size_t i = 0; i < config.outputs.size(); ++i) {
        const OutputConfig& output = config.outputs[i];
        look_at("outputs." + std::to_string(i) + ".path",
                output.type == OutputType::kFile ? output.path : "");
    }
    look_at("trace.path", config.trace.path);
    return problems;
}

std::vector<std::string> expand_placeholders(Config& config, const Facts& facts) {
    std::vector<std::string> left_out;
    const std::string logs = value_of(facts, "kafka.logs.dir");
    if (config.directory.empty() && !logs.empty() &&
        default_directory(facts) != default_place(logs)) {
        left_out.push_back("files go to " + default_directory(facts) + ", since " + logs +
                           " is where Kafka keeps its data");
    }
    expand_paths(config, facts);
    for (OutputConfig& output : config.outputs) {
        if (!is_scraped(output) && !has_label(config.labels, kBrokerLabel) &&
            !has_label(output.labels, kBrokerLabel)) {
            output.labels.emplace_back(kBrokerLabel, "${broker.id}");
        }
        expand_labels(output.labels, facts, left_out);
    }
    expand_labels(config.labels, facts, left_out);
    return left_out;
}

}  // namespace remora
