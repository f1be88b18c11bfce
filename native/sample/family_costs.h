// What reading a unit of each family costs, learnt from the timed groups.
#pragma once

#include <cstdint>
#include <vector>

#include "model/ids.h"

namespace remora {

// Thread safety: core thread only. Memory is taken by reserve(), 32 bytes a family.
//
// The typical cost is a running median: it moves a step towards each group's mean cost, so one read
// that met a pause or a contended lock moves it as little as any other. The tail is the same
// estimator for one group in a hundred; `max` is what was ever seen. A budget is planned with the
// typical cost; tails are for people.
class FamilyCosts {
 public:
    // Makes room for `family`. Registration.
    void reserve(FamilyId family);

    // A timed group: `units` units took `nanos`.
    void on_cost(FamilyId family, std::uint32_t units, double nanos);

    // Nanoseconds a unit. kUnknownNs until a group was timed.
    float typical_ns(FamilyId family) const { return families_[family].typical_ns; }
    float tail_ns(FamilyId family) const { return families_[family].tail_ns; }
    float max_ns(FamilyId family) const { return families_[family].max_ns; }

    // Units read and the time that took, since the start.
    std::uint64_t reads(FamilyId family) const { return families_[family].reads; }
    double total_ns(FamilyId family) const { return families_[family].total_ns; }

    std::uint32_t families() const { return static_cast<std::uint32_t>(families_.size()); }

    static constexpr float kUnknownNs = 1000.0F;

 private:
    struct Family {
        double total_ns = 0;
        std::uint64_t reads = 0;
        float typical_ns = kUnknownNs;
        float tail_ns = 0;
        float max_ns = 0;
        std::uint32_t groups = 0;
    };
    std::vector<Family> families_;
};

}  // namespace remora
