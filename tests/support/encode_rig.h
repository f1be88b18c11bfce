// A cache and a channel around an encoder, for tests, fuzz targets and benchmarks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "encode/encoder.h"

namespace remora {

// Values of units as the cache would show them. Unit ids are given by add().
class FakeCache {
 public:
    UnitId add(std::vector<double> values, std::uint8_t flags = kUnitHasValue) {
        first_.push_back(static_cast<std::uint32_t>(values_.size()));
        count_.push_back(static_cast<std::uint16_t>(values.size()));
        flags_.push_back(flags);
        read_wall_ms_.push_back(1'700'000'000'123);
        values_.insert(values_.end(), values.begin(), values.end());
        return static_cast<UnitId>(first_.size() - 1);
    }

    double& value(UnitId unit, std::size_t slot = 0) { return values_[first_[unit] + slot]; }
    std::uint8_t& flags(UnitId unit) { return flags_[unit]; }
    std::int64_t& read_wall_ms(UnitId unit) { return read_wall_ms_[unit]; }
    std::vector<std::string>& texts() { return texts_; }

    Values view() const { return {first_, count_, flags_, read_wall_ms_, values_, texts_, {}}; }

 private:
    std::vector<std::uint32_t> first_;
    std::vector<std::uint16_t> count_;
    std::vector<std::uint8_t> flags_;
    std::vector<std::int64_t> read_wall_ms_;
    std::vector<double> values_;
    std::vector<std::string> texts_ = {""};
};

inline Series make_series(std::string name, MetricType type = MetricType::kGauge,
                          std::vector<Label> labels = {}) {
    Series series;
    series.metric_family = name;
    series.name = std::move(name);
    series.type = type;
    series.labels = std::move(labels);
    series.help = "Help of " + series.name + ".";
    series.attribute = "Value";
    return series;
}

// An encoder with its output collected: every turn drains the channel.
class EncodeRig {
 public:
    explicit EncodeRig(EncoderOptions options, std::size_t block_bytes = 32 * 1024,
                       std::size_t block_count = 4)
        : channel(block_bytes, block_count), encoder(make_encoder(options, counters)) {}

    UnitId add(std::string_view object_name, std::vector<Series> series, std::vector<double> values,
               std::uint8_t unit_flags = kUnitHasValue, bool is_new = false) {
        const UnitId unit = cache.add(std::move(values), unit_flags);
        const Status status =
            encoder->add_unit(unit, UnitSeries{object_name, series.data(), series.size(), is_new});
        return status.is_ok() ? unit : kNoUnit;
    }
    // A bean that came while the agent runs.
    UnitId add_new(std::string_view object_name, std::vector<Series> series,
                   std::vector<double> values) {
        return add(object_name, std::move(series), std::move(values), kUnitHasValue, true);
    }

    // Takes what was handed over; blocks are kept apart.
    void drain() {
        BlockView view;
        while (channel.front(view)) {
            blocks.emplace_back(view.bytes.data(), view.bytes.size());
            lines += view.lines;
            flags = static_cast<std::uint8_t>(flags | view.flags);
            channel.pop();
        }
    }

    // A whole tick's text.
    std::string tick(std::int64_t wall_ms = 1'700'000'010'000,
                     const std::vector<SelfSample>& self = {}) {
        blocks.clear();
        lines = 0;
        flags = 0;
        encoder->begin_tick(wall_ms, self);
        while (!encoder->encode_some(cache.view(), channel)) {
            drain();
        }
        drain();
        return text();
    }

    std::string text() const {
        std::string all;
        for (const std::string& block : blocks) {
            all += block;
        }
        return all;
    }

    CounterTable counters;
    BlockChannel channel;
    std::unique_ptr<Encoder> encoder;
    FakeCache cache;
    std::vector<std::string> blocks;
    std::uint32_t lines = 0;
    std::uint8_t flags = 0;
};

}  // namespace remora
