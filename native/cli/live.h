// A running agent, asked through its directory.
#pragma once

#include <string>

#include "base/counter_table.h"
#include "base/status.h"

namespace remora {

// What the agent whose directory this is wrote last. A problem when there is none, or when it has
// not written for so long that it cannot answer.
Result<CounterFile> live_agent(const std::string& directory);

// Asks that agent for a list of its broker's beans, `remora.beans` in the directory, and waits for
// it: a minute at most, and not longer than the agent lives.
Status ask_for_beans(const std::string& directory);

}  // namespace remora
