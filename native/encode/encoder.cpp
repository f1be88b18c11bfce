#include "encode/encoder.h"

#include "encode/formats.h"

namespace remora {

std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options, CounterTable& counters) {
    switch (options.format) {
        case Format::kPrometheus:
            return encode::make_prometheus(options, counters);
        case Format::kOpenMetrics:
            return encode::make_openmetrics(options, counters);
        case Format::kNdjson:
            return encode::make_ndjson(options, counters);
        case Format::kOtlpJson:
            return encode::make_otlp(options, counters);
        case Format::kInflux:
            return encode::make_influx(options, counters);
        case Format::kGraphite:
            return encode::make_graphite(options, counters);
        case Format::kStatsd:
            return encode::make_statsd(options, counters);
        case Format::kDogstatsd:
            return encode::make_dogstatsd(options, counters);
    }
    return encode::make_prometheus(options, counters);
}

}  // namespace remora
