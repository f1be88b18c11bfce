#include "sample/governor.h"

#include <algorithm>

namespace remora {
namespace {

constexpr double kNanosPerPercent = 1e7;  // one percent of one core, a second
constexpr double kLearn = 0.3;            // weight of the last window in the running averages
constexpr double kLearnBias = 0.1;
// What was overspent is paid back by reading this share of what may be read on average, not by
// reading nothing: that would shed everything for a minute.
constexpr double kPayBackShare = 0.25;
constexpr double kBiasMin = 0.2;
constexpr double kBiasMax = 10.0;

double per_second(std::int64_t nanos, std::int64_t elapsed_ns) {
    return static_cast<double>(nanos) * static_cast<double>(kNanosPerSecond) /
           static_cast<double>(elapsed_ns);
}

}  // namespace

Governor::Governor(const GovernorOptions& options) : options_(options) {
    set_budget_percent(options.budget_percent);
    read_budget_ = budget_ * options_.aim;
}

void Governor::set_budget_percent(double percent) {
    const double before = budget_;
    budget_ = std::max(percent, 0.0) * kNanosPerPercent;
    const double share = before > 0 ? budget_ / before : 0;
    for (Spent& past : windows_) {
        past.held_ns = static_cast<std::int64_t>(static_cast<double>(past.held_ns) * share);
    }
}

// What the budget allows in so long.
std::int64_t Governor::allowed_ns(std::int64_t elapsed_ns) const {
    return static_cast<std::int64_t>(budget_ * static_cast<double>(elapsed_ns) / kNanosPerSecond);
}

void Governor::account(const Spent& spent) {
    windows_[next_] = spent;
    next_ = (next_ + 1) % kWindows;
    std::int64_t elapsed_ns = 0;
    std::int64_t cpu_ns = 0;
    for (std::size_t i = 1; i <= kWindows && elapsed_ns < options_.span_ns; ++i) {
        const Spent& past = windows_[(next_ + kWindows - i) % kWindows];
        elapsed_ns += past.elapsed_ns;
        cpu_ns += past.cpu_ns;
    }
    used_ppm_ = elapsed_ns > 0 ? per_second(cpu_ns, elapsed_ns) * 1e-3 : 0;
}

// CPU that a window of `next_ns` may use without the span that ends with it exceeding the budget,
// nanoseconds a second.
double Governor::left_in_span(std::int64_t next_ns) const {
    std::int64_t elapsed_ns = next_ns;
    double held_ns = 0;
    for (std::size_t i = 1; i <= kWindows && elapsed_ns < options_.span_ns; ++i) {
        const Spent& past = windows_[(next_ + kWindows - i) % kWindows];
        if (past.elapsed_ns == 0) {
            break;
        }
        // Of the oldest window only the part inside the span counts.
        const std::int64_t inside = std::min(past.elapsed_ns, options_.span_ns - elapsed_ns);
        held_ns += static_cast<double>(past.held_ns) * static_cast<double>(inside) /
                   static_cast<double>(past.elapsed_ns);
        elapsed_ns += inside;
    }
    return (static_cast<double>(allowed_ns(elapsed_ns)) - held_ns) * kNanosPerSecond /
           static_cast<double>(next_ns);
}

double Governor::update(const GovernorWindow& window) {
    if (window.elapsed_ns <= 0) {
        return read_budget_;
    }
    age_ns_ += window.elapsed_ns;
    if (window.is_excused) {
        excused_ns_ = 0;
        account({window.elapsed_ns, window.cpu_ns, 0});
        return read_budget_;
    }
    const std::int64_t excused = std::min(excused_ns_, window.cpu_ns);
    excused_ns_ -= excused;
    std::int64_t held_ns = window.cpu_ns - excused;
    const std::int64_t read_ns = std::min(window.read_ns, held_ns);
    const bool in_grace = age_ns_ <= options_.grace_ns;
    if (!in_grace) {
        // Before, code is cold and everything is new: that would be taken for the cost of a quiet
        // minute.
        const double overhead = per_second(held_ns - read_ns, window.elapsed_ns);
        overhead_ = has_overhead_ ? overhead_ + kLearn * (overhead - overhead_) : overhead;
        has_overhead_ = true;
    }
    if (window.predicted_ns_per_s > 0) {
        // Slowly: one dear read falls into one window, its prediction into all of them, and what is
        // read at once because of a surprise is not in any.
        const double ratio = per_second(read_ns, window.elapsed_ns) / window.predicted_ns_per_s;
        bias_ += kLearnBias * (std::min(ratio, kBiasMax) - bias_);
        bias_ = std::max(bias_, kBiasMin);
    }
    if (in_grace) {
        held_ns = std::min(held_ns, allowed_ns(window.elapsed_ns));
    }
    account({window.elapsed_ns, window.cpu_ns, held_ns});
    const double proportional = options_.aim * budget_ - overhead_;
    const double account_left = left_in_span(window.elapsed_ns) - overhead_;
    const double left = std::max(account_left, kPayBackShare * proportional);
    read_budget_ = std::max(std::min(proportional, left) / bias_, 0.0);
    return read_budget_;
}

}  // namespace remora
