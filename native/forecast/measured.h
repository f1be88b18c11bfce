// What the agent was measured to take: the constants of `remora plan`, all in measured.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/output_format.h"

namespace remora::measured {

// CPU of one read of one MBean in a broker.
struct Read {
    std::string_view family;  // how the names of its families begin; the first row that fits counts
    double ns = 0;
    double ns_a_replica = 0;  // more for each partition that the broker holds: it walks them all
};
std::span<const Read> reads();

// What changes with each record, of families by partition. Other values of a partition rest.
std::span<const std::string_view> moving_families();

// CPU of one series in one tick, rendered and written to a file or datagrams.
double series_ns(OutputFormat format);

// CPU beside reads and series.
struct Rest {
    double second_ns = 0;  // each second, whatever there is to do
    double tick_ns = 0;    // each tick
    double read_ns = 0;    // of each MBean that is read: planned, handed over, kept
    double value_ns = 0;   // of each of its values
};
Rest rest();

// Resident memory.
struct Memory {
    double agent_bytes = 0;
    double unit_bytes = 0;           // of each MBean that is collected
    double series_output_bytes = 0;  // of each series in each output
};
Memory memory();

}  // namespace remora::measured
