// A limit on everything, in one place. What an operator may want to change has a config key of the
// same name; these are the bounds of such keys or constants of the design.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstdint>

namespace remora {

inline constexpr std::uint32_t kUnitsMax = 1U << 20;   // units registered at once
inline constexpr std::uint32_t kSeriesMax = 4U << 20;  // series registered at once
inline constexpr std::uint32_t kFamiliesMax = 8192;    // cost families; the rest share the last one
inline constexpr std::size_t kNameBytesMax = wire::kNameBytesMax;
inline constexpr std::size_t kLabelsMax = 32;  // of one series
inline constexpr std::size_t kLabelValueBytesMax = 1024;
inline constexpr std::size_t kLineBytesMax = 16 * 1024;  // one encoded line
inline constexpr std::size_t kRingSlots = 1U << 15;      // messages in ring 1 (16 bytes each)
inline constexpr std::size_t kBlockBytes = 32 * 1024;    // one block of ring 2 towards a file
inline constexpr std::size_t kBlocksPerOutput = 32;      // blocks of one output
inline constexpr std::size_t kDatagramBytes = 1432;  // one block of ring 2 towards UDP, by default
inline constexpr std::size_t kDatagramsPerOutput = 1024;
inline constexpr std::size_t kDatagramBytesMax = 65507;
inline constexpr std::size_t kOutputsMax = 8;
inline constexpr std::size_t kTextsMax = wire::kTextsMax;  // distinct text values
inline constexpr std::uint32_t kLogLinesPerMinuteMax = 30;
inline constexpr std::size_t kLogQueueLinesMax = 64;  // that wait for a reader of stderr
inline constexpr std::size_t kThreadStackBytes = 512 * 1024;
inline constexpr std::size_t kConfigBytesMax = 4U << 20;  // a configuration file
inline constexpr std::size_t kRulesMax = 1024;            // select rules

static_assert(kLineBytesMax <= kBlockBytes, "a line never crosses a block");

}  // namespace remora
