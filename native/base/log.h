// The agent's own log: a handful of lines on stderr, prefixed "remora:", never on stdout (people
// parse that).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/counter_table.h"

namespace remora {

enum class LogLevel : std::uint8_t { kInfo, kWarn, kError };

// Where log lines go. The seam keeps tests quiet and spdlog in one .cpp file.
//
// Thread safety: any thread.
class LogSink {
 public:
    virtual ~LogSink() = default;
    virtual void write(LogLevel level, std::string_view line) noexcept = 0;
};

// stderr through spdlog. Never throws; a failing stderr is ignored.
LogSink& stderr_log();

// Says a thing once a minute at most: `key` tells what "the same thing" is (a code plus a path,
// say), and a repeat carries how many times it was suppressed. At most kLogLinesPerMinuteMax lines
// a minute in all. Suppressed lines are counted in kLogSuppressed.
//
// Thread safety: any thread; takes a mutex, so never on the collector's hot path.
class Log {
 public:
    Log(LogSink& sink, const Clock& clock, CounterTable& counters);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // What is less severe is not said (nor counted). At first everything is.
    void set_least(LogLevel least) noexcept;

    // Unconditional but for the overall limit: start, stop, configuration.
    void info(std::string_view line) noexcept;
    // Distinct by `key`.
    void warn(std::string_view key, std::string_view line) noexcept;
    void error(std::string_view key, std::string_view line) noexcept;

 private:
    struct State;
    void say(LogLevel level, std::string_view key, std::string_view line) noexcept;
    State* state_;
};

}  // namespace remora
