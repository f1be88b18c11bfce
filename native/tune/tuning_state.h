// The file ${dir}/remora.tuning.json: what the agent has changed by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tune/edit.h"

namespace remora {

// Most that are kept; and how long something rests at most.
inline constexpr std::size_t kKeptMax = 100;
inline constexpr double kRestMaxS = 30 * 86'400.0;

// A change that is under trial or was judged good.
struct Change {
    std::uint32_t id = 0;
    std::string rule;                // that found it
    std::string subject;             // see Finding
    std::vector<std::string> kinds;  // likewise
    Edit edit;
    std::string ground;              // ground_of()
    std::string figure;              // what was measured, and its unit
    double before = 0;               // that figure without the change
    double after = 0;                // and with it
    double noise = 0;                // see TrialVerdict
    std::int64_t since_wall_ms = 0;  // begun, or judged good
    std::uint32_t window = 0;        // of a trial, that runs: from 1; see trial.h
};

// What is not tried for some time, since it was decided about.
struct Rest {
    std::string subject;
    std::int64_t until_wall_ms = 0;
    double rest_s = 0;  // the next one is twice as long
};

struct TuningState {
    std::uint32_t next_id = 1;
    std::vector<Change> kept;   // in the order in which they are made
    std::vector<Change> trial;  // at most one
    std::vector<Rest> rests;
};

// Of the file; more is not read.
inline constexpr std::size_t kTuningBytesMax = 1U << 20;

// With a sum over all of it, which tells whether somebody has edited it.
std::string print_state(const TuningState& state);
// kCorrupt when it is no state, another version's, or not as print_state() made it: what would come
// in force was judged by nobody then. The message has what was found and expected.
Result<TuningState> parse_state(std::string_view text);

}  // namespace remora
