// The live values of all counters (see <remora/counters.h>).
#pragma once

#include <remora/counters.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/status.h"

namespace remora {

// Facts about a counter, for self-metrics and tools.
struct CounterInfo {
    const char* metric;  // without the `remora_` prefix
    const char* help;
    bool is_gauge;
    double divisor;  // what is shown is the value over this
};

const CounterInfo& counter_info(Counter counter);

// Thread safety: any thread reads; one thread adds to or sets a given counter (increments are plain
// load+store, so two writers would lose counts), except add_shared().
class CounterTable {
 public:
    CounterTable() = default;
    // The table of a part: whatever is added to it is also added to `whole`. `whole` outlives this.
    explicit CounterTable(CounterTable* whole) : whole_(whole) {}

    void add(Counter counter, std::uint64_t n = 1) {
        std::atomic<std::uint64_t>& cell = cells_[index(counter)].value;
        cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
        if (whole_ != nullptr) {
            whole_->add(counter, n);
        }
    }

    // For counters that several threads write (sinks, faults).
    void add_shared(Counter counter, std::uint64_t n = 1) {
        cells_[index(counter)].value.fetch_add(n, std::memory_order_relaxed);
        if (whole_ != nullptr) {
            whole_->add_shared(counter, n);
        }
    }

    void set(Counter counter, std::uint64_t value) {
        cells_[index(counter)].value.store(value, std::memory_order_relaxed);
    }

    void set_max(Counter counter, std::uint64_t value) {
        if (value > get(counter)) {
            set(counter, value);
        }
    }

    std::uint64_t get(Counter counter) const {
        return cells_[index(counter)].value.load(std::memory_order_relaxed);
    }

 private:
    // 64 bytes keep two writers off one cache line.
    struct alignas(64) Cell {
        std::atomic<std::uint64_t> value{0};
    };
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

    static std::size_t index(Counter counter) { return static_cast<std::size_t>(counter); }

    std::array<Cell, kCounterCount> cells_;
    CounterTable* const whole_ = nullptr;
};

// One counter as found in a counters file.
struct CounterReading {
    std::string metric;
    std::uint64_t value = 0;  // as it is kept
    bool is_gauge = false;
    double divisor = 1;
};

// An output of the agent, as a counters file tells it.
struct OutputNote {
    std::string format;      // as the configuration calls it
    std::string self_level;  // likewise
    std::string where;       // absolute path, host:port, or http://host:port/metrics
    // Whether it is a file for a scrape, replaced at each tick.
    bool is_textfile() const {
        return where.starts_with('/') && (format == "prometheus" || format == "openmetrics");
    }
    bool operator==(const OutputNote&) const = default;
};

// What a counters file tells beside the counters.
struct CounterFileHead {
    ProcessMark process;
    std::int64_t start_wall_ms = 0;
    std::int64_t written_wall_ms = 0;
    std::int64_t interval_ms = 0;  // between two writes
    bool is_over = false;          // the agent ended in order; nothing is written any more
    std::vector<OutputNote> outputs;
};

// A counters file: what the agent of that process last wrote.
struct CounterFile : CounterFileHead {
    std::vector<CounterReading> readings;
};

// Replaces the file at `path` with the table's values (temporary name, then rename). A plain file
// and not a mapping: whoever truncates a mapped file kills the process that maps it, here the
// broker. The file stays readable after the broker hangs or dies. Blocks on the disk: sink thread.
Status write_counter_file(const std::string& path, const CounterTable& table,
                          const CounterFileHead& head);

// Reads a counters file written by this version. kCorrupt when it is none or another version's.
Result<CounterFile> read_counter_file(const std::string& path);

}  // namespace remora
