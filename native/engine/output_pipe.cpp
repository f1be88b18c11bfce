#include "engine/output_pipe.h"

#include <algorithm>
#include <utility>

#include "name/otel_names.h"

namespace remora {
namespace {

// The rest of the interval is for what comes late.
constexpr double kSpreadMax = 0.8;
constexpr std::size_t kRingBytesMax = 2U << 20;  // of datagrams, unless they are huge

Format format_of(OutputFormat format) {
    switch (format) {
        case OutputFormat::kPrometheus:
            return Format::kPrometheus;
        case OutputFormat::kOpenMetrics:
            return Format::kOpenMetrics;
        case OutputFormat::kNdjson:
            return Format::kNdjson;
        case OutputFormat::kOtlpJson:
            return Format::kOtlpJson;
        case OutputFormat::kInflux:
            return Format::kInflux;
        case OutputFormat::kGraphite:
            return Format::kGraphite;
        case OutputFormat::kStatsd:
            return Format::kStatsd;
        case OutputFormat::kDogstatsd:
            break;
    }
    return Format::kDogstatsd;
}

EmitMode emit_of(OutputEmit emit) {
    switch (emit) {
        case OutputEmit::kAll:
            return EmitMode::kAll;
        case OutputEmit::kFresh:
            return EmitMode::kFresh;
        case OutputEmit::kChanged:
            break;
    }
    return EmitMode::kChanged;
}

SyncPolicy sync_of(FsyncMode mode) {
    switch (mode) {
        case FsyncMode::kTick:
            return SyncPolicy::kFrame;
        case FsyncMode::kRotate:
            return SyncPolicy::kRotate;
        case FsyncMode::kNever:
            break;
    }
    return SyncPolicy::kNone;
}

bool replaces_whole_file(OutputFormat format) {
    return format == OutputFormat::kPrometheus || format == OutputFormat::kOpenMetrics;
}

SinkKind kind_of(const OutputConfig& config) {
    switch (config.type) {
        case OutputType::kUdp:
            return SinkKind::kUdp;
        case OutputType::kUnixgram:
            return SinkKind::kUnixgram;
        case OutputType::kFile:
            break;
    }
    return replaces_whole_file(config.format) ? SinkKind::kTextfile : SinkKind::kAppend;
}

bool is_datagram(const OutputConfig& config) {
    return config.type != OutputType::kFile;
}

EncoderOptions encoder_options(const OutputConfig& config, const std::vector<Label>& common,
                               const OutputPipe::Host& host) {
    EncoderOptions options;
    options.start_wall_ms = host.start_wall_ms;
    options.begins_with_agent = host.agent_begins;
    options.version = host.agent_version;
    options.format = format_of(config.format);
    options.emit = emit_of(config.emit);
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

std::int64_t spread_ms(const OutputConfig& config, std::int64_t interval_ms) {
    const double share = std::min(config.spread, kSpreadMax);
    return static_cast<std::int64_t>(share * static_cast<double>(interval_ms));
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

FileEnd file_end_of(AtEnd at_end) {
    switch (at_end) {
        case AtEnd::kDown:
            return FileEnd::kDown;
        case AtEnd::kRemove:
            return FileEnd::kRemove;
        case AtEnd::kKeep:
            break;
    }
    return FileEnd::kKeep;
}

SinkOptions sink_options(const OutputConfig& config, const std::vector<Label>& common,
                         std::int64_t interval_ms) {
    SinkOptions options;
    if (config.type == OutputType::kFile && replaces_whole_file(config.format)) {
        options.file_end = file_end_of(config.at_end);
        options.down_text =
            down_page(format_of(config.format), encoder_options(config, common, {}).labels);
    }
    options.name = config.name;
    options.kind = kind_of(config);
    options.path = config.path;
    options.file_mode = config.mode;
    options.sync = sync_of(config.fsync);
    options.disk_bytes_max = static_cast<std::int64_t>(config.rotate.total_bytes);
    options.rotate_bytes = static_cast<std::int64_t>(config.rotate.bytes);
    options.rotate_age_ms = config.rotate.age_ms;
    options.rotated_files_max = config.rotate.files;
    options.gzip_rotated = config.rotate.compress;
    options.host = config.host;
    options.port = static_cast<std::uint16_t>(config.port);
    options.spread_ms = spread_ms(config, interval_ms);
    options.frame_age_ms_max = 3 * interval_ms;
    // The core wakes the thread when it has filled blocks; polling is only the fallback.
    options.poll_ms = 5'000;
    return options;
}

std::vector<ObjectNamePattern> compile(const std::vector<std::string>& texts) {
    std::vector<ObjectNamePattern> patterns;
    for (const std::string& text : texts) {
        Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(text);
        if (pattern) {  // the configuration was checked: this holds
            patterns.push_back(std::move(pattern).value());
        }
    }
    return patterns;
}

}  // namespace

OutputPipe::OutputPipe(const OutputConfig& config, const std::vector<Label>& common_labels,
                       std::int64_t base_interval_ms, const SinkEnvironment& environment,
                       std::function<void(const char*)> on_fault, const Host& host)
    : name_(config.name),
      path_(config.path),
      self_level_(config.self_metrics),
      every_ticks_(static_cast<std::uint64_t>(std::max<std::int64_t>(
          1, (config.interval_ms + base_interval_ms - 1) / base_interval_ms))),
      include_(compile(config.include)),
      exclude_(compile(config.exclude)),
      has_otel_names_(config.names == OutputNames::kOtel),
      counters_(environment.counters),
      log_(environment.log),
      channel_(block_bytes(config), blocks(config)),
      encoder_(make_encoder(encoder_options(config, common_labels, host), environment.counters)) {
    const std::int64_t interval_ms = static_cast<std::int64_t>(every_ticks_) * base_interval_ms;
    auto worker =
        make_sink_worker(sink_options(config, common_labels, interval_ms), channel_, environment);
    worker_ = worker.get();
    runner_ = std::make_unique<Runner>("remora-sink", std::move(worker), std::move(on_fault));
}

void end_output_file(const OutputConfig& config, const std::vector<Label>& common_labels,
                     const SinkEnvironment& environment) {
    if (config.type == OutputType::kFile && replaces_whole_file(config.format)) {
        end_textfile(sink_options(config, common_labels, 0), environment);
    }
}

bool OutputPipe::wants(const ObjectName& name) const {
    if (include_.empty() && exclude_.empty()) {
        return true;
    }
    const auto matches = [&](const ObjectNamePattern& pattern) { return pattern.matches(name); };
    return (include_.empty() || std::any_of(include_.begin(), include_.end(), matches)) &&
           std::none_of(exclude_.begin(), exclude_.end(), matches);
}

void OutputPipe::add_unit(const Registration& registration) {
    const ObjectName& name = registration.name.get();
    if (!wants(name)) {
        return;
    }
    std::vector<Series> otel;
    if (has_otel_names_) {
        otel = registration.series;
        for (Series& series : otel) {
            name_by_otel(name, series);
        }
    }
    const std::vector<Series>& all = has_otel_names_ ? otel : registration.series;
    const UnitSeries series{name.text(), all.data(), all.size(), registration.is_new};
    if (!encoder_->add_unit(registration.unit, series)) {
        counters_.add(Counter::kOutputSeriesRefused, registration.series.size());
    }
}

void OutputPipe::remove_unit(UnitId unit) {
    encoder_->remove_unit(unit);
}

bool OutputPipe::can_begin_tick() {
    return !encoding_ && (!encoder_->remembers() || knows_last_tick());
}

void OutputPipe::begin_tick(std::int64_t wall_ms, const std::vector<SelfSample>& self) {
    encoder_->begin_tick(wall_ms, self);
    encoding_ = true;
}

// What the last tick said counts as said only when it got out.
bool OutputPipe::knows_last_tick() {
    const SinkWorker::Fates fates = worker_->fates();
    if (fates.over < channel_.frames_closed()) {
        return false;
    }
    const bool torn = fates.torn != fates_.torn;
    if (torn || fates.lost != fates_.lost) {
        encoder_->frame_lost(!torn);
    }
    fates_ = fates;
    return true;
}

void OutputPipe::skip_tick() {
    counters_.add(Counter::kTicksSkipped);
    if (!said_skipping_) {
        said_skipping_ = true;
        log_.warn("skip." + name_, "output " + name_ +
                                       ": its destination is slower than its interval, so ticks "
                                       "are skipped; the one under way sends the newest values");
    }
}

// Once: what does not fit, is no number in this format or has another's name stays so.
void OutputPipe::tell_losses() {
    const EncoderLosses losses = encoder_->losses();
    if (losses.too_long > 0 && !said_too_long_) {
        said_too_long_ = true;
        log_.warn("long." + name_, "output " + name_ + ": lines longer than " +
                                       std::to_string(channel_.block_bytes()) +
                                       " bytes are left out (lines_too_long_dropped_total counts)");
    }
    if (losses.unencodable > 0 && !said_unencodable_) {
        said_unencodable_ = true;
        log_.info("output " + name_ +
                  ": values that its format has no form for are left out, NaN for one "
                  "(values_unencodable_total counts)");
    }
    if (losses.clashing > 0 && !said_clashing_) {
        said_clashing_ = true;
        log_.warn("clash." + name_,
                  "output " + name_ + ": " + std::string(losses.first_clash) +
                      " is left out, since another series has its name and labels or its family "
                      "(output_series_clashing_total counts)");
    }
}

bool OutputPipe::go_on(const Values& values) {
    if (encoding_) {
        encoding_ = !encoder_->encode_some(values, channel_);
        if (encoding_) {
            counters_.add(Counter::kSinkBlocked);
        } else {
            tell_losses();
        }
        runner_->wake();
    }
    return !encoding_;
}

}  // namespace remora
