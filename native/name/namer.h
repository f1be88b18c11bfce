// What a value is called: Bean + wanted slots -> Series.
// The scheme and its reasons: docs/reference/metric-names.md.
#pragma once

#include <span>
#include <vector>

#include "model/bean.h"
#include "model/series.h"

namespace remora {

// Thread safety: any thread; holds no state, so a bean has the same names in every run.
class Namer {
 public:
    // One series for each slot, in slot order. Never fails: whatever the bean is called, names and
    // labels are safe, and no two slots of one bean get the same name and labels.
    std::vector<Series> name(const Bean& bean, std::span<const Slot> slots) const;
};

}  // namespace remora
