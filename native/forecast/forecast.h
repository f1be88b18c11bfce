// Predicts what the agent takes on a broker of a given size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "forecast/broker_beans.h"
#include "forecast/tally.h"
#include "model/output_format.h"

namespace remora {

// Percent of one core.
struct CpuForecast {
    double reads = 0;
    double rest = 0;  // sampling, outputs, wakeups
    double total() const { return reads + rest; }
};

struct FormatForecast {
    OutputFormat format{};
    double tick_bytes = 0;  // with every series
};

struct Forecast {
    BrokerSize broker;
    Tally tally;
    CpuForecast idle;              // while no partition changes
    CpuForecast busy;              // while all partitions change
    std::uint32_t stride = 1;      // number of base intervals between two ticks
    std::string ceiling_sentence;  // what the ceiling makes of the reads
    double memory_bytes = 0;       // resident
    std::vector<FormatForecast> formats;
};

// Returns what the agent takes with `config` on a broker of `size`, whose beans `beans` makes.
// REQUIRES: `config` is valid, and `size` is as fullest_broker() returns it.
Forecast forecast(const Config& config, const BrokerBeans& beans, const BrokerSize& size);

}  // namespace remora
