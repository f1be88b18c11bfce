// In what unit a value is.
#pragma once

#include <string>

#include "model/bean.h"
#include "model/series.h"

namespace remora {

// UCUM as OpenTelemetry writes it: "By", "ms", "s", "1" of shares, "By/s" and "{request}/s" of
// rates, "{partition}" of what is counted. Of all samples of a summary the unit of its quantiles.
// Never empty: a value whose unit nothing tells is called after what it is ("{epoch}"), which says
// no more than its name. `series` is named already.
std::string unit_of(const Bean& bean, const Slot& slot, const Series& series);

}  // namespace remora
