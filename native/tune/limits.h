// What no suggestion may touch. The one place that knows.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/status.h"
#include "config/config.h"
#include "tune/edit.h"
#include "tune/profile.h"

namespace remora {

// Prometheus shows nothing of a series that it has not heard of for five minutes.
inline constexpr std::int64_t kAgeMsMax = 300'000;

// How often the output's ticks get out, in milliseconds. `base_ms`: base interval.
double interval_in_fact_ms(const OutputConfig& output, const OutputProfile& measured,
                           std::int64_t base_ms);

// The configuration with `patch`, where `written` means `before` so far, or why that may not be,
// whatever is measured:
//   * it is valid, and means something else than before;
//   * nothing differs but bounds on age, base interval, rules, and of an output when and how often
//     a value is emitted;
//   * rules stand behind those of the operator, so that they overrule none, are about one family
//     each, and move no bean to another class;
//   * no value gets older than kAgeMsMax, and the base interval is not shorter.
//
// Any thread.
Result<Config> hold_fixed_limits(const Written& written, const Config& before,
                                 const nlohmann::json& patch);

// Whether `patch` may be proposed: also by what `profile` has.
//   * A rule is about one family, with no alert in it and nothing that the operator asked for.
//   * What is of the whole broker is not read less often, and not left out but where its reads
//     fail.
//   * The base interval is not longer than ticks come already, nor is that of an output.
//
// Any thread.
Result<Config> hold_limits(const AgentProfile& profile, const Written& written,
                           const Config& before, const nlohmann::json& patch);

// Why an edit that was made before, and is in force in `profile`, may stay no longer. Empty when it
// may.
//   * Its family is of an alert by now, or of the whole broker and read less often.
//   * Ticks come less often than the base interval that it sets: in steps of the operator's they
//     would come sooner, and with them alerts.
std::string outgrown_limit(const AgentProfile& profile, const Edit& edit);

}  // namespace remora
