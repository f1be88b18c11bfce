// What of a profile tells whether a change helped, and whether it hurt.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tune/profile.h"

namespace remora {

// What a change is to make less.
enum class Aim : std::uint8_t {
    kReadCpu,  // CPU of all reads
    kBytes,    // of all outputs
    kLoss,     // of an output: datagrams that its receiver drops
    kSkipped,  // of an output: ticks that it skips
    kTicks,    // ticks that are configured and do not come
    kError,    // of a class: error of its values
};

struct Measure {
    Aim aim = Aim::kReadCpu;
    std::string of;  // the output or the class
};

// "CPU of reads, % of a core"
std::string measure_name(const Measure& measure);

// The figure in that profile; nothing when it is not known there.
std::optional<double> figure_of(const Measure& measure, const AgentProfile& profile);

// A figure that a change must not make worse. It does where the figure, less `noise`, is above both
// `least` and `factor` times what it was at worst before, plus `slack`.
//
// A mean gets larger also where what has nothing of it goes. So where the mean is of less than
// before, it may be as much larger.
struct Guard {
    double value = 0;
    double factor = 1;
    double slack = 0;
    double least = 0;
    double weight = 1;  // series that `value` is the mean of
    double noise = 0;   // how far `value` may be from the truth by chance

    // The most that it may be, when it was `worst` of so many before.
    double limit(double worst, double weight_before) const;
};

// By what each is about: "age of class topic". `price_age_s`: what of topics, clients and
// partitions may get so old (Price::age_s).
std::map<std::string, Guard> guards_of(const AgentProfile& profile, double price_age_s);

}  // namespace remora
