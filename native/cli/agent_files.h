// What an agent left in its directory, and whether it is still there to write more.
#pragma once

#include <cstdint>
#include <string>

#include "base/counter_table.h"
#include "base/status.h"

namespace remora {

// Of what a command reads whole: lists of beans, textfiles.
inline constexpr std::uint64_t kToolFileBytesMax = 1ULL << 30;

// The counters file that `where` (a directory or the file itself) names.
std::string counters_path(const std::string& where);

// Why what `counters` tells is not of now: the agent's process has ended, nothing was written for
// three of its intervals, or none since the clock was set back. One sentence, with the age; empty
// when it is of now. `now_wall_ms`: wall time.
std::string why_old(const CounterFileHead& counters, std::int64_t now_wall_ms);

// The first file of the agent that is written as Prometheus text, or of those with self-metrics
// "full" when `costs`. kNotFound, with the outputs that there are, when there is none.
Result<std::string> exposition_path(const CounterFileHead& counters, bool costs);

}  // namespace remora
