#include "sample/variance.h"

#include <algorithm>
#include <cmath>

#include "base/grow.h"

namespace remora {
namespace {

constexpr double kScale = 6553.5;  // 10 scales fill 16 bits
constexpr double kMsPerSecond = 1000.0;

}  // namespace

void VarianceHistory::clear() {
    deviations_ = {};
    held_ = {};
}

void VarianceHistory::reserve(UnitId unit) {
    if (unit >= held_.size()) {
        grow(held_, unit + 1UL);
        grow(deviations_, (unit + 1UL) * kReads);
    }
}

void VarianceHistory::forget(UnitId unit) {
    held_[unit] = 0;
}

void VarianceHistory::add(UnitId unit, float deviation) {
    std::uint8_t& held = held_[unit];
    deviations_[unit * kReads + held % kReads] =
        static_cast<std::uint16_t>(static_cast<double>(deviation) * kScale);
    held = static_cast<std::uint8_t>(held + 1 == 2 * kReads ? kReads : held + 1);
}

std::uint32_t VarianceHistory::interval_ms(UnitId unit, const SamplingConfig& sampling,
                                           const AgeBounds& bounds,
                                           const AgeBounds::Kind& kind) const {
    const std::size_t held = std::min<std::size_t>(held_[unit], kReads);
    if (held == 0) {
        return kind.base_ms;
    }
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < held; ++i) {
        const double deviation = deviations_[unit * kReads + i] / kScale;
        sum += deviation;
        squares += deviation * deviation;
    }
    const double mean = sum / static_cast<double>(held);
    const double variance = squares / static_cast<double>(held) - mean * mean;
    if (variance >= sampling.variance_high) {
        return kind.min_ms;
    }
    if (variance <= sampling.variance_low) {
        return kind.max_ms;
    }
    const double share = (sampling.variance_high - variance) /
                         std::max(sampling.variance_high - sampling.variance_low, 1e-300);
    const double seconds = (kind.min_ms + share * (kind.max_ms - kind.min_ms)) / kMsPerSecond;
    return bounds.on_grid(static_cast<float>(seconds * seconds), kind);
}

}  // namespace remora
