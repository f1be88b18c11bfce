// Which agent a person means: a directory, a process, or the one that runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "watch/find_agents.h"

namespace remora {

// Of `where`: a directory, the counters file in it, the process id of a broker, or empty for all
// agents that run here. pid 0 where a directory is named. kNotFound when there is none: with the
// processes that may have one and cannot be looked into.
Result<std::vector<FoundAgent>> agents_meant(const std::string& where);

// The same where one is wanted. kInvalidArgument, with the directories, when there are several.
Result<FoundAgent> agent_meant(const std::string& where);

}  // namespace remora
