#include "base/counter_table.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/files.h"

namespace remora {
namespace {

// What a kind means: whether it is a gauge, and the divisor.
struct Kind {
    bool is_gauge;
    double divisor;
};
constexpr Kind kKind_counter{false, 1};
constexpr Kind kKind_gauge{true, 1};
constexpr Kind kKind_seconds{false, 1e9};

constexpr std::array<CounterInfo, kCounterCount> kInfos = {{
#define REMORA_COUNTER_INFO(name, kind, metric, help) \
    CounterInfo{metric, help, kKind_##kind.is_gauge, kKind_##kind.divisor},
    REMORA_COUNTERS(REMORA_COUNTER_INFO)
#undef REMORA_COUNTER_INFO
}};

// How the file begins, in host byte order: it is read on the same machine. The outputs follow, a
// line each: format, level of self-metrics, place, with tabs between them.
struct Image {
    char magic[8];
    std::uint64_t counter_count;
    ProcessMark process;
    std::int64_t start_wall_ms;
    std::int64_t written_wall_ms;
    std::int64_t interval_ms;
    std::uint64_t is_over;
    std::array<std::uint64_t, kCounterCount> values;
};

constexpr char kMagic[8] = {'R', 'E', 'M', 'O', 'R', 'A', 'C', '4'};

constexpr const char* kWhat = "counters file";

std::vector<OutputNote> read_outputs(std::string_view text) {
    std::vector<OutputNote> outputs;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t first = line.find('\t');
        const std::size_t second =
            first == std::string_view::npos ? first : line.find('\t', first + 1);
        if (second != std::string_view::npos) {
            outputs.push_back({std::string(line.substr(0, first)),
                               std::string(line.substr(first + 1, second - first - 1)),
                               std::string(line.substr(second + 1))});
        }
    }
    return outputs;
}

}  // namespace

const CounterInfo& counter_info(Counter counter) {
    return kInfos[static_cast<std::size_t>(counter)];
}

Status write_counter_file(const std::string& path, const CounterTable& table,
                          const CounterFileHead& head) {
    Image image{};
    std::memcpy(image.magic, kMagic, sizeof(kMagic));
    image.counter_count = kCounterCount;
    image.process = head.process;
    image.start_wall_ms = head.start_wall_ms;
    image.written_wall_ms = head.written_wall_ms;
    image.interval_ms = head.interval_ms;
    image.is_over = head.is_over ? 1 : 0;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        image.values[i] = table.get(static_cast<Counter>(i));
    }
    std::string bytes(reinterpret_cast<const char*>(&image), sizeof(image));
    for (const OutputNote& output : head.outputs) {
        bytes += output.format + '\t' + output.self_level + '\t' + output.where + '\n';
    }
    return replace_file(path, bytes, kWhat);
}

Result<CounterFile> read_counter_file(const std::string& path) {
    constexpr std::uint64_t kBytesMax = 1ULL << 20;
    const Result<std::string> content = read_file(path, kBytesMax);
    if (!content) {
        return Status(content.status().code(),
                      std::string(kWhat) + " " + content.status().message());
    }
    const std::string& bytes = content.value();
    Image image{};
    if (bytes.size() >= sizeof(image)) {
        std::memcpy(&image, bytes.data(), sizeof(image));
    }
    if (std::memcmp(image.magic, kMagic, sizeof(kMagic)) != 0 ||
        image.counter_count != kCounterCount) {
        return Status(Code::kCorrupt, path + " is not a counters file of this version of remora");
    }
    CounterFile file;
    file.process = image.process;
    file.start_wall_ms = image.start_wall_ms;
    file.written_wall_ms = image.written_wall_ms;
    file.interval_ms = image.interval_ms;
    file.is_over = image.is_over != 0;
    file.outputs = read_outputs(std::string_view(bytes).substr(sizeof(image)));
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        file.readings.push_back(
            {kInfos[i].metric, image.values[i], kInfos[i].is_gauge, kInfos[i].divisor});
    }
    return file;
}

}  // namespace remora
