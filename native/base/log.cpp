#include "base/log.h"

#include <poll.h>
#include <spdlog/pattern_formatter.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/limits.h"

namespace remora {
namespace {

constexpr std::int64_t kMinuteNs = 60 * kNanosPerSecond;
constexpr std::size_t kDistinctMax = 256;
constexpr std::int64_t kEndMs = 200;

spdlog::level::level_enum to_spdlog(LogLevel level) {
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

// Waits for as long as the descriptor takes; what it refuses for good is dropped.
void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EAGAIN) {
            pollfd room{descriptor, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return;
        }
    }
}

struct Distinct {
    std::int64_t written_ns = 0;
    std::uint64_t suppressed = 0;
};

}  // namespace

class DescriptorLog::Writer final : public Worker {
 public:
    explicit Writer(int descriptor)
        : descriptor_(descriptor),
          formatter_("[%Y-%m-%d %H:%M:%S,%e] %l remora: %v", spdlog::pattern_time_type::local,
                     "\n") {}

    // False when there is no room for it.
    bool put(LogLevel level, std::string_view line) {
        const std::scoped_lock lock(mutex_);
        if (lines_.size() >= kLogQueueLinesMax) {
            lose();
            return false;
        }
        lines_.push_back({level, spdlog::log_clock::now(), std::string(line)});
        return true;
    }

    std::int64_t do_work() override { return write_one() ? 0 : kMinuteNs; }

    void on_stop() override {
        while (write_one()) {
        }
    }

    void lose() { lost_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
    struct Line {
        LogLevel level = LogLevel::kInfo;
        spdlog::log_clock::time_point time;
        std::string text;
    };

    // The oldest one. False when there is none.
    bool write_one() {
        Line line;
        {
            const std::scoped_lock lock(mutex_);
            if (lines_.empty()) {
                return false;
            }
            line = std::move(lines_.front());
            lines_.pop_front();
        }
        write(line);
        if (const std::uint64_t lost = this->lost(); lost > reported_lost_) {
            write(
                {LogLevel::kWarn, spdlog::log_clock::now(),
                 std::to_string(lost - reported_lost_) +
                     " lines were dropped, since nobody read them (log_lines_lost_total counts)"});
            reported_lost_ = lost;
        }
        return true;
    }

    void write(const Line& line) {
        spdlog::memory_buf_t formatted;
        formatter_.format(spdlog::details::log_msg(line.time, {}, "", to_spdlog(line.level),
                                                   {line.text.data(), line.text.size()}),
                          formatted);
        write_all(descriptor_, {formatted.data(), formatted.size()});
    }

    const int descriptor_;
    std::atomic<std::uint64_t> lost_{0};
    std::mutex mutex_;
    std::deque<Line> lines_;  // under mutex_

    // The thread's.
    spdlog::pattern_formatter formatter_;
    std::uint64_t reported_lost_ = 0;
};

DescriptorLog::DescriptorLog(int descriptor)
    : DescriptorLog(std::make_unique<Writer>(descriptor)) {}

DescriptorLog::DescriptorLog(std::unique_ptr<Writer> writer)
    : writer_(*writer),
      thread_("remora-log", std::move(writer), [](const char*) {}),
      runs_(thread_.start().is_ok()) {}

DescriptorLog::~DescriptorLog() {
    thread_.stop(kEndMs);
}

void DescriptorLog::write(LogLevel level, std::string_view line) noexcept try {
    if (!runs_) {
        writer_.lose();
    } else if (writer_.put(level, line)) {
        thread_.wake();
    }
} catch (...) {
    writer_.lose();  // no memory for the line
}

bool DescriptorLog::end(std::int64_t deadline_ms) {
    return thread_.stop(deadline_ms);
}

std::uint64_t DescriptorLog::lost() const noexcept {
    return writer_.lost();
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
            found->second.written_ns = now_ns - kMinuteNs;
        }
        distinct = &found->second;
        if (now_ns - distinct->written_ns < kMinuteNs) {
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
    state_->counters.set(Counter::kLogLinesLost, state_->sink.lost());
} catch (...) {
    // Out of memory while logging: silence is the only harmless answer.
}

}  // namespace remora
