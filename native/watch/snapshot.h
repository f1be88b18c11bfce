// What an agent left in its directory, at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/counter_table.h"
#include "base/files.h"
#include "model/last_values.h"
#include "tune/report.h"

namespace remora {

struct Snapshot {
    std::string directory;
    std::int64_t now_wall_ms = 0;
    std::string trouble;  // why there are no counters
    std::optional<CounterFile> counters;
    bool process_ended = false;
    std::optional<LastValues> values;  // of the process that wrote the counters
    std::string values_trouble;        // why there are none
    std::optional<Report> report;      // of the same directory
};

// What happened within this time is of now.
inline constexpr std::int64_t kRecentMs = 60'000;

// `age_ms`: since it happened; -1: never.
inline bool is_recent(std::int64_t age_ms) {
    return age_ms >= 0 && age_ms < kRecentMs;
}

// Whether the counter grew just now. False when it is not among those of the last values.
bool is_recent(const Snapshot& snapshot, Counter counter);

// Of a counters file that was read.
inline std::uint64_t count_of(const CounterFile& counters, Counter counter) {
    return counters.readings[static_cast<std::size_t>(counter)].value;
}

// Reads the files of one directory again and again.
//
// Thread safety: one thread.
class AgentFiles {
 public:
    explicit AgentFiles(std::string directory) : directory_(std::move(directory)) {}

    // Whether a file has changed since read(). Two calls of stat().
    bool has_news() const;
    // Asks the disk and the kernel. `now_wall_ms`: wall time.
    Snapshot read(std::int64_t now_wall_ms);

 private:
    void read_report(Snapshot& snapshot);

    const std::string directory_;
    FileMark counters_;
    FileMark values_;
    FileMark report_mark_;
    std::optional<Report> report_;
};

}  // namespace remora
