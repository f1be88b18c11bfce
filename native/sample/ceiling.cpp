#include "sample/ceiling.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace remora {
namespace {

constexpr double kNanosPerPercent = 1e7;  // one percent of one core, a second
// Of the ceiling; the rest is for what differs from minute to minute.
constexpr double kAimToShorten = 0.8;
constexpr std::uint32_t kShortenAfter = 2;
constexpr std::uint32_t kWindowsUntilKnown = 2;
constexpr std::uint32_t kStrideMax = 60;
constexpr double kLearnBias = 0.1;
constexpr double kBiasMin = 0.5;
constexpr double kBiasMax = 3.0;
// Before, code is cold and everything is new.
constexpr std::int64_t kGraceNs = 25 * kNanosPerSecond;
constexpr double kUsedOverS = 60;

double per_second(std::int64_t nanos, std::int64_t elapsed_ns) {
    return static_cast<double>(nanos) * static_cast<double>(kNanosPerSecond) /
           static_cast<double>(elapsed_ns);
}

}  // namespace

bool Ceiling::configure(double percent, std::int64_t base_ns) {
    const double ceiling = std::max(percent, 0.0) * kNanosPerPercent;
    if (ceiling == ceiling_ && base_ns == base_ns_) {
        return false;
    }
    ceiling_ = ceiling;
    base_ns_ = base_ns;
    windows_ = 0;
    overhead_ = 0;
    stride_ = 1;
    fits_ = 0;
    return true;
}

std::uint32_t Ceiling::stride_for(double most_ns_per_s, double tick_ns, double others_ns_per_s,
                                  double base_s) {
    const double for_ticks = std::max(most_ns_per_s - others_ns_per_s, most_ns_per_s / 2);
    const double strides = tick_ns / std::max(for_ticks * base_s, 1.0);
    return static_cast<std::uint32_t>(
        std::clamp(std::ceil(strides), 1.0, static_cast<double>(kStrideMax)));
}

double Ceiling::percent_for(double tick_ns, double others_ns_per_s, double base_s) {
    return (tick_ns / base_s + others_ns_per_s) / kAim / kNanosPerPercent;
}

double Ceiling::needed_percent(const ReadNeed& need) const {
    return percent_for(overhead_ + need.each_tick_ns * bias_, need.others_ns_per_s * bias_,
                       static_cast<double>(base_ns_) / kNanosPerSecond);
}

double Ceiling::percent() const {
    return ceiling_ / kNanosPerPercent;
}

// The middle one of the last windows: one that met a burst (a file that is compressed, cold code)
// says nothing about the next.
double Ceiling::typical_overhead() const {
    std::array<double, kWindows> sorted = overheads_;
    const std::size_t held = std::min<std::size_t>(windows_, kWindows);
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(held));
    return held == 0 ? 0 : sorted[(held - 1) / 2];
}

void Ceiling::learn(const CpuWindow& window, double tick_s) {
    const double seconds = static_cast<double>(window.elapsed_ns) / kNanosPerSecond;
    const double used = per_second(window.cpu_ns, window.elapsed_ns) * 1e-3;
    used_ppm_ += (1 - std::exp(-seconds / kUsedOverS)) * (used - used_ppm_);
    age_ns_ += window.elapsed_ns;
    if (age_ns_ <= kGraceNs) {
        return;
    }
    const std::int64_t held_ns = window.cpu_ns - std::min(window.excused_ns, window.cpu_ns);
    const std::int64_t read_ns = std::min(window.read_ns, held_ns);
    overheads_[windows_ % kWindows] = per_second(held_ns - read_ns, window.elapsed_ns) * tick_s;
    ++windows_;
    overhead_ = typical_overhead();
    if (window.predicted_ns_per_s > 0) {
        const double ratio = per_second(read_ns, window.elapsed_ns) / window.predicted_ns_per_s;
        bias_ += kLearnBias * (std::clamp(ratio, kBiasMin, kBiasMax) - bias_);
    }
}

void Ceiling::choose_stride(double tick_ns, double others_ns_per_s, double base_s) {
    const std::uint32_t wanted = stride_for(kAim * ceiling_, tick_ns, others_ns_per_s, base_s);
    const std::uint32_t shorter =
        stride_for(kAimToShorten * ceiling_, tick_ns, others_ns_per_s, base_s);
    fits_ = shorter < stride_ ? fits_ + 1 : 0;
    if (wanted > stride_) {
        stride_ = wanted;
    } else if (fits_ >= kShortenAfter) {
        stride_ = shorter;
        fits_ = 0;
    }
}

Allowance Ceiling::update(const CpuWindow& window, const ReadNeed& need, bool may_stretch) {
    const double base_s = static_cast<double>(base_ns_) / kNanosPerSecond;
    if (window.elapsed_ns > 0) {
        learn(window, base_s * stride_);
    }
    if (windows_ < kWindowsUntilKnown) {
        return {kNoLimit, stride_};
    }
    if (may_stretch) {
        choose_stride(overhead_ + need.each_tick_ns * bias_, need.others_ns_per_s * bias_, base_s);
    }
    const double interval_s = base_s * stride_;
    const double most = kAim * ceiling_;
    const double least =
        need.each_tick_ns / interval_s + std::min(need.others_ns_per_s, most / 2 / bias_);
    return {std::max((most - overhead_ / interval_s) / bias_, least), stride_};
}

}  // namespace remora
