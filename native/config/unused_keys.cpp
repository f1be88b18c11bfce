// Keys that were given and change nothing beside the others.
#include <array>
#include <string>

#include "config/output_kinds.h"
#include "config/reader.h"

namespace remora {
namespace {

bool is_file(const OutputConfig& output) {
    return output.type == OutputType::kFile;
}

bool is_udp(const OutputConfig& output) {
    return output.type == OutputType::kUdp;
}

bool is_http(const OutputConfig& output) {
    return output.type == OutputType::kHttp;
}

bool is_replaced_whole(const OutputConfig& output) {
    return is_file(output) && is_page(output.format);
}

bool rotates(const OutputConfig& output) {
    return is_file(output) && !is_replaced_whole(output);
}

// A key of an output, which outputs it counts for, and what an operator would have to write beside
// it.
struct OutputKey {
    const char* name;
    bool (*counts)(const OutputConfig& output);
    const char* with;
};

constexpr const char* kRotating = "a file of format ndjson, otlp_json or influx";

// Keys that are not here count for every output, or are refused where they do not.
constexpr std::array<OutputKey, 18> kOutputKeys = {{
    {"path", has_path, "type file or unixgram"},
    {"host", has_port, "type udp or http"},
    {"port", has_port, "type udp or http"},
    {"authentication.username", is_http, "type http"},
    {"authentication.password_hash", is_http, "type http"},
    {"time",
     [](const OutputConfig& output) {
         return output.format == OutputFormat::kInflux || output.format == OutputFormat::kGraphite;
     },
     "format influx or graphite"},
    {"names_dialect", [](const OutputConfig& output) { return is_rule_path(output.names); },
     "the path of a rule file as names"},
    {"keyframe_interval",
     [](const OutputConfig& output) { return output.emit == EmitMode::kChanged; }, "emit changed"},
    {"rotate.size", rotates, kRotating},
    {"rotate.age", rotates, kRotating},
    {"rotate.files", rotates, kRotating},
    {"rotate.compress", rotates, kRotating},
    {"rotate.total_size", rotates, kRotating},
    {"fsync",
     [](const OutputConfig& output) {
         return rotates(output) || (is_file(output) && output.fsync != FsyncMode::kRotate);
     },
     "type file, and \"rotate\" but with format ndjson, otlp_json or influx"},
    {"at_end", is_replaced_whole, "a file of format prometheus or openmetrics"},
    {"mode", is_file, "type file"},
    {"packet_bytes", is_datagram, "type udp or unixgram"},
    {"spread", is_udp, "type udp"},
}};

}  // namespace

void warn_of_unused_keys(const OutputConfig& output, const std::string& path,
                         ConfigReader& reader) {
    for (const OutputKey& key : kOutputKeys) {
        const std::string whole = path + "." + key.name;
        if (reader.is_set(whole) && !key.counts(output)) {
            reader.warn(whole, std::string("has no effect but with ") + key.with);
        }
    }
}

void warn_of_unused_keys(const Config& config, ConfigReader& reader) {
    const auto warn_unless = [&](bool counts, const char* key, const char* with) {
        if (!counts && reader.is_set(key)) {
            reader.warn(key, std::string("has no effect without ") + with);
        }
    };
    const bool has_variance = config.sampling.policy == SamplingPolicy::kVariance;
    warn_unless(has_variance, "sampling.variance_low", "sampling.policy \"variance\"");
    warn_unless(has_variance, "sampling.variance_high", "sampling.policy \"variance\"");
    warn_unless(config.sampling.policy == SamplingPolicy::kAdaptive, "sampling.decay",
                "sampling.policy \"adaptive\"");
    const TopicsConfig& topics = config.topics;
    warn_unless(topics.mode == TopicMode::kRegex, "topics.regex", "topics.mode \"regex\"");
    warn_unless(topics.mode == TopicMode::kList, "topics.list", "topics.mode \"list\"");
    warn_unless(topics.partitions, "topics.partition_sample", "topics.partitions");
    warn_unless(config.clients.enabled, "clients.client_regex", "clients.enabled");
    warn_unless(config.clients.enabled, "clients.user_regex", "clients.enabled");
    for (const char* key : {"trace.size_max", "trace.duration", "trace.interval"}) {
        warn_unless(!config.trace.path.empty(), key, "trace.path");
    }
    warn_unless(config.reload.enabled, "reload.check_interval", "reload.enabled");
    const bool applies = config.optimizer.mode == OptimizerMode::kApply;
    warn_unless(applies, "optimizer.may", "optimizer.mode \"apply\"");
    if (applies && config.optimizer.may.empty()) {
        reader.warn("optimizer.mode",
                    "\"apply\" tries nothing while optimizer.may is an empty list");
    }
}

}  // namespace remora
