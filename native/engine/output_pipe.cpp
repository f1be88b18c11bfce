#include "engine/output_pipe.h"

#include <algorithm>
#include <utility>

#include "config/output_kinds.h"
#include "engine/room_options.h"
#include "name/otel_names.h"
#include "rules/output_rules.h"

namespace remora {
namespace {

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
      every_ticks_(base_intervals_of(config, base_interval_ms)),
      include_(compile(config.include)),
      exclude_(compile(config.exclude)),
      has_otel_names_(has_otel_names(config)),
      counters_(environment.counters),
      log_(environment.log),
      channel_(block_bytes(config), blocks(config)),
      encoder_(make_encoder(encoder_options(config, common_labels, host), environment.counters)) {
    auto worker = make_sink_worker(
        sink_options(config, common_labels, base_interval_ms, every_ticks_), channel_, environment);
    worker_ = worker.get();
    if (std::shared_ptr<const NamingRules> rules = rules_of(config)) {
        naming_ = std::make_unique<RuleNaming>(std::move(rules), name_, *encoder_, counters_, log_);
    }
    runner_ = std::make_unique<Runner>("remora-sink", std::move(worker), std::move(on_fault));
}

void end_output_file(const OutputConfig& config, const std::vector<Label>& common_labels,
                     const SinkEnvironment& environment) {
    if (config.type == OutputType::kFile && is_page(config.format)) {
        end_textfile(sink_options(config, common_labels, 0, 1), environment);
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
    if (naming_ != nullptr) {
        naming_->add(registration);
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
    if (naming_ != nullptr) {
        naming_->remove(unit);
    } else {
        encoder_->remove_unit(unit);
    }
}

bool OutputPipe::can_begin_tick() {
    return !encoding_ && (!encoder_->remembers() || knows_last_tick());
}

void OutputPipe::begin_tick(std::int64_t wall_ms, const std::vector<SelfSample>& self,
                            const Values& values) {
    if (naming_ != nullptr) {
        naming_->rename(values);
    }
    encoder_->begin_tick(wall_ms, self);
    encoding_ = true;
}

// What the last tick emitted counts as emitted only when it got out.
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

void OutputPipe::skip_tick(bool is_leaving) {
    counters_.add(Counter::kTicksSkipped);
    if (!reported_.skipping && !is_leaving) {
        reported_.skipping = true;
        log_.warn("skip." + name_, "output " + name_ +
                                       ": a tick is not out when the next is due, so ticks are "
                                       "skipped: its destination is too slow, or the agent gets "
                                       "too little CPU; the one under way sends the newest values");
    }
}

// Once: what does not fit, is no number in this format or has another's name stays so.
void OutputPipe::report_losses() {
    const EncoderLosses losses = encoder_->losses();
    if (losses.too_long > 0 && !reported_.too_long) {
        reported_.too_long = true;
        log_.warn("long." + name_, "output " + name_ + ": lines longer than " +
                                       std::to_string(channel_.block_bytes()) +
                                       " bytes are left out (lines_too_long_dropped_total counts)");
    }
    if (losses.unencodable > 0 && !reported_.unencodable) {
        reported_.unencodable = true;
        log_.info("output " + name_ +
                  ": values that its format has no form for are left out, NaN for one "
                  "(values_unencodable_total counts)");
    }
    if (losses.clashing > 0 && !reported_.clashing) {
        reported_.clashing = true;
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
            report_losses();
        }
        runner_->wake();
    }
    return !encoding_;
}

}  // namespace remora
