#include "tune/trial.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/formatted.h"

namespace remora {
namespace {

double mean_of(const std::vector<double>& values) {
    return values.empty() ? 0
                          : std::accumulate(values.begin(), values.end(), 0.0) /
                                static_cast<double>(values.size());
}

// Variance of the mean.
double error_square_of(const std::vector<double>& values) {
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) {
        squares += (value - mean) * (value - mean);
    }
    const auto count = static_cast<double>(values.size());
    return values.size() < 2 ? 0 : squares / (count - 1) / count;
}

}  // namespace

TrialVerdict judge(const TrialWindows& windows) {
    std::array<double, kTrialWindows> means{};
    double error_square = 0;
    for (std::size_t i = 0; i < kTrialWindows; ++i) {
        means[i] = mean_of(windows[i]);
        error_square += error_square_of(windows[i]);
    }
    TrialVerdict verdict;
    verdict.before = (means[0] + means[2]) / 2;
    verdict.after = (means[1] + means[3]) / 2;
    const double spread = std::max(std::abs(means[0] - means[2]), std::abs(means[1] - means[3]));
    // The mean of two differences of two means each.
    verdict.noise = std::max(spread, kNoiseErrors * std::sqrt(error_square) / 2);
    const double gain = verdict.before - verdict.after;
    const bool in_both_pairs = means[0] > means[1] && means[2] > means[3];
    if (gain < kGainShareMin * std::abs(verdict.before) || gain <= 0) {
        verdict.why = "it did not help";
    } else if (!in_both_pairs || gain <= verdict.noise) {
        verdict.why = "what it seems to save is not beyond noise";
    } else {
        verdict.is_kept = true;
        verdict.why = "it helped both times, beyond noise";
    }
    return verdict;
}

std::optional<TrialVerdict> Trial::take(const AgentProfile& profile) {
    const std::optional<double> figure = figure_of(measure_, profile);
    unknown_ = figure ? 0 : unknown_ + 1;
    if (figure) {
        windows_[stage_].push_back(*figure);
    }
    std::string worse = worse_guard(profile);
    if (!worse.empty()) {
        TrialVerdict verdict{false, std::move(worse), 0, 0, 0};
        if (!windows_[stage_].empty()) {  // otherwise there is nothing to compare
            verdict.before = mean_of(windows_[stage_ - 1]);
            verdict.after = mean_of(windows_[stage_]);
        }
        return verdict;
    }
    if (unknown_ == kUnknownMax) {
        return TrialVerdict{false, measure_name(measure_) + " is not known any more", 0, 0, 0};
    }
    if (windows_[stage_].size() < kWindowProfiles) {
        return std::nullopt;
    }
    ++stage_;
    return stage_ == kTrialWindows ? std::optional(judge(windows_)) : std::nullopt;
}

// Empty: none, or the change is not in force. What is without it shows how bad it gets by itself.
std::string Trial::worse_guard(const AgentProfile& profile) {
    std::string worse;
    for (const auto& [name, guard] : guards_of(profile, price_age_s_)) {
        const auto before = worst_.find(name);
        if (!is_with()) {
            Worst& worst = worst_[name];
            worst = {std::max(worst.value, guard.value), std::max(worst.weight, guard.weight)};
        } else if (before != worst_.end() &&
                   guard.value - guard.noise >
                       guard.limit(before->second.value, before->second.weight)) {
            worse += (worse.empty() ? "it made worse: " : ", ") + name + ", from " +
                     formatted("%.4g", before->second.value) + " to " +
                     formatted("%.4g", guard.value);
        }
    }
    return worse;
}

}  // namespace remora
