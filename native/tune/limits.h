// What no suggestion may touch. The one place that knows.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/config.h"
#include "tune/profile.h"

namespace remora {

// What an operator has configured, and where.
struct Written {
    std::string text;  // of the file
    std::string file;  // its name, for messages
    std::string arguments;
    std::vector<std::string> environment;  // NAME=VALUE
};

// Prometheus shows nothing of a series that it has not heard of for five minutes.
inline constexpr std::int64_t kAgeMsMax = 300'000;

// How often the output's ticks get out, in milliseconds. `base_ms`: base interval.
double interval_in_fact_ms(const OutputConfig& output, const OutputProfile& measured,
                           std::int64_t base_ms);

// Whether `patch` may be proposed to whoever has `written`, which means `before` so far. kOk, or
// why not:
//   * the patched configuration is valid, and means something else than before;
//   * nothing differs but bounds on age, base interval, rules, and of an output when and how often
//     a value is emitted;
//   * rules stand behind those of the operator, so that they overrule none. Each is about one
//     family that `profile` has, with no alert in it and nothing that the operator asked for;
//   * what is of the whole broker is not read less often, and no value gets older than kAgeMsMax;
//   * the base interval is not longer than ticks come already, nor is that of an output.
//
// Any thread.
Status hold_limits(const AgentProfile& profile, const Written& written, const Config& before,
                   const nlohmann::json& patch);

}  // namespace remora
