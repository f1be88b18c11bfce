// Whether one change helps: windows without it and with it, in turns.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tune/figures.h"
#include "tune/profile.h"

namespace remora {

// Without, with, without, with: a load that moves shows as a difference between two windows alike.
inline constexpr std::size_t kTrialWindows = 4;
// Profiles of each window. The one before the first, which saw the change being made, is not taken.
inline constexpr std::size_t kWindowProfiles = 4;

// A receiver may start anew meanwhile, and the audit of a small class has no read in many a minute.
inline constexpr std::size_t kUnknownMax = 5;

using TrialWindows = std::array<std::vector<double>, kTrialWindows>;

struct TrialVerdict {
    bool is_kept = false;
    std::string why;    // one sentence
    double before = 0;  // mean of the windows without; both 0: nothing was measured with it
    double after = 0;   // and of those with
    double noise = 0;   // a difference up to this says nothing
};

// Kept when the figure is less with the change in both pairs, and the mean difference is above
// kGainShareMin and above the noise: what two windows alike differ by, and kNoiseErrors standard
// errors of the difference. Every window has at least one figure.
//
// A figure that falls all the time by itself is never kept: then two windows alike differ by more.
inline constexpr double kGainShareMin = 0.05;
inline constexpr double kNoiseErrors = 3;
TrialVerdict judge(const TrialWindows& windows);

// The windows of one change, filled profile by profile. Thread safety: one thread.
class Trial {
 public:
    Trial(Measure measure, double price_age_s)
        : measure_(std::move(measure)), price_age_s_(price_age_s) {}

    // Whether the change is to be in force now.
    bool is_with() const { return stage_ % 2 == 1; }
    std::size_t stage() const { return stage_; }

    // A profile that was measured under what is in force as is_with() says. Returns the verdict at
    // the end, or as soon as a guard got worse. A profile in which the figure is not known is not
    // counted; kUnknownMax of them in a row end it.
    std::optional<TrialVerdict> take(const AgentProfile& profile);

    const TrialWindows& windows() const { return windows_; }

 private:
    std::string worse_guard(const AgentProfile& profile);

    Measure measure_;
    double price_age_s_;
    std::size_t stage_ = 0;
    std::size_t unknown_ = 0;  // profiles in a row without the figure
    TrialWindows windows_;
    struct Worst {
        double value = 0;
        double weight = 0;
    };
    std::map<std::string, Worst> worst_;  // of the guards, without the change
};

}  // namespace remora
