// What the agent was measured to take: every constant of `remora plan`.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/output_format.h"

namespace remora::measured {

// CPU of one read of one MBean of a family.
struct Read {
    std::string_view family_begin;  // how names of such families begin
    double ns = 0;
    double replica_ns = 0;  // in addition, for each partition of the broker: the read walks them
};
// The first row that fits a family counts. The last row fits every family.
std::span<const Read> reads();

// How names of families begin whose values change with each record. All other values of a partition
// are taken to rest.
std::span<const std::string_view> moving_families();

// CPU of one series in one tick, rendered and written to a file or datagrams. Every format has it.
double series_ns(OutputFormat format);

// CPU beside the reads themselves and the series.
struct Overhead {
    double second_ns = 0;  // of each second, whatever there is to do
    double tick_ns = 0;    // of each tick
    double read_ns = 0;    // of each MBean that is read: planned, handed over, kept
    double value_ns = 0;   // of each of its values
};
Overhead overhead();

// Resident memory.
struct Memory {
    double agent_bytes = 0;
    double unit_bytes = 0;           // of each MBean that is collected
    double series_output_bytes = 0;  // of each series in each output
};
Memory memory();

}  // namespace remora::measured
