// The cache's arrays as the encoders see them.
#pragma once

#include <remora/wire.h>

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/deviation.h"
#include "model/ids.h"

namespace remora {

enum UnitFlag : std::uint8_t {
    kUnitHasValue = 1,      // read at least once with a usable result
    kUnitFresh = 2,         // read since the last tick
    kUnitChanged = 4,       // a value differs from what the last tick emitted
    kUnitStale = 8,         // older than twice its interval
    kUnitQuarantined = 16,  // its last reads failed
    kUnitHidden = 32,       // registered, and in no output
    kUnitExpired = 64,      // not read for five times its bound
};

// Whether `value` stands for an attribute that a read of its unit gave no value for. Such a one is
// in no output.
inline bool is_no_value(double value) {
    return std::bit_cast<std::uint64_t>(value) == wire::kNoValueBits;
}

// Such a value.
inline double no_value() {
    return std::bit_cast<double>(wire::kNoValueBits);
}

// Thread safety: core thread only. Views stay valid until the next registration or sample.
struct Values {
    // By unit: where its values begin in `values`, how many there are, flags, when it was read
    // (wall ms).
    std::span<const std::uint32_t> first;
    std::span<const std::uint16_t> count;
    std::span<const std::uint8_t> flags;
    std::span<const std::int64_t> read_wall_ms;
    // By first[unit] + slot.
    std::span<const double> values;
    // By text id: texts[id]; id 0 is the empty text.
    std::span<const std::string> texts;
    // By first[unit] + slot: the scale of the series.
    std::span<const SeriesScale> scales;
};

}  // namespace remora
