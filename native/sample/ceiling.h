// Holds the agent's measured CPU under its ceiling: what may be read, and how often a tick comes.
#pragma once

#include <array>
#include <cstddef>
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

// What reads cost at the least, in the sampler's costs.
struct ReadNeed {
    double each_tick_ns = 0;     // of one tick: what is read for every tick
    double others_ns_per_s = 0;  // of all else, bounds widened as far as they go with nothing lost
};

struct Allowance {
    double reads_ns_per_s = 0;  // in the sampler's costs
    std::uint32_t stride = 1;   // a tick comes every so many base intervals
};

// The ceiling is for everything. What is not reads (encoding, rings, files, wakeups) is measured;
// the reads get the rest, corrected by what reads were measured to cost over what was predicted.
//
// Overhead never takes the share of the reads: when it and what the classes need at the least do
// not fit under the ceiling, ticks come less often, since most of it is paid by the tick, and the
// reads still get what they need at the least. Ticks come more often again when that would have
// fitted with room to spare twice in a row.
//
// Nothing is held against the agent for its start: until two windows were measured with warm code
// there is no limit. There is no debt: what one window used beyond the ceiling does not lower what
// the next ones may. Overhead is the median of three windows.
//
// Thread safety: core thread only.
class Ceiling {
 public:
    // `percent`: of one core.
    explicit Ceiling(double percent) { configure(percent, 0); }

    // Another configuration. When ceiling or base interval differ, what was measured is forgotten:
    // a tick comes every base interval, without a limit, until two windows are known. Returns
    // whether they differ.
    bool configure(double percent, std::int64_t base_ns);

    // Takes in a window. `may_stretch`: false while the stride has to stay.
    Allowance update(const CpuWindow& window, const ReadNeed& need, bool may_stretch = true);

    std::uint32_t stride() const { return stride_; }

    static constexpr double kNoLimit = 1e18;
    // The share of the ceiling that is aimed at, so that noise does not exceed it.
    static constexpr double kAim = 0.92;

    // How many base intervals of `base_s` seconds apart ticks come, at the least, so that what a
    // tick costs and what is read besides fit into `most_ns_per_s`. What is read besides never
    // counts for more than half of that.
    static std::uint32_t stride_for(double most_ns_per_s, double tick_ns, double others_ns_per_s,
                                    double base_s);

    // The ceiling, in percent of one core, under which a tick can come every base interval with no
    // bound widened. As above; `others_ns_per_s` at their bounds.
    static double percent_for(double tick_ns, double others_ns_per_s, double base_s);
    // The same with what was measured. `need`: others at their bounds as configured.
    double needed_percent(const ReadNeed& need) const;

    double ns_per_s() const { return ceiling_; }
    double percent() const;
    double ppm() const { return ceiling_ * 1e-3; }
    // Of one core, a running average over about a minute; what was excused is in it.
    double used_ppm() const { return used_ppm_; }
    double overhead_ns_per_tick() const { return overhead_; }
    // Measured over predicted cost of reads.
    double bias() const { return bias_; }

 private:
    static constexpr std::size_t kWindows = 3;

    double typical_overhead() const;
    void learn(const CpuWindow& window, double tick_s);
    void choose_stride(double tick_ns, double others_ns_per_s, double base_s);

    double ceiling_ = 0;                        // nanoseconds of CPU a second
    std::int64_t base_ns_ = 0;                  // the base interval as configured
    double overhead_ = 0;                       // nanoseconds a tick
    std::array<double, kWindows> overheads_{};  // of the last windows
    double bias_ = 1;
    double used_ppm_ = 0;
    std::int64_t age_ns_ = 0;
    std::uint32_t windows_ = 0;  // learnt from
    std::uint32_t stride_ = 1;
    std::uint32_t fits_ = 0;  // times in a row that fewer would have done
};

}  // namespace remora
