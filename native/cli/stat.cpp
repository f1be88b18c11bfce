#include "cli/stat.h"

#include <iomanip>
#include <iostream>

#include "base/clock.h"
#include "base/counter_table.h"
#include "cli/agent_files.h"

namespace remora {

namespace {

std::string shown(const CounterReading& reading) {
    return reading.divisor == 1
               ? std::to_string(reading.value)
               : std::to_string(static_cast<double>(reading.value) / reading.divisor);
}

}  // namespace

int run_stat(const StatOptions& options) {
    const Result<CounterFile> file = read_counter_file(counters_path(options.where));
    if (!file) {
        std::cerr << "remora stat: " << file.status().message() << "\n";
        return 1;
    }
    const CounterFile& counters = file.value();
    if (options.json) {
        std::cout << "{\"pid\":" << counters.process.pid
                  << ",\"started_ms\":" << counters.start_wall_ms
                  << ",\"written_ms\":" << counters.written_wall_ms;
        for (const CounterReading& reading : counters.readings) {
            std::cout << ",\"" << reading.metric << "\":" << shown(reading);
        }
        std::cout << "}\n";
        return 0;
    }
    const std::int64_t now_ms = SystemClock().wall_ms();
    const std::string old = why_old(counters, now_ms);
    std::cout << "pid " << counters.process.pid << ", "
              << (old.empty()
                      ? "written " + std::to_string((now_ms - counters.written_wall_ms) / 1000) +
                            " s ago"
                      : old)
              << ", ran " << (counters.written_wall_ms - counters.start_wall_ms) / 1000 << " s\n";
    for (const CounterReading& reading : counters.readings) {
        if (reading.value != 0 || options.all) {
            std::cout << std::left << std::setw(40) << reading.metric << std::right << std::setw(20)
                      << shown(reading) << "\n";
        }
    }
    return 0;
}

}  // namespace remora
