// Sends a made-up set of series through encoder, ring 2 and sink, as the agent does, and writes
// down what a consumer must have got: `sink_driver --help`.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/runner.h"
#include "sink/sink_worker.h"
#include "sinks/driver_lines.h"

namespace remora {
namespace {

constexpr const char* kHelp =
    "sink_driver --sink textfile|append|udp|unixgram|http --format FORMAT [--path P] [--host H] "
    "[--port "
    "N]\n"
    "  FORMAT: lines (numbered JSON lines), prometheus, ndjson, otlp, influx, graphite, statsd, "
    "dogstatsd\n"
    "  --units N --ticks N --interval-ms N   what is sent: two series a unit, each tick\n"
    "  --expect FILE                         what was sent and what the sink counted, as JSON\n"
    "  --block-bytes N --blocks N --spread-ms N --rotate-bytes N --rotated-files-max N\n"
    "  --disk-bytes-max N --gzip 0|1 --line-writes 0|1 --linger-ms N\n"
    "  --page-age-ms N\n"
    "  --step 1                              a tick begins when a line is read from stdin and is\n"
    "                                        out when a line is written to stdout\n";

using Arguments = std::map<std::string, std::string>;

std::string text(const Arguments& arguments, const char* key, const char* otherwise = "") {
    const auto found = arguments.find(key);
    return found == arguments.end() ? otherwise : found->second;
}

std::int64_t number(const Arguments& arguments, const char* key, std::int64_t otherwise) {
    const auto found = arguments.find(key);
    return found == arguments.end() ? otherwise : std::atoll(found->second.c_str());
}

SinkOptions options_from(const Arguments& arguments) {
    static const std::map<std::string, SinkKind> kinds = {{"textfile", SinkKind::kTextfile},
                                                          {"append", SinkKind::kAppend},
                                                          {"udp", SinkKind::kUdp},
                                                          {"unixgram", SinkKind::kUnixgram},
                                                          {"http", SinkKind::kHttp}};
    SinkOptions options;
    options.name = text(arguments, "format");
    options.kind = kinds.at(text(arguments, "sink", "textfile"));
    options.path = text(arguments, "path");
    options.host = text(arguments, "host", "127.0.0.1");
    options.port = static_cast<std::uint16_t>(number(arguments, "port", 0));
    options.spread_ms = number(arguments, "spread-ms", 2'000);
    options.rotate_bytes = number(arguments, "rotate-bytes", 64LL << 20);
    options.rotated_files_max =
        static_cast<std::uint32_t>(number(arguments, "rotated-files-max", 5));
    options.file_mode = 0644;
    options.file_end = FileEnd::kKeep;
    options.frame_age_ms_max = 30'000;
    options.page_age_ms_max = number(arguments, "page-age-ms", 30'000);
    options.poll_ms = 100;
    options.disk_bytes_max = number(arguments, "disk-bytes-max", 256LL << 20);
    options.gzip_rotated = number(arguments, "gzip", 0) != 0;
    return options;
}

void write_expectation(const std::string& path, const LineSource& source,
                       const CounterTable& counters, std::int64_t cpu_ns) {
    std::ofstream out(path);
    out << "{\"series\":" << source.expectation_json();
    for (const auto& [name, counter] :
         std::map<std::string, Counter>{{"bytes", Counter::kSinkBytes},
                                        {"bytes_dropped", Counter::kSinkBytesDropped},
                                        {"frames", Counter::kSinkFrames},
                                        {"frames_dropped", Counter::kSinkFramesDropped},
                                        {"errors", Counter::kSinkErrors},
                                        {"packets", Counter::kSinkPackets},
                                        {"requests", Counter::kHttpRequests},
                                        {"refused", Counter::kHttpRefused},
                                        {"rotations", Counter::kSinkRotations}}) {
        out << ",\"" << name << "\":" << counters.get(counter);
    }
    out << ",\"cpu_ns\":" << cpu_ns << ",\"lines\":" << source.lines() << "}\n";
}

void sleep_ms(std::int64_t ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

int run(const Arguments& arguments) {
    const SinkOptions options = options_from(arguments);
    const bool datagrams = options.kind == SinkKind::kUdp || options.kind == SinkKind::kUnixgram;
    BlockChannel channel(
        static_cast<std::size_t>(number(arguments, "block-bytes", datagrams ? 1432 : 32'768)),
        static_cast<std::size_t>(number(arguments, "blocks", 64)));
    const SystemClock clock;
    CounterTable counters;
    DescriptorLog stderr_log(STDERR_FILENO);
    Log log(stderr_log, clock, counters);
    PosixFileSystem files;
    PosixSocketFactory sockets;
    std::unique_ptr<SinkWorker> made =
        make_sink_worker(options, channel, {clock, counters, log, files, sockets});
    const SinkWorker* const worker = made.get();
    Runner runner("sink", std::move(made), [](const char* fault) {
        std::fprintf(stderr, "the sink threw: %s\n", fault);
        std::_Exit(3);
    });
    if (!runner.start()) {
        return 3;
    }
    LineSource source(text(arguments, "format", "lines"),
                      static_cast<int>(number(arguments, "units", 10)), counters);
    const std::int64_t interval_ms = number(arguments, "interval-ms", 100);
    const std::int64_t ticks = number(arguments, "ticks", 1);
    const bool step = number(arguments, "step", 0) != 0;
    std::int64_t due_ns = clock.monotonic_ns();
    for (std::int64_t tick = 0; tick < ticks; ++tick) {
        if (step && std::getchar() == EOF) {
            break;
        }
        source.begin_tick(tick, clock.wall_ms());
        while (!source.encode_some(channel)) {
            sleep_ms(1);
        }
        runner.wake();
        while (step && channel.filled() > 0) {
            sleep_ms(1);
        }
        if (step) {
            std::puts("");
            std::fflush(stdout);
        }
        due_ns += interval_ms * kNanosPerMilli;
        sleep_ms(std::max<std::int64_t>((due_ns - clock.monotonic_ns()) / kNanosPerMilli, 0));
    }
    while (channel.filled() > 0) {
        sleep_ms(1);
    }
    sleep_ms(number(arguments, "linger-ms", 0));
    if (!runner.stop(5'000)) {
        std::fprintf(stderr, "the sink did not stop\n");
        return 3;
    }
    write_expectation(text(arguments, "expect", "/dev/null"), source, counters, worker->cpu_ns());
    return 0;
}

}  // namespace
}  // namespace remora

int main(int count, char** values) {
    remora::Arguments arguments;
    for (int i = 1; i + 1 < count; i += 2) {
        if (std::strncmp(values[i], "--", 2) != 0) {
            std::fputs(remora::kHelp, stderr);
            return 2;
        }
        arguments[values[i] + 2] = values[i + 1];
    }
    if (count < 3 || count % 2 == 0) {
        std::fputs(remora::kHelp, stderr);
        return 2;
    }
    return remora::run(arguments);
}
