// The C ABI: containment. Whatever goes wrong inside ends here.
#include <remora/abi.h>
#include <remora/version.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/runner.h"
#include "config/parse.h"
#include "engine/engine.h"

// What the host holds: the engine and its log, which ends after it.
struct remora_agent {
    remora::DescriptorLog log{STDERR_FILENO};
    std::unique_ptr<remora::Engine> engine;
};

namespace {

constexpr std::int32_t kInternal = remora::negative(remora::Code::kInternal);
constexpr const char* kCollector = "the collector thread";
constexpr std::int32_t kInvalid = remora::negative(remora::Code::kInvalidArgument);

void write_message(const char* text, char* message, std::size_t message_bytes) {
    if (message == nullptr || message_bytes == 0) {
        return;
    }
    const std::size_t bytes = std::min(std::strlen(text), message_bytes - 1);
    std::memcpy(message, text, bytes);
    message[bytes] = '\0';
}

remora::Environment environment_of_host(remora::LogSink& log) {
    remora::Environment environment = remora::system_environment(log);
    environment.default_config = remora::kDefaultConfigFile;
    return environment;
}

// `where`: how a fault names the calling thread.
template <typename Call>
std::int32_t contained(remora_agent* agent, const char* where, Call&& call) noexcept {
    if (agent == nullptr) {
        return kInvalid;
    }
    try {
        return call(*agent->engine);
    } catch (const std::exception& fault) {
        agent->engine->fault(where, fault.what());
    } catch (...) {
        agent->engine->fault(where, "unknown exception");
    }
    return kInternal;
}

}  // namespace

extern "C" {

remora_agent* remora_start(const char* arguments, const char* facts, const remora_buffers* buffers,
                           char* message, size_t message_bytes) {
    try {
        if (arguments == nullptr || facts == nullptr || buffers == nullptr) {
            write_message("arguments, facts and buffers must not be null", message, message_bytes);
            return nullptr;
        }
        // Before threads run: nothing may fail from then on.
        auto agent = std::make_unique<remora_agent>();
        auto started =
            remora::Engine::start(arguments, facts, *buffers, environment_of_host(agent->log));
        if (!started) {
            write_message(started.status().message().c_str(), message, message_bytes);
            if (remora::Runner::threads() > 1) {
                // More than that of the log: threads that were left behind still speak to it.
                static_cast<void>(agent.release());
            }
            return nullptr;
        }
        agent->engine = std::move(started).value();
        return agent.release();
    } catch (const std::exception& fault) {
        write_message(fault.what(), message, message_bytes);
    } catch (...) {
        write_message("unknown exception", message, message_bytes);
    }
    return nullptr;
}

void remora_end_files(const char* arguments, const char* facts) {
    try {
        if (arguments != nullptr && facts != nullptr) {
            remora::DescriptorLog log(STDERR_FILENO);
            remora::Engine::end_files(arguments, facts, environment_of_host(log));
        }
    } catch (...) {
        // The start will meet it again and say it.
    }
}

int32_t remora_control(remora_agent* agent, int32_t bytes) {
    return contained(agent, kCollector,
                     [&](remora::Engine& engine) { return engine.control(bytes); });
}

int32_t remora_plan(remora_agent* agent, int64_t now_ns) {
    return contained(agent, kCollector,
                     [&](remora::Engine& engine) { return engine.plan(now_ns); });
}

int32_t remora_submit(remora_agent* agent, int32_t bytes, int64_t since_ns) {
    return contained(agent, kCollector,
                     [&](remora::Engine& engine) { return engine.submit(bytes, since_ns); });
}

int32_t remora_learn(remora_agent* agent, const char* facts) {
    if (facts == nullptr) {
        return kInvalid;
    }
    return contained(agent, "the search for facts", [&](remora::Engine& engine) {
        engine.learn(facts);
        return 0;
    });
}

int32_t remora_reload(remora_agent* agent) {
    return contained(agent, "the reload", [&](remora::Engine& engine) {
        engine.reload();
        return 0;
    });
}

int32_t remora_reload_outcome(remora_agent* agent, char* message, size_t message_bytes) {
    return contained(agent, "the reload", [&](remora::Engine& engine) {
        const std::optional<std::string> outcome = engine.reload_outcome();
        if (outcome) {
            write_message(outcome->c_str(), message, message_bytes);
        }
        return outcome ? 1 : 0;
    });
}

int32_t remora_threads(void) {
    return remora::Runner::threads();
}

int32_t remora_stop(remora_agent* agent, int32_t deadline_ms) {
    bool ended = false;
    const remora::SystemClock clock;
    const std::int64_t end_ns = clock.monotonic_ns() + deadline_ms * remora::kNanosPerMilli;
    const std::int32_t result = contained(agent, "the stop", [&](remora::Engine& engine) {
        ended = engine.stop(deadline_ms);
        return 0;
    });
    if (ended) {
        agent->engine.reset();
        const std::int64_t left_ms = (end_ns - clock.monotonic_ns()) / remora::kNanosPerMilli;
        static_cast<void>(agent->log.end(std::max<std::int64_t>(left_ms, 0)));
        delete agent;
    }
    return result;
}

const char* remora_version(void) {
    return REMORA_VERSION;
}

}  // extern "C"
