// What ${...} in paths and label values stands for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/parse.h"

namespace remora {

// What the shim knows about its host: "broker.id", "cluster.id", "java.io.tmpdir" and the like.
using Facts = std::map<std::string, std::string, std::less<>>;

// Where files go when the configuration does not say: beside the broker's own logs, or below the
// temporary directory when that is where Kafka keeps its data.
std::string default_directory(const Facts& facts);

// Problems of places below a directory in which Kafka keeps its data, fact "log.dirs": a broker
// does not start when there is a directory that is no partition's. Links are followed. `config`:
// with placeholders expanded.
std::vector<Problem> find_places_of_kafka(const Config& config, const Facts& facts);

// Replaces every placeholder of `config`, fills in `config.directory`, and gives the outputs that
// push (all but prometheus and openmetrics, which are scraped) a label `broker` unless a label of
// that name is configured. In a path an unknown fact is "unknown"; a label that needs one is left
// out. Returns a sentence for each that was left out, and one when the files go elsewhere than
// beside the broker's own logs.
std::vector<std::string> expand_placeholders(Config& config, const Facts& facts);

}  // namespace remora
