// What a configuration means for the rooms: every mapping of its keys to their options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/parse.h"
#include "encode/encoder.h"
#include "engine/housekeeper.h"
#include "engine/output_pipe.h"
#include "engine/place.h"
#include "engine/registrar.h"
#include "model/series.h"
#include "plan/planner.h"
#include "sample/sampler.h"
#include "select/selector.h"
#include "sink/sink_worker.h"

// Thread safety: any thread; nothing is kept. Configurations are checked and their placeholders
// expanded. Units are those of the option's name.
namespace remora {

// `start_ns`: monotonic time of tick 0.
PlanOptions plan_options(const Config& config, std::int64_t start_ns);
SamplerOptions sampler_options(const Config& config);
// The configuration while a tick comes every `stride` base intervals only.
Config stretched(Config config, std::uint32_t stride);

// `selector`: made of the same configuration.
Registrar::Settings registrar_settings(const Config& config,
                                       std::shared_ptr<const Selector> selector);

// `place`: the agent's directory. `config_path`: empty: nothing to watch. `config_mark`: of the
// file that is in force.
Housekeeper::Options housekeeper_options(const Config& config, const Place& place,
                                         const std::string& config_path,
                                         const FileMark& config_mark);

// Counters and last values are written not more often: they are for people, and with a tick each
// second they would cost a tenth of the whole agent.
inline constexpr std::int64_t kLooksIntervalMsMin = 2'000;

// Between two writes of the counters and the last values: a tick, or longer.
std::int64_t looks_interval_ms(const Config& config);

// The file for the profile; empty: none is written.
std::string profile_path(const Config& config, const Place& place);

// What the counters file tells of the outputs, in their order.
std::vector<OutputNote> output_notes(const Config& config);

// --- an output

// Where it goes to, for people: its path, or host:port.
std::string place_of(const OutputConfig& output);

// Labels of every output; an output's own override them.
std::vector<Label> common_labels(const Config& config);
EncoderOptions encoder_options(const OutputConfig& config, const std::vector<Label>& common,
                               const OutputPipe::Host& host);
// The output has a tick every `base_intervals` base intervals.
SinkOptions sink_options(const OutputConfig& config, const std::vector<Label>& common,
                         std::int64_t base_interval_ms, std::uint64_t base_intervals);
// Of ring 2: a block is one datagram, or a part of a file; and how many blocks there are.
std::size_t block_bytes(const OutputConfig& config);
std::size_t blocks(const OutputConfig& config);
// An output has a tick every so many base intervals, at least 1.
std::uint64_t base_intervals_of(const OutputConfig& config, std::int64_t base_interval_ms);

}  // namespace remora
