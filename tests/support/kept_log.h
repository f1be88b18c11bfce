// A log that keeps its lines.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace remora {

// Thread safety: any thread.
class KeptLog final : public LogSink {
 public:
    void write(LogLevel, std::string_view line) noexcept override {
        const std::scoped_lock lock(mutex_);
        lines_.emplace_back(line);
    }
    std::vector<std::string> lines() {
        const std::scoped_lock lock(mutex_);
        return lines_;
    }
    // Every line, each with a line break.
    std::string text() {
        const std::scoped_lock lock(mutex_);
        std::string all;
        for (const std::string& line : lines_) {
            all += line + "\n";
        }
        return all;
    }
    // `part` may hold line breaks.
    bool has(std::string_view part) { return text().find(part) != std::string::npos; }
    // Lines with `part`.
    int count(std::string_view part) {
        const std::scoped_lock lock(mutex_);
        return static_cast<int>(std::count_if(
            lines_.begin(), lines_.end(),
            [part](const std::string& line) { return line.find(part) != std::string::npos; }));
    }

 private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace remora
