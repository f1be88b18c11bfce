#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <regex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "support/fake_clock.h"

namespace remora {
namespace {

class LinesSink final : public LogSink {
 public:
    void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

TEST(LogTest, SaysTheSameThingOnceAMinuteAndCountsTheRest) {
    LinesSink sink;
    FakeClock clock;
    CounterTable counters;
    Log log(sink, clock, counters);
    for (int i = 0; i < 1'000'000; ++i) {
        log.warn("disk", "the disk is full");
    }
    EXPECT_EQ(sink.lines.size(), 1U);
    EXPECT_EQ(counters.get(Counter::kLogSuppressed), 999'999U);
    clock.advance_ms(61'000);
    log.warn("disk", "the disk is full");
    ASSERT_EQ(sink.lines.size(), 2U);
    EXPECT_NE(sink.lines[1].find("999999 times more"), std::string::npos);
}

TEST(LogTest, LimitsDistinctLinesAMinute) {
    LinesSink sink;
    FakeClock clock;
    CounterTable counters;
    Log log(sink, clock, counters);
    for (int i = 0; i < 1000; ++i) {
        log.error("key" + std::to_string(i), "line");
    }
    EXPECT_EQ(sink.lines.size(), kLogLinesPerMinuteMax);
}

// A pipe that nobody reads until lines() is called.
class FullPipe {
 public:
    FullPipe() {
        EXPECT_EQ(pipe(ends_), 0);
        fcntl(ends_[1], F_SETFL, O_NONBLOCK);
        while (write(ends_[1], "\n", 1) == 1) {
        }
        fcntl(ends_[1], F_SETFL, 0);
    }
    ~FullPipe() { close(ends_[1]); }

    int writing_end() const { return ends_[1]; }

    // Reads until a line ends in `last`; all lines up to it.
    std::vector<std::string> lines(const std::string& last) {
        FILE* const reader = fdopen(ends_[0], "r");
        std::vector<std::string> found;
        std::array<char, 1024> text{};
        while (fgets(text.data(), text.size(), reader) != nullptr) {
            std::string line(text.data());
            line.pop_back();
            if (!line.empty()) {
                found.push_back(line);
            }
            if (line.size() >= last.size() &&
                line.compare(line.size() - last.size(), last.size(), last) == 0) {
                break;
            }
        }
        fclose(reader);
        return found;
    }

 private:
    int ends_[2] = {-1, -1};
};

TEST(DescriptorLogTest, AReaderThatStallsStopsNobodyAndWhatIsLostIsCountedAndSaid) {
    FullPipe pipe;
    DescriptorLog sink(pipe.writing_end());
    const FakeClock clock;
    CounterTable counters;
    Log log(sink, clock, counters);
    sink.write(LogLevel::kInfo, "hangs");
    // One line hangs in the pipe, kLogQueueLinesMax wait, and it is for chance to say when the
    // first one left the queue.
    for (std::size_t i = 0; i < kLogQueueLinesMax + 9; ++i) {
        sink.write(LogLevel::kWarn, "more");
    }
    log.error("disk", "too much");
    const std::uint64_t lost = sink.lost();
    EXPECT_TRUE(lost == 10 || lost == 11) << lost;
    EXPECT_EQ(counters.get(Counter::kLogLinesLost), lost);

    const std::string told = std::to_string(lost) +
                             " lines were dropped, since nobody read them "
                             "(log_lines_lost_total counts)";
    const std::vector<std::string> lines = pipe.lines(told);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(std::regex_match(
        lines[0], std::regex(R"(\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] info remora: hangs)")))
        << lines[0];
    EXPECT_NE(lines[1].find("] warning remora: " + told), std::string::npos) << lines[1];
}

TEST(DescriptorLogTest, WritesWhatItHasBeforeItEnds) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(pipe(ends), 0);
    {
        DescriptorLog sink(ends[1]);
        sink.write(LogLevel::kError, "last words");
    }
    std::array<char, 200> text{};
    ASSERT_GT(read(ends[0], text.data(), text.size() - 1), 0);
    EXPECT_NE(std::string(text.data()).find("error remora: last words\n"), std::string::npos);
    close(ends[0]);
    close(ends[1]);
}

}  // namespace
}  // namespace remora
