// Names of units, stored as their difference from the family's name: whole names would be a third
// of the memory of a unit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace remora {

// Thread safety: one thread.
class NameStore {
 public:
    // `family`: the unit's name with `*` for some values, the same in every call for the unit. A
    // name that it does not fit is kept whole. At most 65,535 bytes; what is longer is cut.
    void set(UnitId unit, std::string_view family, std::string_view name);
    void erase(UnitId unit);
    // Empty for a unit without a name.
    std::string get(UnitId unit, std::string_view family) const;

 private:
    struct Place {
        std::uint32_t at = 0;
        std::uint16_t bytes = 0;
        bool is_whole = true;  // not only the values
    };

    void compact();

    std::string text_;           // values end with a 0
    std::vector<Place> places_;  // by unit
    std::size_t dead_ = 0;       // bytes of names that have gone
};

}  // namespace remora
