// What ${...} in paths and label values stands for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace remora {

// What the shim knows about its host: "broker.id", "cluster.id", "java.io.tmpdir" and the like.
using Facts = std::map<std::string, std::string, std::less<>>;

// The fact that names, with commas between, those which are not known yet and still looked for.
inline constexpr std::string_view kPendingFacts = "pending";

// Empty when it is not known.
std::string value_of(const Facts& facts, std::string_view key);

// A fact as part of a file name; "unknown" for an empty one.
std::string as_file_name(std::string fact);

// Takes out the outputs whose path, labels or service.instance.id need a pending fact. Without it
// their values would be taken for another broker's, or for other series than those that come when
// it is known. Returns a sentence for each.
std::vector<std::string> hold_back(Config& config, const Facts& facts);

// Replaces every placeholder of `config`, fills in `config.directory` when that is empty, and gives
// the outputs that push (all but prometheus and openmetrics, which are scraped) a label `broker`
// unless a label of that name is configured. In a path an unknown fact is "unknown"; a label that
// needs one is left out. Returns a sentence for each that was left out.
std::vector<std::string> expand_placeholders(Config& config, const Facts& facts);

}  // namespace remora
