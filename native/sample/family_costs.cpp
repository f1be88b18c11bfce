#include "sample/family_costs.h"

#include <algorithm>

namespace remora {
namespace {

constexpr float kStepMin = 0.05F;  // of the estimate of the tail, once it has become stable
constexpr float kTail = 0.99F;
constexpr float kFloorNs = 1.0F;

}  // namespace

void FamilyCosts::reserve(FamilyId family) {
    if (family >= families_.size()) {
        families_.resize(family + 1);
    }
}

void FamilyCosts::on_cost(FamilyId family, std::uint32_t units, double nanos) {
    if (family >= families_.size() || units == 0 || !(nanos >= 0)) {
        return;
    }
    Family& f = families_[family];
    const float one = std::max(static_cast<float>(nanos / units), kFloorNs);
    f.total_ns += nanos;
    f.reads += units;
    f.last_ns[f.groups % kGroups] = one;
    ++f.groups;
    const std::size_t held = std::min<std::size_t>(f.groups, kGroups);
    std::array<float, kGroups> sorted = f.last_ns;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((held - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(held));
    f.typical_ns = *middle;
    const float step = std::max(kStepMin, 1.0F / static_cast<float>(f.groups));
    f.tail_ns = f.groups == 1     ? one
                : one > f.tail_ns ? std::min(f.tail_ns * (1.0F + kTail * step), one)
                                  : std::max(f.tail_ns / (1.0F + (1.0F - kTail) * step), one);
    f.tail_ns = std::max(f.tail_ns, f.typical_ns);
}

}  // namespace remora
