// What series that have one name, by rules, have in common: one type, and labels that tell them
// apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/series.h"

namespace remora {

inline constexpr std::uint32_t kNoFamily = 0xFFFFFFFF;

// As jmx_exporter decides for a page: a family of several types is untyped, and of a family with
// twins every series tells its bean. What was decided holds until the family has no series any
// more.
//
// Thread safety: core thread only.
class NameFamilies {
 public:
    // One more series of `type` with that name; returns the family's number.
    std::uint32_t join(const std::string& name, MetricType type);
    // One less. Whoever renames a series joins before it leaves: the family stays what it is.
    void leave(std::uint32_t family);

    const std::string& name(std::uint32_t family) const { return families_[family].name; }
    MetricType type(std::uint32_t family) const { return families_[family].type; }
    bool tells_beans(std::uint32_t family) const { return families_[family].tells_beans; }

    // Two series of the family have the same labels. False: that was known.
    bool note_twins(std::uint32_t family);

    // A series of the family is left out since another one has its labels. When one leaves, this
    // may be the other.
    void note_left_out(std::uint32_t family) { families_[family].has_left_out = true; }
    // A series of the family is gone for good. REQUIRES: it has not left yet.
    void note_gone(std::uint32_t family);

    // Whether something was decided since the last settle() that series of before do not have.
    bool is_unsettled() const { return is_unsettled_; }
    bool is_unsettled(std::uint32_t family) const { return families_[family].is_unsettled; }
    void settle();

 private:
    struct Family {
        std::string name;
        MetricType type = MetricType::kUntyped;
        std::uint32_t series = 0;
        bool tells_beans = false;
        bool has_left_out = false;
        bool is_unsettled = false;
    };

    void unsettle(Family& family) {
        family.is_unsettled = true;
        is_unsettled_ = true;
    }

    std::vector<Family> families_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<std::string, std::uint32_t> numbers_;
    bool is_unsettled_ = false;
};

}  // namespace remora
