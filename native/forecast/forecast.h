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
    double together() const { return reads + rest; }
};

struct FormatForecast {
    OutputFormat format{};
    double tick_bytes = 0;  // of every series in it
};

struct Forecast {
    BrokerSize broker;
    Tally found;
    CpuForecast idle;              // while no partition gets records
    CpuForecast busy;              // while each partition does
    std::uint32_t stride = 1;      // a tick comes every so many base intervals
    std::string ceiling_sentence;  // of the busy broker
    double memory_bytes = 0;
    std::vector<FormatForecast> formats;
};

// `beans`: of a broker of `size`.
Forecast forecast(const Config& config, const BrokerBeans& beans, const BrokerSize& size);

}  // namespace remora
