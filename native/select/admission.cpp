#include "select/admission.h"

namespace remora {

Cap Admission::admit(FamilyId family, std::uint32_t series, Claim claim) {
    if (family >= families_.size()) {
        families_.resize(family + 1);
    }
    Family& facts = families_[family];
    Cap cap = Cap::kNone;
    if (claim == Claim::kAlways) {
        cap = Cap::kNone;
    } else if (units_ >= limits_.units_max) {
        cap = Cap::kUnits;
    } else if (std::uint64_t{series_} + series > limits_.series_max) {
        cap = Cap::kSeries;
    } else if (claim == Claim::kCommon &&
               std::uint64_t{facts.series} + series > limits_.series_per_family_max) {
        cap = Cap::kFamily;
    }
    if (cap != Cap::kNone) {
        ++facts.refused;
        return cap;
    }
    ++units_;
    series_ += series;
    facts.series += series;
    return Cap::kNone;
}

void Admission::release(FamilyId family, std::uint32_t series) {
    if (family >= families_.size() || units_ == 0 || families_[family].series < series) {
        return;  // never admitted
    }
    --units_;
    series_ -= series;
    families_[family].series -= series;
}

std::uint32_t Admission::family_series(FamilyId family) const {
    return family < families_.size() ? families_[family].series : 0;
}

std::uint64_t Admission::refused(FamilyId family) const {
    return family < families_.size() ? families_[family].refused : 0;
}

}  // namespace remora
