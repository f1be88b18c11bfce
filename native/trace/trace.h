// A recording of what every unit's values were over time: the material of the fidelity replay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/bean.h"
#include "model/ids.h"
#include "model/unit_class.h"

namespace remora {

// Layout of a trace: kTraceMagic (layout.h), then records: one byte of kind, then LEB128 numbers
// (signed ones zigzag) and texts (length, bytes). Times are milliseconds since the record before. A
// value is the difference to the slot's value before (integers), or the XOR of both bit patterns
// with its bytes reversed (all others).
//
//   'F' family, text       'U' unit, family, bean kind, class, slots, text
//   'B' unit               has been read for the first time
//   'X' unit               gone
//   'T' milliseconds       a frame begins: values that did not change have no record
//   'V' unit (signed difference to the unit before in this frame), slot * 2 + is_xor, value
//   'C' family, units, nanoseconds
//   'E'                    complete; a trace without it was cut off and is read up to the last
//   whole frame

// Where a trace's bytes go. The seam lets tests fail writes.
class TraceFile {
 public:
    virtual ~TraceFile() = default;
    // All or nothing as far as the writer is concerned: false ends the trace.
    virtual bool write(std::span<const std::byte> bytes) = 0;
};

// Creates `path`, or empties the trace that is there, and locks it until it is closed. Returns kIo
// when that fails, when another process records into it, or when another program wrote it.
Result<std::unique_ptr<TraceFile>> create_trace_file(const std::string& path);

// What a trace says of a unit at registration.
struct TraceUnitInfo {
    FamilyId family = 0;
    BeanKind kind = BeanKind::kGauge;
    UnitClass unit_class = UnitClass::kPartition;
    std::uint16_t slots = 0;
    std::string_view name;  // ObjectName
};

// Writes a trace, never more than `bytes_max`: what does not fit ends it (is_full), complete up to
// there.
//
// Thread safety: core thread only. Memory: 8 bytes a slot and 12 a unit, taken by add_unit, and one
// buffer. A value costs a comparison when it did not change. Writes to the disk happen when the
// buffer is full: every few frames.
class TraceWriter {
 public:
    TraceWriter(std::unique_ptr<TraceFile> file, std::uint64_t bytes_max);
    ~TraceWriter();
    TraceWriter(const TraceWriter&) = delete;
    TraceWriter& operator=(const TraceWriter&) = delete;

    void add_family(FamilyId family, std::string_view name);
    void add_unit(UnitId unit, const TraceUnitInfo& info);
    void remove_unit(UnitId unit);
    // The values that follow were read at `now_ns`; a frame holds what is read within one
    // millisecond.
    void on_time(std::int64_t now_ns);
    void on_value(UnitId unit, std::uint16_t slot, double value);
    void on_cost(FamilyId family, std::uint32_t units, double nanos);
    // Ends the trace; also called by the destructor.
    void finish();

    bool is_full() const { return done_; }
    std::uint64_t bytes() const { return bytes_ + at_; }
    std::uint64_t records() const { return records_; }

 private:
    static constexpr std::size_t kBufferBytes = 64 * 1024;

    bool room(std::size_t bytes);
    void flush();
    void put_byte(char byte) { buffer_[at_++] = static_cast<std::byte>(byte); }
    void put(std::uint64_t number);
    void put_text(std::string_view text);

    std::unique_ptr<TraceFile> file_;
    std::uint64_t bytes_max_;
    std::uint64_t bytes_ = 0;
    std::uint64_t records_ = 0;
    bool done_ = false;
    std::vector<std::byte> buffer_;
    std::size_t at_ = 0;

    // By unit: its number in the trace (ids are reused, numbers are not), where its values begin,
    // how many.
    std::vector<std::uint32_t> number_;
    std::vector<std::uint32_t> first_;
    std::vector<std::uint16_t> slots_;
    std::vector<bool> has_value_;
    std::vector<double> values_;
    std::uint32_t next_number_ = 0;
    std::int64_t last_number_ = 0;
    std::int64_t last_ms_ = 0;
    bool has_time_ = false;
};

struct TraceUnit {
    std::string name;
    FamilyId family = 0;
    BeanKind kind = BeanKind::kGauge;
    UnitClass unit_class = UnitClass::kPartition;
    std::uint16_t slots = 0;
    std::uint32_t first_slot = 0;  // of the trace's slots
    std::uint32_t announced = 0;   // frame in which it was registered
    std::uint32_t born = 0;        // first frame with a value of it; `gone` when there is none
    std::uint32_t gone = 0;        // first frame without it, the number of frames when it stayed
};

struct TraceChange {
    std::uint32_t slot = 0;
    double value = 0;
};

struct TraceFrame {
    std::int64_t ms = 0;  // since the first frame
    std::uint32_t first_change = 0;
    std::uint32_t end_change = 0;
};

struct TraceFamily {
    std::string name;
    double median_ns = 0;  // of a unit, over the frames; 0 when no group was timed
};

struct Trace {
    std::vector<TraceFamily> families;
    std::vector<TraceUnit> units;
    std::vector<TraceFrame> frames;
    std::vector<TraceChange> changes;
    std::uint32_t slots = 0;
    bool is_complete = false;
};

// Reads a whole trace, of at most 1 GB. Errors of read_file(); kCorrupt when it is none or its
// records contradict each other.
Result<Trace> read_trace(const std::string& path);
Result<Trace> parse_trace(std::span<const std::byte> bytes);

}  // namespace remora
