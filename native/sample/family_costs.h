// What reading a unit of each family costs, learnt from the timed groups.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/ids.h"

namespace remora {

// The typical cost is the median of the last five groups, so cold code is forgotten after three
// warm groups, and one or two groups that met a pause or a contended lock do not count. The tail is
// a running estimate of the slowest group in a hundred. Reads are planned with the typical cost;
// tails are for people.
//
// Thread safety: core thread only. Memory is taken by reserve(), 48 bytes a family.
class FamilyCosts {
 public:
    // Makes room for `family`. Registration.
    void reserve(FamilyId family);

    // A timed group: `units` units took `nanos` of CPU.
    void on_cost(FamilyId family, std::uint32_t units, double nanos);

    // Nanoseconds a unit. kUnknownNs until a group was timed.
    float typical_ns(FamilyId family) const { return families_[family].typical_ns; }
    float tail_ns(FamilyId family) const { return families_[family].tail_ns; }
    // Whether cold code has been forgotten.
    bool is_warm(FamilyId family) const { return families_[family].groups >= kGroups; }

    // Units read and the time that took, since the start.
    std::uint64_t reads(FamilyId family) const { return families_[family].reads; }
    double total_ns(FamilyId family) const { return families_[family].total_ns; }

    std::uint32_t families() const { return static_cast<std::uint32_t>(families_.size()); }

    static constexpr float kUnknownNs = 1000.0F;

 private:
    static constexpr std::size_t kGroups = 5;

    struct Family {
        double total_ns = 0;
        std::uint64_t reads = 0;
        float typical_ns = kUnknownNs;
        float tail_ns = 0;
        std::uint32_t groups = 0;
        std::array<float, kGroups> last_ns{};  // by group number modulo kGroups
    };
    std::vector<Family> families_;
};

}  // namespace remora
