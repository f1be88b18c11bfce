#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <map>
#include <mutex>

#include "base/limits.h"

namespace remora {
namespace {

constexpr std::int64_t kMinuteNs = 60 * kNanosPerSecond;
constexpr std::size_t kDistinctMax = 256;

class StderrSink final : public LogSink {
 public:
    StderrSink() : logger_("remora", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        logger_.set_pattern("[%Y-%m-%d %H:%M:%S,%e] %^%l%$ remora: %v");
        logger_.set_error_handler([](const std::string&) {});
    }

    void write(LogLevel level, std::string_view line) noexcept override {
        try {
            logger_.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
            logger_.flush();
        } catch (...) {
            // A broken stderr is the host's business: the agent goes on in silence.
        }
    }

 private:
    static spdlog::level::level_enum to_spdlog(LogLevel level) {
        switch (level) {
            case LogLevel::kInfo:
                return spdlog::level::info;
            case LogLevel::kWarn:
                return spdlog::level::warn;
            case LogLevel::kError:
                break;
        }
        return spdlog::level::err;
    }

    spdlog::logger logger_;
};

struct Distinct {
    std::int64_t said_ns = 0;
    std::uint64_t suppressed = 0;
};

}  // namespace

LogSink& stderr_log() {
    // Lives for ever: threads that outlive static destruction may still say something.
    static LogSink* const sink = new StderrSink;
    return *sink;
}

struct Log::State {
    LogSink& sink;
    const Clock& clock;
    CounterTable& counters;
    std::mutex mutex;
    std::atomic<LogLevel> least{LogLevel::kInfo};
    std::map<std::string, Distinct, std::less<>> distinct;
    std::int64_t minute_start_ns = 0;
    std::uint32_t lines_this_minute = 0;
};

Log::Log(LogSink& sink, const Clock& clock, CounterTable& counters)
    : state_(new State{sink, clock, counters, {}, LogLevel::kInfo, {}, clock.monotonic_ns(), 0}) {}

Log::~Log() {
    delete state_;
}

void Log::set_least(LogLevel least) noexcept {
    state_->least.store(least, std::memory_order_relaxed);
}

void Log::info(std::string_view line) noexcept {
    say(LogLevel::kInfo, {}, line);
}

void Log::warn(std::string_view key, std::string_view line) noexcept {
    say(LogLevel::kWarn, key, line);
}

void Log::error(std::string_view key, std::string_view line) noexcept {
    say(LogLevel::kError, key, line);
}

void Log::say(LogLevel level, std::string_view key, std::string_view line) noexcept try {
    if (level < state_->least.load(std::memory_order_relaxed)) {
        return;
    }
    const std::scoped_lock lock(state_->mutex);
    const std::int64_t now_ns = state_->clock.monotonic_ns();
    if (now_ns - state_->minute_start_ns >= kMinuteNs) {
        state_->minute_start_ns = now_ns;
        state_->lines_this_minute = 0;
    }
    Distinct* distinct = nullptr;
    if (!key.empty()) {
        auto found = state_->distinct.find(key);
        if (found == state_->distinct.end()) {
            if (state_->distinct.size() >= kDistinctMax) {
                state_->distinct.clear();
            }
            found = state_->distinct.emplace(std::string(key), Distinct{}).first;
            found->second.said_ns = now_ns - kMinuteNs;
        }
        distinct = &found->second;
        if (now_ns - distinct->said_ns < kMinuteNs) {
            ++distinct->suppressed;
            state_->counters.add_shared(Counter::kLogSuppressed);
            return;
        }
    }
    if (state_->lines_this_minute >= kLogLinesPerMinuteMax) {
        state_->counters.add_shared(Counter::kLogSuppressed);
        return;
    }
    ++state_->lines_this_minute;
    std::string text(line);
    if (distinct != nullptr) {
        if (distinct->suppressed > 0) {
            text += " (and " + std::to_string(distinct->suppressed) + " times more since)";
        }
        *distinct = Distinct{now_ns, 0};
    }
    state_->sink.write(level, text);
} catch (...) {
    // Out of memory while logging: saying nothing is the only harmless answer.
}

}  // namespace remora
