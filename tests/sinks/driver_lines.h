// The made-up series of sink_driver and the encoder that renders them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "encode/encoder.h"
#include "model/series.h"
#include "ring/block_channel.h"

namespace remora {

// Unit i has a gauge that goes up, down and below zero and a counter that only grows, with the
// label topic="t<i>". The format "lines" needs no encoder: each line carries the next number.
class LineSource {
 public:
    LineSource(const std::string& format, int units, CounterTable& counters);
    ~LineSource();

    void begin_tick(std::int64_t tick, std::int64_t wall_ms);
    // False: no free block, call again.
    bool encode_some(BlockChannel& out);

    // What the last tick said: [{"name":..,"topic":..,"type":..,"value":..,"wall_ms":..}, ...];
    // counters also have their "growth" since the first tick, which is what protocols of increments
    // carry.
    std::string expectation_json() const;
    std::uint64_t lines() const { return lines_; }

 private:
    bool encode_numbers(BlockChannel& out);
    double gauge_of(int unit) const;
    static double counter_of(int unit, std::int64_t tick);

    const int units_;
    std::int64_t tick_ = 0;
    std::int64_t wall_ms_ = 0;
    int next_unit_ = 0;
    bool begun_ = false;
    std::uint64_t lines_ = 0;

    std::unique_ptr<Encoder> encoder_;  // null for "lines"
    std::vector<std::uint32_t> first_;
    std::vector<std::uint16_t> count_;
    std::vector<std::uint8_t> flags_;
    std::vector<std::int64_t> read_wall_ms_;
    std::vector<double> values_;
    std::vector<std::string> texts_{""};
};

}  // namespace remora
