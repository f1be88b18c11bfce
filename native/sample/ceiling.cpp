#include "sample/ceiling.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace remora {
namespace {

constexpr double kNanosPerPercent = 1e7;  // one percent of one core, a second
// Of the ceiling; the rest is for what differs from minute to minute.
constexpr double kAim = 0.92;
constexpr double kAimToShorten = 0.8;
constexpr std::uint32_t kShortenAfter = 3;
constexpr std::uint32_t kStrideMax = 60;
// Weight of the last window; the first ones count alike.
constexpr double kLearn = 0.2;
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

void Ceiling::set_percent(double percent) {
    ceiling_ = std::max(percent, 0.0) * kNanosPerPercent;
}

std::uint32_t Ceiling::stride_for(double tick_ns, double aim, std::int64_t base_ns) const {
    const double base_s = static_cast<double>(base_ns) / kNanosPerSecond;
    const double strides = tick_ns / std::max(aim * ceiling_ * base_s, 1.0);
    return static_cast<std::uint32_t>(
        std::clamp(std::ceil(strides), 1.0, static_cast<double>(kStrideMax)));
}

Allowance Ceiling::update(const CpuWindow& window, double each_tick_ns, std::int64_t base_ns) {
    const double tick_s = static_cast<double>(base_ns) * stride_ / kNanosPerSecond;
    if (window.elapsed_ns > 0) {
        const double seconds = static_cast<double>(window.elapsed_ns) / kNanosPerSecond;
        const double used = per_second(window.cpu_ns, window.elapsed_ns) * 1e-3;
        used_ppm_ += (1 - std::exp(-seconds / kUsedOverS)) * (used - used_ppm_);
        age_ns_ += window.elapsed_ns;
        if (age_ns_ > kGraceNs) {
            ++windows_;
            const std::int64_t held_ns = window.cpu_ns - std::min(window.excused_ns, window.cpu_ns);
            const std::int64_t read_ns = std::min(window.read_ns, held_ns);
            const double overhead = per_second(held_ns - read_ns, window.elapsed_ns) * tick_s;
            overhead_ += std::max(kLearn, 1.0 / windows_) * (overhead - overhead_);
            if (window.predicted_ns_per_s > 0) {
                const double ratio =
                    per_second(read_ns, window.elapsed_ns) / window.predicted_ns_per_s;
                bias_ += kLearnBias * (std::clamp(ratio, kBiasMin, kBiasMax) - bias_);
            }
        }
    }
    if (windows_ > 0) {
        const double tick_ns = overhead_ + each_tick_ns * bias_;
        const std::uint32_t wanted = stride_for(tick_ns, kAim, base_ns);
        const std::uint32_t shorter = stride_for(tick_ns, kAimToShorten, base_ns);
        fits_ = shorter < stride_ ? fits_ + 1 : 0;
        if (wanted > stride_) {
            stride_ = wanted;
        } else if (fits_ >= kShortenAfter) {
            stride_ = shorter;
            fits_ = 0;
        }
    }
    const double interval_s = static_cast<double>(base_ns) * stride_ / kNanosPerSecond;
    const double left = kAim * ceiling_ - overhead_ / interval_s;
    return {std::max(left / bias_, each_tick_ns / interval_s), stride_};
}

}  // namespace remora
