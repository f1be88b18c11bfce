#include "engine/room_options.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/limits.h"
#include "config/keys.h"
#include "config/output_kinds.h"

namespace remora {
namespace {

// The rest of the interval is for what comes late.
constexpr double kSpreadMax = 0.8;
// A tick that is late is not yet an agent that is dead.
constexpr std::int64_t kPageIntervalsMax = 3;
constexpr std::int64_t kPageAgeMsMin = 10'000;
constexpr std::size_t kRingBytesMax = 2U << 20;  // of datagrams, unless they are huge

SinkKind kind_of(const OutputConfig& config) {
    switch (config.type) {
        case OutputType::kUdp:
            return SinkKind::kUdp;
        case OutputType::kUnixgram:
            return SinkKind::kUnixgram;
        case OutputType::kHttp:
            return SinkKind::kHttp;
        case OutputType::kFile:
            break;
    }
    return is_page(config.format) ? SinkKind::kTextfile : SinkKind::kAppend;
}

std::int64_t spread_ms(const OutputConfig& config, std::int64_t interval_ms) {
    const double share = std::min(config.spread, kSpreadMax);
    return static_cast<std::int64_t>(share * static_cast<double>(interval_ms));
}

std::uint32_t to_ms(std::int64_t ms) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 1, UINT32_MAX - 1));
}

std::int64_t shortest_interval_ms(const Config& config) {
    const std::int64_t shortest =
        std::min(config.sampling.min_interval_ms, config.sampling.base_interval_ms);
    return config.trace.path.empty() ? shortest : std::min(shortest, config.trace.interval_ms);
}

// Units drawn for the audit of a tick: 128 every 10 seconds cost about a thousandth of the ceiling.
std::uint32_t audit_units(std::int64_t base_interval_ms) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(base_interval_ms / 78, 8, 128));
}

}  // namespace

PlanOptions plan_options(const Config& config, std::int64_t start_ns) {
    PlanOptions options;
    options.start_ns = start_ns;
    options.base_interval_ns = config.sampling.base_interval_ms * kNanosPerMilli;
    options.quantum_ns = shortest_interval_ms(config) * kNanosPerMilli;
    options.slice_ns = config.collector.slice_ms * kNanosPerMilli;
    options.audit_units = audit_units(config.sampling.base_interval_ms);
    return options;
}

SamplerOptions sampler_options(const Config& config) {
    SamplerOptions options;
    options.sampling = config.sampling;
    options.quantum_ms = to_ms(Planner::quantum_ns_of(plan_options(config, 0)) / kNanosPerMilli);
    return options;
}

Config stretched(Config config, std::uint32_t stride) {
    SamplingConfig& sampling = config.sampling;
    const bool follows = sampling.min_interval_ms == sampling.base_interval_ms;
    sampling.base_interval_ms *= stride;
    if (follows) {
        sampling.min_interval_ms = sampling.base_interval_ms;
    }
    return config;
}

Registrar::Settings registrar_settings(const Config& config,
                                       std::shared_ptr<const Selector> selector) {
    Registrar::Settings settings;
    settings.limits = config.limits;
    settings.base_interval_ms = to_ms(config.sampling.base_interval_ms);
    settings.selector = std::move(selector);
    settings.unmatched = std::make_shared<Unmatched>(config);
    return settings;
}

Housekeeper::Options housekeeper_options(const Config& config, const Place& place,
                                         const std::string& config_path,
                                         const FileMark& config_mark) {
    Housekeeper::Options options;
    if (!place.is_foreign) {
        options.counters_path = config.directory + "/remora.counters";
        options.values_path = config.directory + "/remora.values";
        options.beans_path = config.directory + "/remora.beans";
        options.revert_path = config.directory + "/remora.tuning.request";
    }
    options.config_path = config.reload.enabled ? config_path : std::string();
    options.config_mark = config_mark;
    options.config_interval_ms = config.reload.check_interval_ms;
    return options;
}

std::int64_t looks_interval_ms(const Config& config) {
    return std::max(config.sampling.base_interval_ms, kLooksIntervalMsMin);
}

std::string profile_path(const Config& config, const Place& place) {
    return place.is_foreign ? std::string() : config.directory + "/remora.profile.json";
}

std::vector<OutputNote> output_notes(const Config& config) {
    std::vector<OutputNote> notes;
    for (const OutputConfig& output : config.outputs) {
        std::error_code ignored;
        std::string where = has_path(output)
                                ? std::filesystem::absolute(output.path, ignored).string()
                                : place_of(output);
        if (output.type == OutputType::kHttp) {
            where = "http://" + where + "/metrics";
        }
        notes.push_back({output_format_name(output.format), self_level_name(output.self_metrics),
                         std::move(where)});
    }
    return notes;
}

std::string place_of(const OutputConfig& output) {
    return has_path(output) ? output.path : output.host + ":" + std::to_string(output.port);
}

std::vector<Label> common_labels(const Config& config) {
    std::vector<Label> labels;
    for (const TextPair& label : config.labels) {
        labels.push_back({label.first, label.second});
    }
    return labels;
}

std::uint64_t base_intervals_of(const OutputConfig& config, std::int64_t base_interval_ms) {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(1, (config.interval_ms + base_interval_ms - 1) / base_interval_ms));
}

std::size_t block_bytes(const OutputConfig& config) {
    return is_datagram(config) ? config.packet_bytes : kBlockBytes;
}

std::size_t blocks(const OutputConfig& config) {
    if (!is_datagram(config)) {
        return kBlocksPerOutput;
    }
    return std::clamp(kRingBytesMax / config.packet_bytes, kBlocksPerOutput, kDatagramsPerOutput);
}

EncoderOptions encoder_options(const OutputConfig& config, const std::vector<Label>& common,
                               const OutputPipe::Host& host) {
    EncoderOptions options;
    options.start_wall_ms = host.start_wall_ms;
    options.begins_with_agent = host.agent_begins;
    options.version = host.agent_version;
    options.format = config.format;
    options.emit = config.emit;
    options.keyframe_ms = config.keyframe_interval_ms;
    options.time_of_read = config.time == OutputTime::kRead;
    options.labels = common;
    for (const TextPair& label : config.labels) {
        const auto same =
            std::find_if(options.labels.begin(), options.labels.end(),
                         [&](const Label& other) { return other.name == label.first; });
        if (same != options.labels.end()) {
            same->value = label.second;
        } else {
            options.labels.push_back({label.first, label.second});
        }
    }
    options.line_bytes_max = is_datagram(config) ? config.packet_bytes : kLineBytesMax;
    return options;
}

SinkOptions sink_options(const OutputConfig& config, const std::vector<Label>& common,
                         std::int64_t base_interval_ms, std::uint64_t base_intervals) {
    const std::int64_t interval_ms = static_cast<std::int64_t>(base_intervals) * base_interval_ms;
    SinkOptions options;
    options.file_end = config.at_end;
    if (!is_datagram(config) && is_page(config.format)) {
        options.down_text = down_page(config.format, encoder_options(config, common, {}).labels);
    }
    options.starts = file_starts(config.format);
    options.name = config.name;
    options.kind = kind_of(config);
    options.path = config.path;
    options.file_mode = config.mode;
    options.fsync = config.fsync;
    options.disk_bytes_max = static_cast<std::int64_t>(config.rotate.total_bytes);
    options.rotate_bytes = static_cast<std::int64_t>(config.rotate.bytes);
    options.rotate_age_ms = config.rotate.age_ms;
    options.rotated_files_max = config.rotate.files;
    options.gzip_rotated = config.rotate.compress;
    options.host = config.host;
    options.port = static_cast<std::uint16_t>(config.port);
    options.spread_ms = spread_ms(config, interval_ms);
    options.frame_age_ms_max = 3 * interval_ms;
    if (!config.authentication.password_hash.empty()) {
        options.scraper =
            Scraper{config.authentication.username, config.authentication.password_hash};
    }
    options.page_age_ms_max = std::max(kPageIntervalsMax * interval_ms, kPageAgeMsMin);
    options.base_intervals = base_intervals;
    // The core wakes the thread when it has filled blocks; polling is only the fallback.
    options.poll_ms = 5'000;
    return options;
}

}  // namespace remora
