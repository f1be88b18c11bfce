#include "encode/encoder.h"

#include "encode/formats.h"

namespace remora {

std::unique_ptr<Encoder> make_encoder(const EncoderOptions& options, CounterTable& counters) {
    switch (options.format) {
        case OutputFormat::kPrometheus:
            return encode::make_prometheus(options, counters);
        case OutputFormat::kOpenMetrics:
            return encode::make_openmetrics(options, counters);
        case OutputFormat::kNdjson:
            return encode::make_ndjson(options, counters);
        case OutputFormat::kOtlpJson:
            return encode::make_otlp(options, counters);
        case OutputFormat::kInflux:
            return encode::make_influx(options, counters);
        case OutputFormat::kGraphite:
            return encode::make_graphite(options, counters);
        case OutputFormat::kStatsd:
            return encode::make_statsd(options, counters);
        case OutputFormat::kDogstatsd:
            return encode::make_dogstatsd(options, counters);
    }
    return encode::make_prometheus(options, counters);
}

std::vector<std::string> file_starts(OutputFormat format) {
    switch (format) {
        case OutputFormat::kPrometheus:
        case OutputFormat::kOpenMetrics:
            return {"# HELP ", "# TYPE ", "# EOF"};
        case OutputFormat::kNdjson:
        case OutputFormat::kOtlpJson:
            return {"{\"ts\":", "{\"resourceMetrics\":"};
        case OutputFormat::kInflux:
        case OutputFormat::kGraphite:
        case OutputFormat::kStatsd:
        case OutputFormat::kDogstatsd:
            break;
    }
    return {};
}

}  // namespace remora
