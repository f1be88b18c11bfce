// Holds the agent's measured CPU under its ceiling: what may be read, and how often a tick comes.
#pragma once

#include <cstdint>

namespace remora {

// What happened since the last update.
struct CpuWindow {
    std::int64_t elapsed_ns = 0;
    std::int64_t cpu_ns = 0;        // of all the agent's threads
    std::int64_t excused_ns = 0;    // of it, not held against the agent: registering, a reload
    std::int64_t read_ns = 0;       // of it, in reads
    double predicted_ns_per_s = 0;  // of reads: SolveResult's of the solve that held meanwhile
};

struct Allowance {
    double reads_ns_per_s = 0;  // in the sampler's costs
    std::uint32_t stride = 1;   // a tick comes every so many base intervals
};

// The ceiling is for everything. What is not reads (encoding, rings, files, wakeups) is measured;
// the reads get the rest, corrected by what reads were measured to cost over what was predicted.
//
// Overhead never takes the share of the classes that are read for every tick: when both do not fit
// under the ceiling, ticks come less often, since both are paid by the tick. They come more often
// again when that would have fitted with room to spare three times in a row.
//
// Nothing is held against the agent for its start, and there is no debt: what one window used
// beyond the ceiling does not lower what the next ones may.
//
// Thread safety: core thread only.
class Ceiling {
 public:
    // `percent`: of one core.
    explicit Ceiling(double percent) { set_percent(percent); }

    void set_percent(double percent);

    // Takes in a window. `each_tick_ns`: reads of one tick that must not be given up. `base_ns`:
    // the base interval as configured.
    Allowance update(const CpuWindow& window, double each_tick_ns, std::int64_t base_ns);

    double ns_per_s() const { return ceiling_; }
    double ppm() const { return ceiling_ * 1e-3; }
    // Of one core, a running average over about a minute; what was excused is in it.
    double used_ppm() const { return used_ppm_; }
    double overhead_ns_per_tick() const { return overhead_; }
    // Measured over predicted cost of reads.
    double bias() const { return bias_; }

 private:
    std::uint32_t stride_for(double tick_ns, double aim, std::int64_t base_ns) const;

    double ceiling_ = 0;   // nanoseconds of CPU a second
    double overhead_ = 0;  // nanoseconds a tick
    double bias_ = 1;
    double used_ppm_ = 0;
    std::int64_t age_ns_ = 0;
    std::uint32_t windows_ = 0;  // learnt from
    std::uint32_t stride_ = 1;
    std::uint32_t fits_ = 0;  // times in a row that fewer would have done
};

}  // namespace remora
