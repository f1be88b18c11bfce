#include "cli/stat.h"

#include <filesystem>
#include <iomanip>
#include <iostream>

#include "base/clock.h"
#include "base/counter_table.h"

namespace remora {

std::string counters_path(const std::string& where) {
    std::error_code ignored;
    return std::filesystem::is_directory(where, ignored) ? where + "/remora.counters" : where;
}

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
        std::cout << "{\"pid\":" << counters.pid << ",\"started_ms\":" << counters.start_wall_ms
                  << ",\"written_ms\":" << counters.written_wall_ms;
        for (const CounterReading& reading : counters.readings) {
            std::cout << ",\"" << reading.metric << "\":" << shown(reading);
        }
        std::cout << "}\n";
        return 0;
    }
    const std::int64_t age_ms = SystemClock().wall_ms() - counters.written_wall_ms;
    std::cout << "pid " << counters.pid << ", written " << age_ms / 1000 << " s ago, running "
              << (counters.written_wall_ms - counters.start_wall_ms) / 1000 << " s\n";
    for (const CounterReading& reading : counters.readings) {
        if (reading.value != 0 || options.all) {
            std::cout << std::left << std::setw(40) << reading.metric << std::right << std::setw(20)
                      << shown(reading) << "\n";
        }
    }
    return 0;
}

}  // namespace remora
