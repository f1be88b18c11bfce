// The agent's own log: a handful of lines on stderr, prefixed "remora:", never on stdout (people
// parse that).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log_level.h"
#include "base/runner.h"

namespace remora {

// Where log lines go. The seam keeps tests quiet and spdlog in one .cpp file.
//
// Thread safety: any thread.
class LogSink {
 public:
    virtual ~LogSink() = default;
    virtual void write(LogLevel level, std::string_view line) noexcept = 0;
    // Lines given to write() that came out nowhere, since the sink exists.
    virtual std::uint64_t lost() const noexcept { return 0; }
};

// A descriptor that may block, as a pipe does whose reader stalls: a thread of its own writes the
// lines, and write() never waits. At most kLogQueueLinesMax lines wait; what comes after them is
// lost, and the first line that is written again tells how many. A descriptor that fails is
// ignored.
//
// Thread safety: any thread.
class DescriptorLog final : public LogSink {
 public:
    // `descriptor` stays the caller's, and open.
    explicit DescriptorLog(int descriptor);
    // Waits a little for lines under way; a thread that hangs in the descriptor is left behind.
    ~DescriptorLog() override;
    DescriptorLog(const DescriptorLog&) = delete;
    DescriptorLog& operator=(const DescriptorLog&) = delete;

    void write(LogLevel level, std::string_view line) noexcept override;
    std::uint64_t lost() const noexcept override;

    // Writes what waits and ends the thread, within `deadline_ms`. Nobody may write meanwhile or
    // afterwards. False when the thread hangs in the descriptor.
    bool end(std::int64_t deadline_ms);

 private:
    class Writer;
    explicit DescriptorLog(std::unique_ptr<Writer> writer);

    Writer& writer_;  // the thread's, which may outlive this
    Runner thread_;
    const bool runs_;
};

// Writes lines of one `key` at most once a minute; the next one says how many were suppressed. A
// key is a code plus a path, for example. At most kLogLinesPerMinuteMax lines a minute in all.
// Suppressed lines are counted in kLogSuppressed, lines that the sink lost in kLogLinesLost.
//
// Thread safety: any thread; takes a mutex, so never on the collector's hot path.
class Log {
 public:
    Log(LogSink& sink, const Clock& clock, CounterTable& counters);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // Lines that are less severe are neither written nor counted. Before the first call all are
    // written.
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
