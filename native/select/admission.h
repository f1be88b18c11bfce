// The caps: how many units and series there may be, in all and of one family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/config.h"
#include "model/ids.h"

namespace remora {

// Which cap refused a unit.
enum class Cap : std::uint8_t { kNone, kUnits, kSeries, kFamily };
inline constexpr std::size_t kCapCount = 4;

// What a unit may ask for when a cap is reached.
enum class Claim : std::uint8_t {
    kCommon,        // a place within every cap
    kBeyondFamily,  // that its family's cap does not count: what watches for trouble, what a sum is
                    // made of; a part of those would mislead
    kAlways,        // alerts, which are few
};

// First come, first kept. An admitted unit stays until it leaves by itself, so a full broker keeps
// a bounded and stable subset. Refused units are counted by family. A unit is admitted whole or not
// at all.
//
// Thread safety: collector thread only.
//
// Invariant: units() <= units_max, series() <= series_max, family_series(f) <=
// series_per_family_max, but for what came by a stronger claim, which counts too.
class Admission {
 public:
    explicit Admission(const LimitsConfig& limits) : limits_(limits) {}

    // kNone: admitted and counted.
    Cap admit(FamilyId family, std::uint32_t series, Claim claim = Claim::kCommon);
    // An admitted unit of `family` with `series` series left.
    void release(FamilyId family, std::uint32_t series);

    std::uint32_t units() const { return units_; }
    std::uint32_t series() const { return series_; }
    std::uint32_t family_series(FamilyId family) const;
    // Units of the family that a cap refused since the start.
    std::uint64_t refused(FamilyId family) const;

 private:
    struct Family {
        std::uint32_t series = 0;
        std::uint64_t refused = 0;
    };

    LimitsConfig limits_;
    std::vector<Family> families_;
    std::uint32_t units_ = 0;
    std::uint32_t series_ = 0;
};

}  // namespace remora
