// One maker for each format, so that each lives in a file of its own.
#pragma once

#include <memory>

#include "encode/encoder.h"

namespace remora::encode {

std::unique_ptr<Encoder> make_prometheus(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_openmetrics(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_ndjson(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_otlp(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_influx(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_graphite(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_statsd(const EncoderOptions& options, CounterTable& counters);
std::unique_ptr<Encoder> make_dogstatsd(const EncoderOptions& options, CounterTable& counters);

}  // namespace remora::encode
