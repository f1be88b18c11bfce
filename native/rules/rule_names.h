// How jmx_exporter writes names. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "model/series.h"
#include "rules/naming_rules.h"

namespace remora {

// "reqCount" -> "req_count", "HTTPRequests" -> "httprequests".
std::string snake_case(std::string_view attribute);

// Whatever is outside [A-Za-z0-9_:] becomes '_', runs of '_' become one, a digit at the beginning
// gets one before it.
std::string safe_name(std::string_view text);

// What a page says for `name`: jmx_exporter 1.x takes endings away that have a meaning, and gives
// "_total" to counters. 0.20 writes it as it is.
std::string final_name(std::string name, MetricType type, NamesDialect dialect);

}  // namespace remora
