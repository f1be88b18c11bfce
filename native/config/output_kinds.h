// What outputs of a type have. Thread safety: any thread.
#pragma once

#include "config/config.h"

namespace remora {

inline bool has_path(const OutputConfig& output) {
    return output.type == OutputType::kFile || output.type == OutputType::kUnixgram;
}

inline bool has_port(const OutputConfig& output) {
    return output.type == OutputType::kUdp || output.type == OutputType::kHttp;
}

inline bool is_datagram(const OutputConfig& output) {
    return output.type == OutputType::kUdp || output.type == OutputType::kUnixgram;
}

// Each tick's image takes the place of the one before.
inline bool is_page(OutputFormat format) {
    return format == OutputFormat::kPrometheus || format == OutputFormat::kOpenMetrics;
}

inline bool has_otel_names(const OutputConfig& output) {
    return output.names == "otel";
}

}  // namespace remora
