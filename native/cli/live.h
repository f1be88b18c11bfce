// A running agent, asked through its directory.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/counter_table.h"
#include "base/status.h"

namespace remora {

// What the agent whose directory this is wrote last. A problem when there is none, or when it has
// not written for so long that it cannot answer.
Result<CounterFile> live_agent(const std::string& directory);

// Writes `text` to the file `request` of that agent's directory, which it looks for, reads and
// removes, and waits until `is_done`: a minute at most, and not longer than the agent lives.
Status ask_agent(const std::string& directory, const std::string& request, std::string_view text,
                 const std::function<bool()>& is_done);

// Asks that agent for a list of its broker's beans, `remora.beans` in the directory, and waits for
// it as ask_agent() does.
Status ask_for_beans(const std::string& directory);

}  // namespace remora
