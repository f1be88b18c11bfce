#include "tune/figures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/unit_class.h"

namespace remora {
namespace {

// A minute has few ticks, and under a tight ceiling two or one: one that is skipped says nothing.
constexpr double kTickShareSlackMin = 0.2;
constexpr double kLossSlack = 0.05;
constexpr double kErrorFactor = 1.25;
constexpr double kErrorSlack = 0.02;  // scales
constexpr double kErrorsOfNoise = 2;  // standard errors
constexpr double kAgeFactor = 1.5;
constexpr double kAgeSlackS = 2;
// Under a tight ceiling these follow what ticks were just measured to cost, which varies.
constexpr double kTickIntervalFactor = 1.25;
constexpr double kWideningFactor = 2;
constexpr double kCpuFactor = 1.1;

template <typename T>
const T* find_named(const std::vector<T>& all, const std::string& name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

struct Ages {
    double sum = 0;
    double series = 0;
};

std::array<Ages, kUnitClasses> ages_of(const AgentProfile& profile) {
    std::array<Ages, kUnitClasses> classes{};
    for (const FamilyProfile& family : profile.families) {
        Ages& one = classes[static_cast<std::size_t>(family.unit_class)];
        one.sum += family.age_s * family.series;
        one.series += family.series;
    }
    return classes;
}

}  // namespace

std::string measure_name(const Measure& measure) {
    switch (measure.aim) {
        case Aim::kReadCpu:
            return "CPU of reads, % of a core";
        case Aim::kBytes:
            return "bytes/s of all outputs";
        case Aim::kLoss:
            return "share of datagrams dropped by the receiver of " + measure.of;
        case Aim::kSkipped:
            return "share of ticks skipped by " + measure.of;
        case Aim::kTicks:
            return "share of configured ticks that do not come";
        case Aim::kError:
            break;
    }
    return "error of class " + measure.of;
}

std::optional<double> figure_of(const Measure& measure, const AgentProfile& profile) {
    double sum = 0;
    switch (measure.aim) {
        case Aim::kReadCpu:
            for (const FamilyProfile& family : profile.families) {
                sum += family.cpu_percent;
            }
            return sum;
        case Aim::kBytes:
            for (const OutputProfile& output : profile.outputs) {
                sum += output.bytes_per_s;
            }
            return sum;
        case Aim::kLoss:
        case Aim::kSkipped: {
            const OutputProfile* output = find_named(profile.outputs, measure.of);
            const double share = output == nullptr           ? -1
                                 : measure.aim == Aim::kLoss ? output->receiver_drops_share
                                                             : output->skipped_share;
            return share < 0 ? std::nullopt : std::optional(share);
        }
        case Aim::kTicks:
            return profile.base_interval_s <= 0 || profile.tick_interval_s <= 0
                       ? std::nullopt
                       : std::optional(
                             std::max(0.0, 1 - profile.base_interval_s / profile.tick_interval_s));
        case Aim::kError:
            break;
    }
    const ClassProfile* one = find_named(profile.classes, measure.of);
    return one == nullptr || one->fresh_samples == 0 ? std::nullopt
                                                     : std::optional(one->fresh_error);
}

double Guard::limit(double worst, double weight_before) const {
    return std::max(factor * worst + slack, least) * std::max(1.0, weight_before / weight);
}

std::map<std::string, Guard> guards_of(const AgentProfile& profile, double price_age_s) {
    std::map<std::string, Guard> guards;
    const std::array<Ages, kUnitClasses> ages = ages_of(profile);
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        const auto unit_class = static_cast<UnitClass>(i);
        const std::string name = unit_class_name(unit_class);
        const double series = ages[i].series;
        const ClassProfile* one = find_named(profile.classes, name);
        if (series > 0) {
            const double least = unit_class > UnitClass::kBroker ? price_age_s : 0;
            guards["age of class " + name] = {ages[i].sum / series, kAgeFactor, kAgeSlackS, least,
                                              series};
        }
        if (series > 0 && one != nullptr && one->fresh_samples > 0) {
            // Errors are at most 1, so their variance is at most their mean.
            const double noise =
                kErrorsOfNoise *
                std::sqrt(one->fresh_error / static_cast<double>(one->fresh_samples));
            guards["error of class " + name] = {one->fresh_error, kErrorFactor, kErrorSlack, 0,
                                                series,           noise};
        }
    }
    const double one_tick = profile.tick_interval_s / std::max(profile.window_s, 1.0);
    const double tick_slack = std::max(kTickShareSlackMin, one_tick);
    for (const OutputProfile& output : profile.outputs) {
        guards["ticks skipped by " + output.name] = {output.skipped_share, 1, tick_slack, 0};
        guards["ticks lost by " + output.name] = {output.dropped_share, 1, tick_slack, 0};
        if (output.receiver_drops_share >= 0) {
            guards["datagrams dropped by the receiver of " + output.name] = {
                output.receiver_drops_share, 1, kLossSlack, 0};
        }
    }
    guards["ticks without all their reads"] = {profile.unfinished_share, 1, tick_slack, 0};
    guards["widening of bounds on age"] = {static_cast<double>(profile.widening_step),
                                           kWideningFactor, 0, 0};
    guards["interval of ticks"] = {profile.tick_interval_s, kTickIntervalFactor, 0, 0};
    guards["CPU of the agent"] = {profile.cpu_used_percent, kCpuFactor, 0, profile.ceiling_percent};
    return guards;
}

}  // namespace remora
