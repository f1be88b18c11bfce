// Whether all is well with an agent and what it sees of its broker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "watch/agent_state.h"
#include "watch/snapshot.h"

namespace remora {

// Something that is not well now.
struct Reason {
    std::string name;  // "under_replicated", for scripts
    bool is_brokers = false;
    std::string what;    // "3 partitions are under-replicated"
    std::string remedy;  // what to do
};

struct Verdict {
    Judgement agent;
    std::vector<Reason> reasons;  // the broker's first; none of an agent that does not run

    // 0: well, 1: degraded, 2: it does not run.
    int exit_status() const;
    // "well", "degraded", or that of the agent: "DEAD".
    std::string word() const;
};

// Asks nothing of the machine.
Verdict verdict_of(const Snapshot& snapshot);

// "broker 1, cluster MkU3...", as far as it is known; else the process.
std::string called(const Snapshot& snapshot);

}  // namespace remora
