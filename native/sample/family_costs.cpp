#include "sample/family_costs.h"

#include <algorithm>

namespace remora {
namespace {

constexpr float kStepMin = 0.05F;  // of the estimate, once it has settled
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
    f.max_ns = std::max(f.max_ns, one);
    if (f.groups == 0) {
        f.typical_ns = one;
        f.tail_ns = one;
    }
    ++f.groups;
    // The first reads run cold code, so early steps are large; they shrink to kStepMin.
    const float step = std::max(kStepMin, 1.0F / static_cast<float>(f.groups));
    const float up = std::min(f.typical_ns * (1.0F + step), one);
    const float down = std::max(f.typical_ns / (1.0F + step), one);
    f.typical_ns = one > f.typical_ns ? up : down;
    f.tail_ns = one > f.tail_ns ? std::min(f.tail_ns * (1.0F + kTail * step), one)
                                : std::max(f.tail_ns / (1.0F + (1.0F - kTail) * step), one);
    f.tail_ns = std::max(f.tail_ns, f.typical_ns);
}

}  // namespace remora
