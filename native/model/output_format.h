// How an output writes what it is given.
#pragma once

#include <cstdint>

namespace remora {

enum class OutputFormat : std::uint8_t {
    kPrometheus,   // text exposition for a textfile collector; one frame is one whole file
    kOpenMetrics,  // the same in OpenMetrics, ends in "# EOF"
    kNdjson,
    kOtlpJson,
    kInflux,
    kGraphite,
    kStatsd,
    kDogstatsd,
};

// What of the cache an output wants each tick.
enum class EmitMode : std::uint8_t {
    kAll,      // every series that has a value
    kFresh,    // read since this output's last tick that got out
    kChanged,  // changed since it was last emitted, and at every keyframe everything
};

}  // namespace remora
