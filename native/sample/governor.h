// Holds the agent's true CPU use to its budget by correcting what may be spent on reading.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace remora {

struct GovernorOptions {
    double budget_percent = 0.2;                   // of one core
    double aim = 0.95;                             // share of the budget that is aimed at
    std::int64_t span_ns = 60 * kNanosPerSecond;   // over which the budget holds
    std::int64_t grace_ns = 30 * kNanosPerSecond;  // after the start, not held against the agent
};

// What happened since the last update.
struct GovernorWindow {
    std::int64_t elapsed_ns = 0;
    std::int64_t cpu_ns = 0;  // of all the agent's threads
    std::int64_t read_ns =
        0;  // of it in reads, as the collector timed them (wall; more than CPU when reads wait)
    double predicted_ns_per_s = 0;  // SolveResult::predicted_ns_per_s that held during the window
    bool is_excused = false;        // nothing of it is held against the budget: a trace is recorded
};

// Two controls, the smaller wins:
//  - proportional: (aim * budget - overhead) / bias, where overhead (encoding, rings, wakeups) and
//    bias (measured over predicted read time) are running averages of the last windows;
//  - the span's account: what the last windows, up to a span, have left of the budget. It makes a
//    burst be paid back within the span, as far as reading at a quarter of the proportional budget
//    does that. A single read that takes milliseconds still comes on top.
// There is no integral term: with nothing to wind up, a budget that cannot be used (all at base)
// does no harm later.
//
// Thread safety: core thread only.
class Governor {
 public:
    explicit Governor(const GovernorOptions& options);

    // Takes the window into account and returns the read budget for the next, nanoseconds a second,
    // >= 0, in the sampler's (typical) costs.
    double update(const GovernorWindow& window);

    // CPU that is not held against the budget: registration, a reload.
    void excuse(std::int64_t cpu_ns) { excused_ns_ += cpu_ns; }

    // What was used until now counts as the same share of it.
    void set_budget_percent(double percent);

    double read_budget_ns_per_s() const { return read_budget_; }
    double overhead_ns_per_s() const { return overhead_; }
    // Of one core, over the span; what was excused included.
    double used_ppm() const { return used_ppm_; }
    double budget_ppm() const { return budget_ * 1e-3; }

 private:
    struct Spent {
        std::int64_t elapsed_ns = 0;
        std::int64_t cpu_ns = 0;
        std::int64_t held_ns = 0;  // of it, against the budget
    };
    std::int64_t allowed_ns(std::int64_t elapsed_ns) const;
    double left_in_span(std::int64_t next_ns) const;
    void account(const Spent& spent);

    static constexpr std::size_t kWindows = 64;

    GovernorOptions options_;
    double budget_ = 0;  // nanoseconds of CPU a second
    double read_budget_ = 0;
    double overhead_ = 0;
    double bias_ = 1;
    double used_ppm_ = 0;
    std::int64_t age_ns_ = 0;
    std::int64_t excused_ns_ = 0;
    std::array<Spent, kWindows> windows_{};
    std::size_t next_ = 0;
    bool has_overhead_ = false;
};

}  // namespace remora
