// Where an agent writes what a command looks for.
#pragma once

#include <cstdint>
#include <string>

#include "base/counter_table.h"
#include "base/status.h"

namespace remora {

// Of what a command reads whole: lists of beans, textfiles.
inline constexpr std::uint64_t kToolFileBytesMax = 1ULL << 30;

// The first file of the agent that is written as Prometheus text with self-metrics "full", which
// has the costs of reads. kNotFound, with the outputs that there are, when there is none.
Result<std::string> costs_path(const CounterFileHead& counters);

}  // namespace remora
