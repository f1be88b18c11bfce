#include "sinks/driver_lines.h"

#include <cstdlib>
#include <cstring>
#include <map>

namespace remora {
namespace {

constexpr const char* kGauge = "kafka_test_level";
constexpr const char* kCounter = "kafka_test_events_total";

Series series(const char* name, MetricType type, const std::string& topic) {
    Series made;
    made.metric_family = name;
    made.name = name;
    made.type = type;
    made.help = "A made-up series.";
    made.labels = {{"topic", topic}};
    made.attribute = "Value";
    return made;
}

OutputFormat format_of(const std::string& name) {
    static const std::map<std::string, OutputFormat> formats = {
        {"prometheus", OutputFormat::kPrometheus}, {"ndjson", OutputFormat::kNdjson},
        {"otlp", OutputFormat::kOtlpJson},         {"influx", OutputFormat::kInflux},
        {"graphite", OutputFormat::kGraphite},     {"statsd", OutputFormat::kStatsd},
        {"dogstatsd", OutputFormat::kDogstatsd}};
    return formats.at(name);
}

}  // namespace

LineSource::~LineSource() = default;

LineSource::LineSource(const std::string& format, int units, CounterTable& counters)
    : units_(units) {
    if (format == "lines") {
        return;
    }
    EncoderOptions options;
    options.format = format_of(format);
    options.line_bytes_max = 1400;
    encoder_ = make_encoder(options, counters);
    for (int unit = 0; unit < units; ++unit) {
        const std::string topic = "t" + std::to_string(unit);
        const std::vector<Series> both = {series(kGauge, MetricType::kGauge, topic),
                                          series(kCounter, MetricType::kCounter, topic)};
        const std::string object_name = "kafka.test:type=Made,name=Up,topic=" + topic;
        const Status added =
            encoder_->add_unit(static_cast<UnitId>(unit), {object_name, both.data(), both.size()});
        if (!added) {
            std::abort();
        }
        first_.push_back(static_cast<std::uint32_t>(unit) * 2);
        count_.push_back(2);
    }
    flags_.assign(first_.size(), kUnitHasValue | kUnitFresh | kUnitChanged);
    values_.resize(first_.size() * 2);
}

double LineSource::gauge_of(int unit) const {
    return static_cast<double>((unit * 7 + tick_ * 3) % 1000) - 250.5;
}

double LineSource::counter_of(int unit, std::int64_t tick) {
    return static_cast<double>(unit * 10 + tick * (unit % 13 + 1));
}

void LineSource::begin_tick(std::int64_t tick, std::int64_t wall_ms) {
    tick_ = tick;
    wall_ms_ = wall_ms;
    next_unit_ = 0;
    begun_ = false;
    if (encoder_ == nullptr) {
        return;
    }
    read_wall_ms_.assign(first_.size(), wall_ms);
    for (int unit = 0; unit < units_; ++unit) {
        const auto at = static_cast<std::size_t>(unit) * 2;
        values_[at] = gauge_of(unit);
        values_[at + 1] = counter_of(unit, tick_);
    }
    encoder_->begin_tick(wall_ms, {});
    lines_ += static_cast<std::uint64_t>(units_) * 2;
}

bool LineSource::encode_some(BlockChannel& out) {
    if (encoder_ == nullptr) {
        return encode_numbers(out);
    }
    return encoder_->encode_some({first_, count_, flags_, read_wall_ms_, values_, texts_, {}}, out);
}

bool LineSource::encode_numbers(BlockChannel& out) {
    if (!begun_) {
        out.begin_frame(wall_ms_);
        begun_ = true;
    }
    for (; next_unit_ < units_; ++next_unit_) {
        // Of different lengths, so that lines meet block boundaries in every way.
        const std::string line = "{\"seq\":" + std::to_string(lines_) + ",\"fill\":\"" +
                                 std::string(lines_ * 37 % 150, 'x') + "\"}\n";
        char* const room = out.reserve(line.size());
        if (room == nullptr) {
            return false;
        }
        std::memcpy(room, line.data(), line.size());
        out.commit(line.size());
        ++lines_;
    }
    return out.end_frame();
}

std::string LineSource::expectation_json() const {
    std::string json = "[";
    for (int unit = 0; unit < units_ && encoder_ != nullptr; ++unit) {
        const std::string tail = "\",\"topic\":\"t" + std::to_string(unit) +
                                 "\",\"wall_ms\":" + std::to_string(wall_ms_);
        json += (unit == 0 ? "" : ",");
        json.append("{\"name\":\"")
            .append(kGauge)
            .append(tail)
            .append(",\"type\":\"gauge\",\"value\":" + std::to_string(gauge_of(unit)) + "},");
        json.append("{\"name\":\"")
            .append(kCounter)
            .append(tail)
            .append(",\"type\":\"counter\",\"value\":" + std::to_string(counter_of(unit, tick_)) +
                    ",\"growth\":" + std::to_string(counter_of(unit, tick_) - counter_of(unit, 0)) +
                    "}");
    }
    return json + "]";
}

}  // namespace remora
