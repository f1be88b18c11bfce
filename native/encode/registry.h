// Registration and selection that all encoders share: series into the store, units of a tick out of
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/counter_table.h"
#include "base/limits.h"
#include "encode/encoder.h"
#include "encode/labels.h"
#include "encode/series_store.h"

namespace remora::encode {

// A series ready to be rendered: names safe, labels merged.
struct ReadySeries {
    std::string metric_family;  // safe
    std::string name;           // safe
    const Series& series;
    std::string_view object_name;
    std::vector<Label> labels;
    std::string state_label;  // safe; empty unless the series is a state
    Role role = Role::kPlain;
    std::string quantile;
    bool counter = false;
};

// Lines and losses of one turn, handed to the counter table once.
struct Tally {
    std::uint64_t lines = 0;
    std::uint64_t too_long = 0;
    std::uint64_t unencodable = 0;
};

// Where a tick goes on when a block is free again.
struct TickCursor {
    std::size_t group = 0;    // of the store
    std::size_t entry = 0;    // of the group
    bool has_header = false;  // the group's header is written

    void next_group() { *this = {group + 1, 0, false}; }
};

// Thread safety: core thread only.
class Registry : public Encoder {
 public:
    Status add_unit(UnitId unit, const UnitSeries& series) override;
    void remove_unit(UnitId unit) override;
    void begin_tick(std::int64_t wall_ms, const std::vector<SelfSample>& self) override;
    bool encode_some(const Values& values, BlockChannel& out) final;
    bool remembers() const override { return deltas_ || only_fresh_ || only_changed_; }
    void frame_lost(bool whole) override;
    EncoderLosses losses() const override { return losses_; }

    std::size_t memory_bytes() const { return store_.memory_bytes(); }

 protected:
    // What a format needs of the shared part.
    struct Needs {
        bool unique = true;   // a second series of the same name and labels would be wrong
        bool whole = false;   // each frame holds every series whatever the emit mode
        bool deltas = false;  // counters go out as their growth
        bool starts = false;  // each counter says since when it counts
        Dots dots = Dots::kReplaced;
    };

    Registry(const EncoderOptions& options, CounterTable& counters, const Needs& needs);

    // Renders the constant part. False: the format cannot express the series.
    virtual bool render(const ReadySeries& ready, Rendered& rendered) const = 0;
    // Renders what is constant of a tick.
    virtual void begin_lines(std::int64_t wall_ms) = 0;
    // Writes the lines of the tick, from at_ on. False: no block was free.
    virtual bool encode_lines(const Values& values, BlockChannel& out, Tally& tally) = 0;

    // What a tick says of a series.
    struct Sample {
        double value = 0;
        std::int64_t read_wall_ms = 0;
        bool stale = false;
    };
    // False when the tick says nothing of it: gone, never read, quarantined, or not fresh where
    // only fresh ones are wanted.
    bool sample_of(const Entry& entry, const Values& values, Sample& sample) const;

    const EncoderOptions options_;
    CounterTable& counters_;
    SeriesStore store_;
    const bool whole_;
    const bool deltas_;
    const bool starts_;
    const Dots dots_;
    const bool only_fresh_;
    const bool only_changed_;

    // The tick.
    bool keyframe_ = true;  // emits everything that has a value
    std::int64_t wall_ms_ = 0;
    std::int64_t previous_wall_ms_ = 0;
    TickCursor at_;

 private:
    // A series on its way into the store.
    struct Added {
        std::uint32_t unit = 0;
        std::uint16_t slot = 0;
        std::string_view object_name = "";
        bool is_new = false;         // it began when it was added
        bool may_be_renamed = true;  // when another one has its name and labels
    };
    // False: another one has its name and labels, and it may not be renamed.
    bool add_series(const Series& series, const Added& added);
    SeriesStore::Begin begin_of(bool is_new) const;
    void note_clash(const Series& series, std::string_view object_name);
    bool describe(const Series& series, ReadySeries& ready) const;
    void take_self(const std::vector<SelfSample>& self);
    void publish(const Tally& tally);

    bool ticking_ = false;
    bool begun_ = false;  // the frame of the tick was begun
    std::vector<Label> extra_;
    EncoderLosses losses_;
    std::string first_clash_;
    std::int64_t keyframe_wall_ms_ = 0;  // of the last one
    bool keyframe_due_ = true;
    std::vector<Series> self_series_;
    std::vector<double> self_values_;
    std::vector<std::uint32_t> self_changed_;  // units to be registered again
};

inline bool Registry::sample_of(const Entry& entry, const Values& values, Sample& sample) const {
    if (!store_.alive(entry)) {
        return false;
    }
    if ((entry.unit & kSelfBit) != 0) {
        sample = {self_values_[entry.unit & ~kSelfBit], wall_ms_, false};
        return true;
    }
    const std::uint32_t unit = entry.unit;
    if (unit >= values.flags.size() || entry.slot >= values.count[unit]) {
        return false;
    }
    const std::uint8_t flags = values.flags[unit];
    // A quarantined or expired unit is left out: its value is not old, it is unknown.
    constexpr int kOut = kUnitQuarantined | kUnitHidden | kUnitExpired;
    if ((flags & (kUnitHasValue | kOut)) != kUnitHasValue) {
        return false;
    }
    sample.read_wall_ms = values.read_wall_ms[unit];
    if (only_fresh_ && !keyframe_ && (flags & kUnitFresh) == 0 &&
        sample.read_wall_ms <= previous_wall_ms_) {
        return false;
    }
    sample.value = values.values[values.first[unit] + entry.slot];
    sample.stale = (flags & kUnitStale) != 0;
    return !is_no_value(sample.value);
}

}  // namespace remora::encode
