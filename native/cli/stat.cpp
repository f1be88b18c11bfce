#include "cli/stat.h"

#include <iomanip>
#include <iostream>
#include <string_view>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/formatted.h"
#include "cli/which_agent.h"
#include "watch/units.h"
#include "watch/verdict.h"

namespace remora {

namespace {

std::string shown(const CounterReading& reading) {
    return reading.divisor == 1
               ? std::to_string(reading.value)
               : std::to_string(static_cast<double>(reading.value) / reading.divisor);
}

bool has_word(std::string_view name, std::string_view word) {
    return name.find(word) != std::string_view::npos;
}

// The number as it is, and for large ones what that is in a unit that people use.
std::string with_unit(const CounterReading& reading) {
    const std::string_view name = reading.metric;
    const auto value = static_cast<double>(reading.value);
    if (reading.divisor != 1) {
        return formatted("%.3f s", value / reading.divisor);
    }
    if (has_word(name, "_nanoseconds")) {
        return shown(reading) + " = " + in_ms(value / 1e6);
    }
    if (has_word(name, "_microseconds")) {
        return shown(reading) + " = " + in_ms(value / 1e3);
    }
    if (has_word(name, "_milliseconds")) {
        return shown(reading) + " = " + in_ms(value);
    }
    if (has_word(name, "_ppm")) {
        return shown(reading) + " = " + formatted("%.4g", value / 1e4) + " % of a core";
    }
    if (has_word(name, "uptime_seconds")) {
        return shown(reading) + " = " + in_duration(value);
    }
    if (has_word(name, "bytes")) {
        return shown(reading) + " = " + in_bytes(value);
    }
    return shown(reading);
}

void print_json(const CounterFile& counters) {
    std::cout << "{\"pid\":" << counters.process.pid << ",\"started_ms\":" << counters.start_wall_ms
              << ",\"written_ms\":" << counters.written_wall_ms;
    for (const CounterReading& reading : counters.readings) {
        std::cout << ",\"" << reading.metric << "\":" << shown(reading);
    }
    std::cout << "}\n";
}

void print_head(const Snapshot& snapshot) {
    const CounterFile& counters = *snapshot.counters;
    const Verdict verdict = verdict_of(snapshot);
    const auto seconds = [](std::int64_t ms) { return in_duration_ms(ms); };
    std::cout << verdict.agent.word << "  pid " << counters.process.pid << ", written "
              << seconds(snapshot.now_wall_ms - counters.written_wall_ms) << " ago, ran "
              << seconds(counters.written_wall_ms - counters.start_wall_ms) << "\n"
              << verdict.word();
    if (!verdict.agent.why.empty()) {
        std::cout << ": " << verdict.agent.why;
    }
    for (const Reason& reason : verdict.reasons) {
        std::cout << (&reason == verdict.reasons.data() ? ": " : "; ") << reason.what;
    }
    std::cout << "\n";
}

}  // namespace

int run_stat(const StatOptions& options) {
    const Result<FoundAgent> agent = agent_meant(options.where);
    const Snapshot snapshot =
        agent ? AgentFiles(agent.value().directory).read(SystemClock().wall_ms()) : Snapshot();
    if (!snapshot.counters) {
        std::cerr << "remora stat: " << (agent ? snapshot.trouble : agent.status().message())
                  << "\n";
        return 1;
    }
    if (options.json) {
        print_json(*snapshot.counters);
        return 0;
    }
    print_head(snapshot);
    for (const CounterReading& reading : snapshot.counters->readings) {
        if (reading.value != 0 || options.all) {
            std::cout << std::left << std::setw(40) << reading.metric << with_unit(reading) << "\n";
        }
    }
    return 0;
}

}  // namespace remora
