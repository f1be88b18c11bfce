#include "forecast/frame_bytes.h"

#include <memory>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "base/limits.h"
#include "encode/encoder.h"
#include "model/values.h"
#include "name/namer.h"
#include "ring/block_channel.h"

namespace remora {
namespace {

constexpr std::size_t kBlocks = 8;
constexpr std::int64_t kWallMs = 1'700'000'010'000;
constexpr std::int64_t kTickMs = 10'000;

// Empties the channel. Returns the bytes that were in it.
std::size_t drain(BlockChannel& channel) {
    std::size_t bytes = 0;
    for (BlockView view; channel.front(view); channel.pop()) {
        bytes += view.bytes.size();
    }
    return bytes;
}

std::size_t tick(Encoder& encoder, const Values& values, std::int64_t wall_ms) {
    BlockChannel channel(kBlockBytes, kBlocks);
    std::size_t bytes = 0;
    encoder.begin_tick(wall_ms, {});
    while (!encoder.encode_some(values, channel)) {
        bytes += drain(channel);
    }
    return bytes + drain(channel);
}

EncoderOptions options_of(OutputFormat format, const Config& config) {
    EncoderOptions options;
    options.format = format;
    for (const TextPair& label : config.labels) {
        options.labels.push_back({label.first, label.second});
    }
    return options;
}

}  // namespace

std::size_t frame_bytes(OutputFormat format, const Config& config,
                        std::span<const ShownBean> beans) {
    CounterTable counters;
    const std::unique_ptr<Encoder> encoder = make_encoder(options_of(format, config), counters);
    std::vector<std::uint32_t> first;
    std::vector<std::uint16_t> count;
    std::vector<double> numbers;
    for (const ShownBean& shown : beans) {
        const std::vector<Series> series = Namer().name(*shown.bean, shown.slots);
        const Status added =
            encoder->add_unit(static_cast<UnitId>(first.size()),
                              {shown.bean->name.text(), series.data(), series.size(), false});
        if (!added) {
            continue;
        }
        first.push_back(static_cast<std::uint32_t>(numbers.size()));
        count.push_back(static_cast<std::uint16_t>(series.size()));
        for (const Slot& slot : shown.slots) {
            numbers.push_back(slot.type == ValueType::kText ? 0 : shown.number);
        }
    }
    const std::vector<std::uint8_t> flags(first.size(), kUnitHasValue | kUnitFresh);
    const std::vector<std::int64_t> read_wall_ms(first.size(), kWallMs);
    const std::vector<std::string> texts = {""};
    const Values values{first, count, flags, read_wall_ms, numbers, texts, {}};
    tick(*encoder, values, kWallMs);
    // Formats of growth, such as StatsD, emit a counter from its second tick on.
    return tick(*encoder, values, kWallMs + kTickMs);
}

}  // namespace remora
