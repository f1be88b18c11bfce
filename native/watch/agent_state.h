// Whether an agent is there, by what it left in its directory.
#pragma once

#include <cstdint>
#include <string>

#include "base/counter_table.h"
#include "watch/snapshot.h"

namespace remora {

// A synchronized clock is corrected by less.
inline constexpr std::int64_t kClockStepMs = 5'000;

enum class AgentState : std::uint8_t {
    kAbsent,    // no counters file
    kStarting,  // no tick yet, and not for long
    kAlive,
    kStalled,  // its process is there, or cannot be seen, and nothing comes
    kOff,      // its process lives on without it
    kDead,     // its process has ended
};

struct Judgement {
    AgentState state = AgentState::kAbsent;
    std::string word;                // "ALIVE"
    std::string why;                 // of all but kAlive: a sentence without a stop
    std::int64_t since_wall_ms = 0;  // since when it is so; 0: not known
    std::int64_t tick_age_ms = -1;   // since the last tick; -1: not known
    bool is_running() const {
        return state == AgentState::kAlive || state == AgentState::kStarting;
    }
};

// Asks nothing of the machine.
Judgement judge(const Snapshot& snapshot);

// Why what `counters` tells is not of now: the agent's process has ended, it ended in order,
// nothing was written for three of its intervals, or none since the clock was set back. One
// sentence, with the age; empty when it is of now. `now_wall_ms`: wall time. Asks the kernel.
std::string why_old(const CounterFileHead& counters, std::int64_t now_wall_ms);

}  // namespace remora
