#include "watch/agent_state.h"

#include <algorithm>

#include "watch/units.h"

namespace remora {
namespace {

constexpr int kIntervalsUntilOld = 3;
constexpr std::int64_t kStartMsLeast = 120'000;  // a busy machine's first tick comes late

bool is_ahead(const CounterFileHead& counters, std::int64_t now_wall_ms) {
    return now_wall_ms - counters.written_wall_ms < -kClockStepMs;
}

bool is_old(const CounterFileHead& counters, std::int64_t now_wall_ms) {
    return now_wall_ms - counters.written_wall_ms > kIntervalsUntilOld * counters.interval_ms;
}

Judgement judged(AgentState state, const char* word, std::string why, std::int64_t since_ms) {
    Judgement judgement;
    judgement.state = state;
    judgement.word = word;
    judgement.why = std::move(why);
    judgement.since_wall_ms = since_ms;
    return judgement;
}

// Of an agent that has no last values.
Judgement judge_start(const CounterFile& counters, std::int64_t now_ms) {
    if (count_of(counters, Counter::kTicks) > 0) {
        return judged(AgentState::kAlive, "ALIVE", "", counters.start_wall_ms);
    }
    const auto tick_ms =
        static_cast<std::int64_t>(count_of(counters, Counter::kTickIntervalMillis));
    const std::int64_t most_ms =
        std::max(kStartMsLeast, kIntervalsUntilOld * std::max(tick_ms, counters.interval_ms));
    if (now_ms - counters.start_wall_ms > most_ms) {
        return judged(AgentState::kStalled, "STALLED",
                      "its threads live and no tick has come since its start: look at the broker's "
                      "threads",
                      counters.start_wall_ms);
    }
    return judged(AgentState::kStarting, "STARTING", "no tick yet", counters.start_wall_ms);
}

// Of an agent that writes its counters.
Judgement judge_ticks(const CounterFile& counters, const LastValues* values, std::int64_t now_ms) {
    if (values == nullptr) {
        return judge_start(counters, now_ms);
    }
    const std::int64_t interval_ms = std::max(values->tick_interval_ms, counters.interval_ms);
    if (now_ms - values->tick_wall_ms > kIntervalsUntilOld * interval_ms) {
        return judged(AgentState::kStalled, "STALLED",
                      "its threads live and ticks do not come: look at the broker's threads",
                      values->tick_wall_ms);
    }
    return judged(AgentState::kAlive, "ALIVE", "", counters.start_wall_ms);
}

}  // namespace

Judgement judge(const Snapshot& snapshot) {
    if (!snapshot.counters) {
        return judged(AgentState::kAbsent, "ABSENT", snapshot.trouble, 0);
    }
    const CounterFile& counters = *snapshot.counters;
    const std::string process = "process " + std::to_string(counters.process.pid);
    const std::int64_t now_ms = snapshot.now_wall_ms;
    Judgement found;
    if (snapshot.process_ended) {
        found = judged(AgentState::kDead, "DEAD",
                       process + (counters.is_over ? " ended in order" : " was killed or crashed"),
                       counters.written_wall_ms);
    } else if (counters.is_over) {
        found = judged(AgentState::kOff, "OFF",
                       "the agent ended in order, and " + process + " may live on without it",
                       counters.written_wall_ms);
    } else if (count_of(counters, Counter::kFaults) > 0) {
        found = judged(AgentState::kOff, "OFF",
                       "a fault switched the agent off; the broker is not affected", 0);
    } else if (is_ahead(counters, now_ms)) {
        found = judged(AgentState::kStalled, "STALLED",
                       "counters are of no known age: the clock was set back by " +
                           in_duration_ms(counters.written_wall_ms - now_ms),
                       0);
    } else if (is_old(counters, now_ms)) {
        found = judged(AgentState::kStalled, "STALLED",
                       process + " hangs, its agent is off, or it cannot be seen from here",
                       counters.written_wall_ms);
    } else {
        found = judge_ticks(counters, snapshot.values ? &*snapshot.values : nullptr, now_ms);
    }
    if (snapshot.values) {
        found.tick_age_ms = std::max<std::int64_t>(0, now_ms - snapshot.values->tick_wall_ms);
    }
    return found;
}

std::string why_old(const CounterFileHead& counters, std::int64_t now_wall_ms) {
    const std::int64_t age_ms = now_wall_ms - counters.written_wall_ms;
    const bool ahead = is_ahead(counters, now_wall_ms);
    const bool ended = has_ended(counters.process);
    if (!ended && !counters.is_over && !ahead && !is_old(counters, now_wall_ms)) {
        return {};
    }
    return (ahead ? "of no known age, written " + std::to_string(-age_ms / 1000) +
                        " s ahead of this clock, which was set back"
                  : "old, written " + std::to_string(age_ms / 1000) + " s ago") +
           ": process " + std::to_string(counters.process.pid) +
           (ended              ? " has ended"
            : counters.is_over ? " has no agent any more"
                               : " hangs, its agent is off, or it cannot be seen from here");
}

}  // namespace remora
