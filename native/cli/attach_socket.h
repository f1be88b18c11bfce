// The attach protocol of the JVM, as HotSpot has it since JDK 6: a socket in its /tmp that it opens
// when it is asked to.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "cli/jvm_process.h"

namespace remora {

// What a JVM older than 24 takes at most, in bytes.
inline constexpr std::size_t kAttachArgumentMax = 1024;

// Has the JVM load the agent of `jar`, a path as the JVM sees it, with `options`, and returns once
// its agentmain has returned. Call it as the JVM's user. kState: the JVM does not let anybody
// attach; kUnavailable: it has not answered by `deadline_ns` (monotonic); kInvalidArgument: the
// options are too long; kIo, kInternal: what the JVM said.
Status load_agent(const JvmProcess& process, const std::string& jar, const std::string& options,
                  std::int64_t deadline_ns);

}  // namespace remora
