#include "sink/fault_reporter.h"

#include <system_error>

namespace remora {
namespace {

constexpr std::int64_t kRemindNs = 3600 * kNanosPerSecond;
constexpr std::size_t kReportedMax = 32;

}  // namespace

void FaultReporter::report(std::string_view what, int error) {
    report(what, std::error_code(error, std::generic_category()).message());
}

void FaultReporter::report(std::string_view what, std::string_view why) {
    counters_.add_shared(Counter::kSinkErrors);
    note(std::string(what).append(": ").append(why));
}

void FaultReporter::note(std::string_view text, std::string_view now) {
    const std::string kind = std::string("output ").append(output_).append(": ").append(text);
    const std::int64_t now_ns = clock_.monotonic_ns();
    const auto reported = reported_ns_.find(kind);
    if (reported != reported_ns_.end() && now_ns - reported->second < kRemindNs) {
        return;
    }
    if (reported_ns_.size() >= kReportedMax) {
        reported_ns_.clear();
    }
    reported_ns_[kind] = now_ns;
    log_.warn(kind, kind + std::string(now));
}

void FaultReporter::recovered(std::uint64_t frames) {
    reported_ns_.clear();
    std::string line = "output " + output_ + ": works again";
    if (frames > 0) {
        line +=
            ", " + std::to_string(frames) + (frames == 1 ? " tick was lost" : " ticks were lost");
    }
    log_.warn("recovered " + output_, line);
}

}  // namespace remora
