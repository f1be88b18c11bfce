#include "base/counter_table.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

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

// The whole file in host byte order: it is read on the same machine.
struct Image {
    char magic[8];
    std::uint64_t counter_count;
    std::int64_t pid;
    std::int64_t start_wall_ms;
    std::int64_t written_wall_ms;
    std::array<std::uint64_t, kCounterCount> values;
};

constexpr char kMagic[8] = {'R', 'E', 'M', 'O', 'R', 'A', 'C', '1'};

constexpr const char* kWhat = "counters file";

}  // namespace

const CounterInfo& counter_info(Counter counter) {
    return kInfos[static_cast<std::size_t>(counter)];
}

Status write_counter_file(const std::string& path, const CounterTable& table,
                          std::int64_t start_wall_ms, std::int64_t now_wall_ms) {
    Image image{};
    std::memcpy(image.magic, kMagic, sizeof(kMagic));
    image.counter_count = kCounterCount;
    image.pid = getpid();
    image.start_wall_ms = start_wall_ms;
    image.written_wall_ms = now_wall_ms;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        image.values[i] = table.get(static_cast<Counter>(i));
    }
    return replace_file(path, {reinterpret_cast<const char*>(&image), sizeof(image)}, kWhat);
}

Result<CounterFile> read_counter_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return Status(Code::kIo, std::string(kWhat) + " " + path +
                                     " cannot be opened: " + std::strerror(errno));
    }
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    Image image{};
    if (bytes.size() == sizeof(image)) {
        std::memcpy(&image, bytes.data(), sizeof(image));
    }
    if (std::memcmp(image.magic, kMagic, sizeof(kMagic)) != 0 ||
        image.counter_count != kCounterCount) {
        return Status(Code::kCorrupt, path + " is not a counters file of this version of remora");
    }
    CounterFile file;
    file.pid = image.pid;
    file.start_wall_ms = image.start_wall_ms;
    file.written_wall_ms = image.written_wall_ms;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        file.readings.push_back(
            {kInfos[i].metric, image.values[i], kInfos[i].is_gauge, kInfos[i].divisor});
    }
    return file;
}

}  // namespace remora
