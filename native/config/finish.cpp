// What keys say together: defaults that depend on other keys, and contradictions.
#include <algorithm>
#include <map>
#include <string>

#include "base/password_hash.h"
#include "config/keys.h"
#include "config/output_kinds.h"
#include "config/places.h"
#include "config/quantity.h"
#include "config/reader.h"

namespace remora {
namespace {

std::string suffix_of(OutputFormat format) {
    switch (format) {
        case OutputFormat::kPrometheus:
            return "prom";
        case OutputFormat::kOpenMetrics:
            return "openmetrics";
        case OutputFormat::kNdjson:
            return "ndjson";
        case OutputFormat::kOtlpJson:
            return "otlp.json";
        case OutputFormat::kInflux:
            return "influx";
        case OutputFormat::kGraphite:
        case OutputFormat::kStatsd:
        case OutputFormat::kDogstatsd:
            break;
    }
    return "out";
}

std::uint32_t port_of(OutputType type, OutputFormat format) {
    if (type == OutputType::kHttp) {
        return 9404;  // jmx_exporter's among the ports of exporters
    }
    switch (format) {
        case OutputFormat::kGraphite:
            return 2003;
        case OutputFormat::kInflux:
            return 8089;
        case OutputFormat::kNdjson:
            return 5170;
        default:
            return 8125;
    }
}

bool suits(OutputType type, OutputFormat format) {
    switch (format) {
        case OutputFormat::kPrometheus:
            return type == OutputType::kFile || type == OutputType::kHttp;
        case OutputFormat::kOpenMetrics:
        case OutputFormat::kOtlpJson:
            return type == OutputType::kFile;
        case OutputFormat::kNdjson:
        case OutputFormat::kInflux:
            return type == OutputType::kFile || type == OutputType::kUdp;
        case OutputFormat::kGraphite:
            return type == OutputType::kUdp;
        case OutputFormat::kStatsd:
        case OutputFormat::kDogstatsd:
            return type == OutputType::kUdp || type == OutputType::kUnixgram;
    }
    return false;
}

const char* formats_of(OutputType type) {
    switch (type) {
        case OutputType::kFile:
            return "prometheus, openmetrics, ndjson, otlp_json, influx";
        case OutputType::kUdp:
            return "statsd, dogstatsd, influx, graphite, ndjson";
        case OutputType::kUnixgram:
            return "dogstatsd, statsd";
        case OutputType::kHttp:
            return "prometheus (a scraper that asks for OpenMetrics gets it)";
    }
    return "";
}

// The bound on the age of a class holds base and min interval; one that is not set follows them.
void finish_bound(std::int64_t& bound_ms, const char* key, const SamplingConfig& c,
                  ConfigReader& reader) {
    const bool by_min = c.min_interval_ms > c.base_interval_ms;
    const std::int64_t least_ms = by_min ? c.min_interval_ms : c.base_interval_ms;
    if (!reader.is_set(key)) {
        bound_ms = std::max(bound_ms, least_ms);
    } else if (bound_ms < least_ms) {
        reader.complain(key, "found " + format_duration(bound_ms) +
                                 "; expected at least sampling." + (by_min ? "min" : "base") +
                                 "_interval, " + format_duration(least_ms));
    }
}

void finish_sampling(SamplingConfig& c, ConfigReader& reader) {
    if (c.min_interval_ms == 0) {
        c.min_interval_ms = c.base_interval_ms;
    }
    if (c.min_interval_ms < c.base_interval_ms && c.base_interval_ms % c.min_interval_ms != 0) {
        reader.complain("sampling.min_interval",
                        "found " + format_duration(c.min_interval_ms) +
                            "; expected a whole part of sampling.base_interval, " +
                            format_duration(c.base_interval_ms) + ", or more than it");
    }
    finish_bound(c.topic_max_interval_ms, "sampling.topic_max_interval", c, reader);
    finish_bound(c.client_max_interval_ms, "sampling.client_max_interval", c, reader);
    finish_bound(c.partition_max_interval_ms, "sampling.partition_max_interval", c, reader);
    if (c.variance_low >= c.variance_high) {
        reader.complain("sampling.variance_low",
                        "found " + number_text(c.variance_low) +
                            "; expected less than sampling.variance_high, " +
                            number_text(c.variance_high));
    }
}

// An interval that is in force as another.
void tell_rounded(std::int64_t interval_ms, std::int64_t rounded_ms, const std::string& path,
                  const char* why, ConfigReader& reader) {
    if (interval_ms > 0 && interval_ms != rounded_ms) {
        reader.warn(path, "found " + format_duration(interval_ms) + "; in force as " +
                              format_duration(rounded_ms) + ", " + why);
    }
}

// Beans are read at no other times than those of `sampling`.
void tell_rounded_rule(const RuleConfig& rule, const SamplingConfig& sampling,
                       const std::string& path, ConfigReader& reader) {
    const std::int64_t step_ms = std::min(sampling.min_interval_ms, sampling.base_interval_ms);
    const auto tell = [&](std::int64_t interval_ms, const char* key) {
        const bool is_less = interval_ms < step_ms;
        tell_rounded(interval_ms, is_less ? step_ms : interval_ms / step_ms * step_ms, path + key,
                     is_less ? "the least, which is sampling.base_interval or min_interval"
                             : "rounded down to whole sampling.base_interval or min_interval",
                     reader);
    };
    tell(rule.interval_ms, ".interval");
    tell(rule.min_interval_ms, ".min_interval");
    tell(rule.max_interval_ms, ".max_interval");
}

// The broker's working directory depends on how it was started.
void tell_relative(const std::string& path, const std::string& key, ConfigReader& reader) {
    if (!path.empty() && path[0] != '/' && path.compare(0, 6, "${dir}") != 0) {
        reader.warn(key, "found \"" + path.substr(0, 200) +
                             "\", which begins where the broker was started; an absolute path is "
                             "the same everywhere");
    }
}

// Labels that Prometheus gives to every series itself.
void tell_prometheus_labels(const std::vector<TextPair>& labels, const std::string& key,
                            ConfigReader& reader) {
    for (const TextPair& label : labels) {
        if (label.first == "job" || label.first == "instance") {
            reader.warn(key, "the label " + label.first + " becomes exported_" + label.first +
                                 " in Prometheus, which has one of its own");
        }
    }
}

void finish_rule(const RuleConfig& rule, const std::string& path, ConfigReader& reader) {
    const bool sets_something = rule.action != RuleAction::kKeep || rule.unit_class ||
                                rule.importance || rule.aggregate || rule.interval_ms > 0 ||
                                rule.min_interval_ms > 0 || rule.max_interval_ms > 0 ||
                                !rule.attributes.empty() || rule.top > 0;
    if (!sets_something && !reader.is_faulty(path)) {
        reader.complain(
            path,
            "the rule sets nothing; expected one of action, class, importance, interval, "
            "min_interval, max_interval, attributes, top, aggregate");
    }
    if (rule.interval_ms > 0 && (rule.min_interval_ms > 0 || rule.max_interval_ms > 0)) {
        reader.complain(
            path + ".interval",
            "found beside min_interval or max_interval; expected the one or the others");
    }
    if (rule.max_interval_ms > 0 && rule.min_interval_ms > rule.max_interval_ms) {
        reader.complain(path + ".max_interval", "found " + format_duration(rule.max_interval_ms) +
                                                    "; expected at least min_interval, " +
                                                    format_duration(rule.min_interval_ms));
    }
}

void finish_topics(const TopicsConfig& c, ConfigReader& reader) {
    if (c.mode == TopicMode::kRegex && c.regex.empty() && !reader.is_faulty("topics.regex")) {
        reader.complain("topics.mode", "found \"regex\" without topics.regex; expected both");
    }
    if (c.mode == TopicMode::kList && c.list.empty() && !reader.is_faulty("topics.list")) {
        reader.complain("topics.mode",
                        "found \"list\" without topics.list; expected a list that is not empty");
    }
}

void default_output(OutputConfig& output, const std::string& path, SelfLevel self_metrics,
                    ConfigReader& reader) {
    if (!reader.is_set(path + ".self_metrics")) {
        output.self_metrics = self_metrics;
    }
    if (!reader.is_set(path + ".format")) {
        if (output.type == OutputType::kUdp) {
            output.format = OutputFormat::kStatsd;
        } else if (output.type == OutputType::kUnixgram) {
            output.format = OutputFormat::kDogstatsd;
        }
    }
    if (!reader.is_set(path + ".port")) {
        output.port = port_of(output.type, output.format);
    }
    if (!reader.is_set(path + ".path")) {
        output.path = output.type == OutputType::kFile ? "${dir}/remora." + suffix_of(output.format)
                                                       : std::string();
    }
}

void check_output(const OutputConfig& output, const std::string& path, ConfigReader& reader) {
    if (!suits(output.type, output.format)) {
        reader.complain(path + ".format", "found " +
                                              std::string(output_format_name(output.format)) +
                                              ", which this type cannot carry; expected one of " +
                                              formats_of(output.type));
    }
    if (has_path(output) && output.path.empty()) {
        reader.complain(path + ".path", "not given; expected the path of the file or socket");
    }
    tell_relative(output.path, path + ".path", reader);
    if (is_page(output.format)) {
        tell_prometheus_labels(output.labels, path + ".labels", reader);
    }
    if (is_page(output.format) && output.emit != EmitMode::kAll) {
        reader.complain(path + ".emit",
                        output.type == OutputType::kHttp
                            ? "a page that is scraped holds every series; expected \"all\""
                            : "a file that is replaced whole holds every series; expected \"all\"");
    }
    if (has_otel_names(output) && output.format != OutputFormat::kOtlpJson) {
        reader.complain(path + ".names",
                        "found otel, whose names have dots; expected format otlp_json beside it");
    }
    if (output.rotate.total_bytes < output.rotate.bytes) {
        reader.complain(path + ".rotate.total_size",
                        "found " + format_size(output.rotate.total_bytes) +
                            "; expected at least rotate.size, " + format_size(output.rotate.bytes));
    }
}

// The hash is not repeated in a message.
void check_authentication(const AuthenticationConfig& c, const std::string& path,
                          ConfigReader& reader) {
    if (c.username.empty() != c.password_hash.empty()) {
        reader.complain(path, "found one of username and password_hash; expected both or none");
    }
    if (c.username.find(':') != std::string::npos) {
        reader.complain(path + ".username", "found a colon, which ends a name; expected none");
    }
    if (!c.password_hash.empty()) {
        const Status known = PasswordHash::parse(c.password_hash).status();
        if (!known) {
            reader.complain(path + ".password_hash", "found something else; " + known.message());
        }
    }
}

// Two outputs cannot listen at one port, unless each has an address of its own.
void check_port(const std::vector<OutputConfig>& outputs, std::size_t at, const std::string& path,
                ConfigReader& reader) {
    const auto is_any = [](const std::string& host) { return host == "0.0.0.0" || host == "::"; };
    const OutputConfig& output = outputs[at];
    for (std::size_t i = 0; output.type == OutputType::kHttp && i < at; ++i) {
        const OutputConfig& other = outputs[i];
        const bool is_one_host =
            other.host == output.host || is_any(other.host) || is_any(output.host);
        if (other.type == OutputType::kHttp && other.port == output.port && is_one_host) {
            reader.complain(path + ".port", "found " + std::to_string(output.port) +
                                                ", where outputs." + std::to_string(i) +
                                                " listens already; expected another port");
        }
    }
}

// Most formats write a dot in a label's name as '_'.
void check_label_names(const std::vector<TextPair>& common, const OutputConfig& output,
                       const std::string& path, ConfigReader& reader) {
    std::map<std::string, std::string> names;
    for (const std::vector<TextPair>* labels : {&common, &output.labels}) {
        for (const TextPair& label : *labels) {
            std::string plain = label.first;
            std::replace(plain.begin(), plain.end(), '.', '_');
            const auto [found, is_first] = names.emplace(plain, label.first);
            if (!is_first && found->second != label.first) {
                reader.complain(path + ".labels",
                                "found the labels " + found->second + " and " + label.first +
                                    ", which are one where a format has no dots; expected one");
            }
        }
    }
}

void finish_outputs(const Config& config, std::vector<OutputConfig>& outputs,
                    ConfigReader& reader) {
    if (reader.is_faulty("outputs")) {
        return;
    }
    if (outputs.empty()) {
        reader.complain("outputs", "found an empty list; expected at least one output");
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        OutputConfig& output = outputs[i];
        const std::string path = "outputs." + std::to_string(i);
        default_output(output, path, config.self_metrics, reader);
        if (output.name.empty()) {
            output.name = std::string(output_type_name(output.type)) + "-" + std::to_string(i);
        }
        check_output(output, path, reader);
        check_port(outputs, i, path, reader);
        check_authentication(output.authentication, path + ".authentication", reader);
        warn_of_unused_keys(output, path, reader);
        check_label_names(config.labels, output, path, reader);
        const std::int64_t base_ms = config.sampling.base_interval_ms;
        tell_rounded(output.interval_ms, (output.interval_ms + base_ms - 1) / base_ms * base_ms,
                     path + ".interval", "rounded up to whole sampling.base_interval", reader);
        for (std::size_t other = 0; other < i; ++other) {
            if (outputs[other].name == output.name) {
                reader.complain(path + ".name", "the name \"" + output.name +
                                                    "\" is used by outputs." +
                                                    std::to_string(other) + " already");
            }
        }
    }
}

// Links are looked at when the broker runs, for it may see other ones.
void finish_places(const Config& config, const std::string& config_file, ConfigReader& reader) {
    const auto plain = [&](const std::string& path) { return plain_path(path, config.directory); };
    for (const BadPlace& bad : find_bad_places(config, config_file, plain)) {
        const std::string key = bad.output == BadPlace::kTrace
                                    ? "trace.path"
                                    : "outputs." + std::to_string(bad.output) + ".path";
        if (!reader.is_faulty(key)) {
            reader.complain(key, bad.what);
        }
    }
}

}  // namespace

void finish_config(Config& config, const std::string& config_file, ConfigReader& reader) {
    finish_sampling(config.sampling, reader);
    for (std::size_t i = 0; i < config.rules.size(); ++i) {
        const std::string path = "rules." + std::to_string(i);
        finish_rule(config.rules[i], path, reader);
        tell_rounded_rule(config.rules[i], config.sampling, path, reader);
    }
    tell_relative(config.directory, "directory", reader);
    tell_relative(config.trace.path, "trace.path", reader);
    if (std::any_of(config.outputs.begin(), config.outputs.end(),
                    [](const OutputConfig& output) { return is_page(output.format); })) {
        tell_prometheus_labels(config.labels, "labels", reader);
    }
    finish_topics(config.topics, reader);
    warn_of_unused_keys(config, reader);
    if (config.limits.series_per_family_max > config.limits.series_max) {
        // Only a contradiction when both were given.
        if (reader.is_set("limits.series_per_family_max")) {
            reader.complain("limits.series_per_family_max",
                            "found " + std::to_string(config.limits.series_per_family_max) +
                                "; expected at most limits.series_max, " +
                                std::to_string(config.limits.series_max));
        } else {
            config.limits.series_per_family_max = config.limits.series_max;
        }
    }
    const bool is_list_readable = !reader.is_faulty("outputs");
    finish_outputs(config, config.outputs, reader);
    if (is_list_readable) {
        finish_places(config, config_file, reader);
    }
}

}  // namespace remora
