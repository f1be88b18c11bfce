#include "cli/top.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

#include "base/counter_table.h"
#include "cli/stat.h"

namespace remora {
namespace {

struct Row {
    const char* title;
    const char* series;  // as written in the file, labels included
    bool as_rate;
    double factor;
    const char* unit;
};

constexpr std::array<Row, 15> kRows = {{
    {"messages in", "kafka_server_brokertopicmetrics_messagesin_total", true, 1, "/s"},
    {"bytes in", "kafka_server_brokertopicmetrics_bytesin_total", true, 1.0 / 1024, "KiB/s"},
    {"bytes out", "kafka_server_brokertopicmetrics_bytesout_total", true, 1.0 / 1024, "KiB/s"},
    {"under-replicated partitions", "kafka_server_replicamanager_underreplicatedpartitions", false,
     1, ""},
    {"offline partitions", "kafka_controller_kafkacontroller_offlinepartitionscount", false, 1, ""},
    {"active controller", "kafka_controller_kafkacontroller_activecontrollercount", false, 1, ""},
    {"partitions", "kafka_server_replicamanager_partitioncount", false, 1, ""},
    {"produce p99",
     "kafka_network_requestmetrics_totaltimems{request=\"Produce\",quantile=\"0.99\"}", false, 1,
     "ms"},
    {"consumer fetch p99",
     "kafka_network_requestmetrics_totaltimems{request=\"FetchConsumer\",quantile=\"0.99\"}", false,
     1, "ms"},
    {"request handlers idle", "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
     false, 100, "%"},
    {"network threads idle", "kafka_network_socketserver_networkprocessoravgidlepercent", false,
     100, "%"},
    {"request queue", "kafka_network_requestchannel_requestqueuesize", false, 1, ""},
    {"heap used", "jvm_memory_used_bytes{area=\"heap\"}", false, 1.0 / (1 << 20), "MiB"},
    {"process CPU", "process_cpu_seconds_total{process=\"kafka\"}", true, 100, "% of a core"},
    {"open files", "process_open_fds{process=\"kafka\"}", false, 1, ""},
}};

// Sample lines of a text exposition: "series value". Extra labels of an output are not known here,
// so a row matches by its name and by the labels it asks for.
using Exposition = std::map<std::string, double, std::less<>>;

Exposition read_exposition(const std::string& path) {
    Exposition found;
    std::ifstream in(path);
    std::string line;
    while (std::getline(in, line)) {
        const std::size_t space = line.rfind(' ');
        if (line.empty() || line[0] == '#' || space == std::string::npos) {
            continue;
        }
        double value = 0;
        const char* end = line.data() + line.size();
        if (std::from_chars(line.data() + space + 1, end, value).ec == std::errc{}) {
            found.emplace(line.substr(0, space), value);
        }
    }
    return found;
}

struct Screen {
    Exposition exposition;
    std::optional<CounterFile> counters;
    std::chrono::steady_clock::time_point taken;
};

Screen take_screen(const std::string& directory) {
    Screen screen;
    screen.exposition = read_exposition(directory + "/remora.prom");
    Result<CounterFile> counters = read_counter_file(counters_path(directory));
    if (counters) {
        screen.counters = std::move(counters).value();
    }
    screen.taken = std::chrono::steady_clock::now();
    return screen;
}

double counter(const Screen& screen, Counter which) {
    return static_cast<double>(screen.counters->readings[static_cast<std::size_t>(which)].value);
}

// Per second between the two states of the files themselves.
double rate(const Screen& before, const Screen& now, double from, double to) {
    const auto ms =
        static_cast<double>(now.counters->written_wall_ms - before.counters->written_wall_ms);
    return ms > 0 ? (to - from) * 1000 / ms : 0;
}

std::string row_value(const Row& row, const Screen& before, const Screen& now) {
    const auto found = now.exposition.find(row.series);
    if (found == now.exposition.end()) {
        return "-";
    }
    double value = found->second;
    if (row.as_rate) {
        const auto was = before.exposition.find(row.series);
        if (was == before.exposition.end()) {
            return "-";
        }
        value = rate(before, now, was->second, value);
    }
    std::ostringstream text;
    text << std::fixed << std::setprecision(value * row.factor < 100 ? 2 : 0) << value * row.factor
         << " " << row.unit;
    return text.str();
}

void print_cost(const Screen& before, const Screen& now) {
    const auto cpu = [](const Screen& screen) {
        return counter(screen, Counter::kCollectorCpuNanos) +
               counter(screen, Counter::kCoreCpuNanos) + counter(screen, Counter::kSinkCpuNanos) +
               counter(screen, Counter::kHouseCpuNanos) +
               counter(screen, Counter::kSupervisorCpuNanos);
    };
    const double hits = counter(now, Counter::kCacheHits) - counter(before, Counter::kCacheHits);
    const double misses =
        counter(now, Counter::kCacheMisses) - counter(before, Counter::kCacheMisses);
    std::cout << std::fixed << std::setprecision(3)
              << "  remora: " << rate(before, now, cpu(before), cpu(now)) / 1e7 << " % of a core, "
              << std::setprecision(0) << counter(now, Counter::kUnits) << " MBeans, "
              << counter(now, Counter::kSeries) << " series, "
              << rate(before, now, counter(before, Counter::kUnitsRead),
                      counter(now, Counter::kUnitsRead))
              << " reads/s, " << (hits + misses > 0 ? 100 * hits / (hits + misses) : 0)
              << " % from cache, " << counter(now, Counter::kUnitsQuarantined)
              << " quarantined, faults " << counter(now, Counter::kFaults) << "\n";
}

void print_screen(const TopOptions& options, const Screen& before, const Screen& now) {
    if (!options.plain) {
        std::cout << "\x1b[H\x1b[2J";
    }
    std::cout << "pid " << now.counters->pid << "  " << options.directory << "\n";
    for (const Row& row : kRows) {
        std::cout << "  " << std::left << std::setw(30) << row.title << std::right << std::setw(22)
                  << row_value(row, before, now) << "\n";
    }
    print_cost(before, now);
    std::cout << std::flush;
}

}  // namespace

int run_top(const TopOptions& options) {
    Screen before = take_screen(options.directory);
    if (!before.counters) {
        std::cerr << "remora top: no agent has written to " << options.directory
                  << " (remora.counters is missing or of another version)\n";
        return 1;
    }
    for (int shown = 0; options.count == 0 || shown < options.count; ++shown) {
        std::this_thread::sleep_for(std::chrono::seconds(options.interval_s));
        Screen now = take_screen(options.directory);
        if (!now.counters) {
            continue;
        }
        print_screen(options, before, now);
        // Rates need two different states of the files; the agent writes them once an interval.
        if (now.counters->written_wall_ms != before.counters->written_wall_ms) {
            before = std::move(now);
        }
    }
    return 0;
}

}  // namespace remora
