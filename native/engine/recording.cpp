#include "engine/recording.h"

#include <string>
#include <utility>

namespace remora {

Recording::Recording(const TraceConfig& config, std::int64_t start_ns, Sampler& sampler,
                     CounterTable& counters, Log& log)
    : config_(config), start_ns_(start_ns), sampler_(sampler), counters_(counters), log_(log) {
    if (config_.path.empty()) {
        return;
    }
    auto file = create_trace_file(config_.path);
    if (!file) {
        log_.warn("trace", "no trace: " + file.status().message());
        return;
    }
    writer_ = std::make_unique<TraceWriter>(std::move(file).value(), config_.bytes_max);
    sampler_.record_every(static_cast<std::uint32_t>(config_.interval_ms));
    log_.info("recording every unit each " + std::to_string(config_.interval_ms) + " ms to " +
              config_.path + "; the CPU budget does not hold meanwhile");
}

void Recording::name_family(FamilyId family, const std::string& name) {
    if (writer_ != nullptr) {
        writer_->add_family(family, name);
    }
}

void Recording::add(const Registration& registration) {
    if (writer_ != nullptr) {
        writer_->add_unit(registration.unit,
                          {registration.family, registration.kind, registration.policy.unit_class,
                           static_cast<std::uint16_t>(registration.series.size()),
                           registration.name.get().text()});
    }
}

void Recording::remove(UnitId unit) {
    if (writer_ != nullptr) {
        writer_->remove_unit(unit);
    }
}

void Recording::begin_batch(std::int64_t read_ns) {
    if (writer_ != nullptr) {
        // A pass is read in slices just before its round ends: one frame holds it whole.
        const std::int64_t frame_ns = config_.interval_ms * kNanosPerMilli;
        writer_->on_time((read_ns - start_ns_) / frame_ns * frame_ns);
    }
}

void Recording::tick(std::int64_t now_ns) {
    if (writer_ != nullptr &&
        (writer_->is_full() || now_ns - start_ns_ >= config_.duration_ms * kNanosPerMilli)) {
        end();
    }
}

void Recording::end() {
    if (writer_ == nullptr) {
        return;
    }
    writer_->finish();
    counters_.set(Counter::kSampleTrace, writer_->records());
    log_.info("trace complete: " + std::to_string(writer_->bytes()) + " bytes in " + config_.path);
    writer_.reset();
    sampler_.record_every(0);
}

}  // namespace remora
