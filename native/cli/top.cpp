#include "cli/top.h"

#include <array>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/counter_table.h"
#include "cli/agent_files.h"
#include "cli/exposition.h"
#include "cli/profile.h"

namespace remora {
namespace {

struct Row {
    const char* title;
    const char* name;
    const char* labels;
    bool as_rate;
    double factor;
    const char* unit;
};

constexpr std::array<Row, 15> kRows = {{
    {"messages in", "kafka_server_brokertopicmetrics_messagesin_total", "", true, 1, "/s"},
    {"bytes in", "kafka_server_brokertopicmetrics_bytesin_total", "", true, 1.0 / 1024, "KiB/s"},
    {"bytes out", "kafka_server_brokertopicmetrics_bytesout_total", "", true, 1.0 / 1024, "KiB/s"},
    {"under-replicated partitions", "kafka_server_replicamanager_underreplicatedpartitions", "",
     false, 1, ""},
    {"offline partitions", "kafka_controller_kafkacontroller_offlinepartitionscount", "", false, 1,
     ""},
    {"active controller", "kafka_controller_kafkacontroller_activecontrollercount", "", false, 1,
     ""},
    {"partitions", "kafka_server_replicamanager_partitioncount", "", false, 1, ""},
    {"produce p99", "kafka_network_requestmetrics_totaltimems",
     "quantile=\"0.99\",request=\"Produce\"", false, 1, "ms"},
    {"consumer fetch p99", "kafka_network_requestmetrics_totaltimems",
     "quantile=\"0.99\",request=\"FetchConsumer\"", false, 1, "ms"},
    {"request handlers idle", "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
     "", false, 100, "%"},
    {"network threads idle", "kafka_network_socketserver_networkprocessoravgidlepercent", "", false,
     100, "%"},
    {"request queue", "kafka_network_requestchannel_requestqueuesize", "", false, 1, ""},
    {"heap used", "jvm_memory_used_bytes", "area=\"heap\"", false, 1.0 / (1 << 20), "MiB"},
    {"process CPU", "process_cpu_seconds_total", "process=\"kafka\"", true, 100, "% of a core"},
    {"open files", "process_open_fds", "process=\"kafka\"", false, 1, ""},
}};

// The last two different states of a file: a rate needs both, and the agent writes once an
// interval.
template <typename State>
struct States {
    std::optional<State> before;
    std::optional<State> now;

    // `written_ms`: what tells one state from another.
    template <typename WrittenMs>
    void take(State state, WrittenMs written_ms) {
        if (!now || written_ms(*now) != written_ms(state)) {
            before = std::move(now);
            now = std::move(state);
        }
    }
};

struct Screen {
    States<Exposition> exposition;
    States<CounterFile> counters;
    std::string exposition_path;
    std::string trouble;  // why there are no key metrics, or why nothing is of now
    bool is_old = false;
};

void take(const std::string& directory, Screen& screen) {
    Result<CounterFile> counters = read_counter_file(counters_path(directory));
    if (counters) {
        screen.counters.take(std::move(counters).value(),
                             [](const CounterFile& file) { return file.written_wall_ms; });
    }
    if (!screen.counters.now) {
        screen.trouble = counters.status().message();
        return;
    }
    screen.trouble = why_old(*screen.counters.now, SystemClock().wall_ms());
    screen.is_old = !screen.trouble.empty();
    const Result<std::string> path = exposition_path(*screen.counters.now, false);
    if (!path) {
        screen.trouble += (screen.is_old ? "; " : "") + path.status().message();
        return;
    }
    if (path.value() != screen.exposition_path) {
        screen.exposition = {};
        screen.exposition_path = path.value();
    }
    Result<Exposition> exposition = Exposition::read(path.value());
    if (exposition) {
        screen.exposition.take(std::move(exposition).value(),
                               [](const Exposition& file) { return file.written_ms(); });
    } else {
        screen.exposition = {};
        screen.trouble += (screen.is_old ? "; " : "") + exposition.status().message();
    }
}

std::string shown(double value, int digits, const std::string& unit) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value << unit;
    return text.str();
}

std::string row_value(const Row& row, const Screen& screen) {
    const std::optional<Exposition>& now = screen.exposition.now;
    const std::optional<Exposition>& before = screen.exposition.before;
    const double* found = now ? now->find(row.name, row.labels) : nullptr;
    if (found == nullptr || screen.is_old) {
        return "-";
    }
    double value = *found;
    if (row.as_rate) {
        const double* was = before ? before->find(row.name, row.labels) : nullptr;
        if (was == nullptr || *was > value) {  // none, or of a broker before this one
            return "-";
        }
        value =
            (value - *was) * 1e3 / static_cast<double>(now->written_ms() - before->written_ms());
    }
    value *= row.factor;
    return shown(value, value < 100 ? 2 : 0, std::string(" ") + row.unit);
}

double counter(const CounterFile& file, Counter which) {
    return static_cast<double>(file.readings[static_cast<std::size_t>(which)].value);
}

double cpu_ns(const CounterFile& file) {
    return counter(file, Counter::kCollectorCpuNanos) + counter(file, Counter::kCoreCpuNanos) +
           counter(file, Counter::kSinkCpuNanos) + counter(file, Counter::kHttpCpuNanos) +
           counter(file, Counter::kHouseCpuNanos) + counter(file, Counter::kSupervisorCpuNanos);
}

void print_cost(const Screen& screen) {
    const CounterFile& now = *screen.counters.now;
    std::string cpu = "-";
    std::string reads = "-";
    std::string cached = "-";
    if (screen.counters.before && !screen.is_old) {
        const CounterFile& before = *screen.counters.before;
        const double seconds =
            1e-3 * static_cast<double>(now.written_wall_ms - before.written_wall_ms);
        const auto growth = [&](Counter which) {
            return counter(now, which) - counter(before, which);
        };
        const double hits = growth(Counter::kCacheHits);
        const double series = hits + growth(Counter::kCacheMisses);
        cpu = shown((cpu_ns(now) - cpu_ns(before)) / seconds / 1e7, 3, "");
        reads = shown(growth(Counter::kUnitsRead) / seconds, 0, "");
        cached = series > 0 ? shown(100 * hits / series, 0, "") : "-";
    }
    std::cout << std::fixed << std::setprecision(0) << "  remora: " << cpu << " % of a core, "
              << counter(now, Counter::kUnits) << " MBeans, " << counter(now, Counter::kSeries)
              << " series, " << reads << " reads/s, " << cached << " % from cache, "
              << counter(now, Counter::kUnitsQuarantined) << " quarantined, faults "
              << counter(now, Counter::kFaults) << "\n";
}

void print_suggestions(const std::string& directory) {
    const Result<Report> report = read_report(directory);
    if (report && !report.value().findings.empty()) {
        std::cout << "  suggestions: " << report.value().findings.size() << ", see remora suggest "
                  << directory << "\n";
    }
}

void print_screen(const TopOptions& options, const Screen& screen) {
    if (!options.plain) {
        std::cout << "\x1b[H\x1b[2J";
    }
    std::cout << "pid " << screen.counters.now->process.pid << "  ";
    if (screen.exposition.now) {
        const std::int64_t age_ms = SystemClock().wall_ms() - screen.exposition.now->written_ms();
        std::cout << screen.exposition_path << ", written " << age_ms / 1000 << " s ago\n";
    } else {
        std::cout << options.directory << "\n";
    }
    if (!screen.trouble.empty()) {
        std::cout << "  " << screen.trouble << "\n";
    }
    for (const Row& row : kRows) {
        std::cout << "  " << std::left << std::setw(30) << row.title << std::right << std::setw(22)
                  << row_value(row, screen) << "\n";
    }
    print_cost(screen);
    print_suggestions(options.directory);
    std::cout << std::flush;
}

}  // namespace

int run_top(const TopOptions& options) {
    Screen screen;
    for (int shown = 0; options.count == 0 || shown < options.count; ++shown) {
        if (shown > 0) {
            std::this_thread::sleep_for(std::chrono::seconds(options.interval_s));
        }
        take(options.directory, screen);
        if (!screen.counters.now) {
            std::cerr << "remora top: " << screen.trouble << "\n";
            return 1;
        }
        print_screen(options, screen);
    }
    return 0;
}

}  // namespace remora
