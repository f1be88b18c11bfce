// What the engine asks of the machine, so that tests can hand in their own.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "sink/file_system.h"
#include "sink/socket.h"

namespace remora {

// Shared, because an engine whose threads do not end is left behind with what they use.
struct Environment {
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<FileSystem> files;  // of the outputs and the agent's directory
    std::shared_ptr<SocketFactory> sockets;
    LogSink& log_sink;                // outlives every engine
    std::string default_config = {};  // read when the arguments name no file; empty: none
};

// The machine's own, without a default configuration.
inline Environment system_environment(LogSink& log_sink) {
    return {std::make_shared<SystemClock>(),
            std::make_shared<PosixFileSystem>(),
            std::make_shared<PosixSocketFactory>(),
            log_sink,
            {}};
}

}  // namespace remora
