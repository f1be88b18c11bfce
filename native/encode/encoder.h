// One output format: knows every series of its output and turns the cache into lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_table.h"
#include "base/limits.h"
#include "base/status.h"
#include "model/ids.h"
#include "model/output_format.h"
#include "model/series.h"
#include "model/values.h"
#include "ring/block_channel.h"

namespace remora {

// What the configuration asks of an output; room_options.h in engine sets all of it.
struct EncoderOptions {
    OutputFormat format{};
    EmitMode emit{};
    std::int64_t keyframe_ms = 0;  // of kChanged: after so long everything is emitted
    std::vector<Label> labels;  // added to every series; a series' own label of the same name wins
    // Influx and Graphite: a line carries the time of the read of its value, not of the tick.
    bool time_of_read = false;
    std::size_t line_bytes_max = kLineBytesMax;
    // Since when counters count: the start of the host, wall clock. 0: not known, and not emitted.
    std::int64_t start_wall_ms = 0;
    // Made when the agent started: the agent's own counters begin with it, at 0.
    bool begins_with_agent = false;
    std::string version = "";  // of the agent; empty: not emitted
};

// One of the agent's own metrics for a tick (counters, family costs, quarantine reasons). The same
// encoder renders it.
struct SelfSample {
    Series series;
    double value = 0;
};

// What never became a line, so far.
struct EncoderLosses {
    std::uint64_t too_long = 0;
    std::uint64_t unencodable = 0;
    // Series left out when they were added: another has their name and labels, or a family of
    // another kind their name.
    std::uint64_t clashing = 0;
    std::string_view first_clash =
        "";  // the first of them, for people; valid as long as the encoder
};

// Thread safety: core thread only. Memory is taken by add_unit; a tick allocates nothing once it
// has run at the same size before.
class Encoder {
 public:
    virtual ~Encoder() = default;

    // Renders and keeps what is constant of the unit's series (names, labels, escaped). kLimit when
    // out of room.
    virtual Status add_unit(UnitId unit, const UnitSeries& series) = 0;
    virtual void remove_unit(UnitId unit) = 0;

    // Begins a tick. `self` are the agent's own samples; the encoder copies what it needs.
    virtual void begin_tick(std::int64_t wall_ms, const std::vector<SelfSample>& self) = 0;

    // Encodes on from where it stopped. True when the tick is complete and its frame ended; false
    // when `out` had no free block (call again later). Flags in `values` are those since the
    // engine's last tick.
    virtual bool encode_some(const Values& values, BlockChannel& out) = 0;

    // Whether a tick depends on what earlier ticks emitted. The next tick must then wait until it
    // is known whether the last frame got out.
    virtual bool remembers() const = 0;
    // The last tick's frame was lost. `whole`: nothing of it got out; otherwise a part did. The
    // next tick emits all of it again, but the growth of counters only when `whole`.
    virtual void frame_lost(bool whole) = 0;

    virtual EncoderLosses losses() const = 0;
};

// Text for a file that is replaced whole, after its writer has ended: remora_up 0 with the output's
// labels. `format`: kPrometheus or kOpenMetrics.
std::string down_page(OutputFormat format, const std::vector<Label>& labels);

// Returns how a file of that format may begin; empty: in any way. JSON formats share theirs,
// because an output that was changed from one to the other appends to the same file.
std::vector<std::string> file_starts(OutputFormat format);

// `counters` counts lines, lines too long, values that the format cannot express, series that
// clash.
std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options, CounterTable& counters);

}  // namespace remora
