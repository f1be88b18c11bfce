#include "sample/audit.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace remora {
namespace {

constexpr std::int64_t kWindowNs = 300 * kNanosPerSecond;
constexpr double kDelta = 0.05;

void add_to(AccuracyAudit::Sums& sums, double error) {
    ++sums.samples;
    sums.error += error;
    sums.error_square += error * error;
}

}  // namespace

void AccuracyAudit::add(UnitClass unit_class, double error) {
    const double capped = std::clamp(error, 0.0, 1.0);
    const auto place = static_cast<std::size_t>(unit_class);
    add_to(total_[place], capped);
    add_to(current_[place], capped);
}

void AccuracyAudit::tick(std::int64_t now_ns) {
    if (window_begun_ns_ == 0) {
        window_begun_ns_ = now_ns;
    }
    if (now_ns - window_begun_ns_ >= kWindowNs) {
        window_begun_ns_ = now_ns;
        previous_ = current_;
        current_ = {};
    }
}

AccuracyAudit::Estimate AccuracyAudit::estimate_of(const Sums& sums) {
    Estimate estimate;
    estimate.samples = sums.samples;
    if (sums.samples == 0) {
        return estimate;
    }
    const auto n = static_cast<double>(sums.samples);
    estimate.error = sums.error / n;
    const double variance = std::max(sums.error_square / n - estimate.error * estimate.error, 0.0);
    const double log_term = std::log(3 / kDelta);
    estimate.margin = std::min(std::sqrt(2 * variance * log_term / n) + 3 * log_term / n, 1.0);
    return estimate;
}

AccuracyAudit::Estimate AccuracyAudit::estimate(UnitClass unit_class) const {
    const auto place = static_cast<std::size_t>(unit_class);
    const Sums& a = current_[place];
    const Sums& b = previous_[place];
    return estimate_of({a.samples + b.samples, a.error + b.error, a.error_square + b.error_square});
}

}  // namespace remora
