// What the whole agent used of the processors since the last tick.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/counter_table.h"
#include "sample/ceiling.h"

namespace remora {

// Adds up the CPU of the agent's threads, of which each counts its own, and what of it is excused:
// work that is paid once, such as taking in new units, says nothing about the next interval.
//
// Thread safety: core thread only, but for the constructor, which the thread calls that watches the
// collector from then on.
class CpuAccount {
 public:
    // `begun_ns`: when the first window begins, monotonic. `excused_elsewhere_ns`: what other
    // threads excuse; taken at each window. Both references outlive this.
    CpuAccount(std::int64_t begun_ns, std::atomic<std::int64_t>& excused_elsewhere_ns,
               CounterTable& counters)
        : excused_elsewhere_ns_(excused_elsewhere_ns), counters_(counters), begun_ns_(begun_ns) {}

    // Reads took `ns` of the collector's CPU.
    void add_reads(double ns) { reads_ns_ += ns; }
    // What this thread used since `begun_cpu_ns` of its CPU time is excused.
    void excuse_since(std::int64_t begun_cpu_ns) { excused_ns_ += thread_cpu_ns() - begun_cpu_ns; }

    // Ends the window at `now_ns` and begins the next. `sinks_ns`: CPU of every sink thread that
    // there ever was. Sets the counters of CPU by thread. predicted_ns_per_s is left as it is.
    CpuWindow close_window(std::int64_t now_ns, std::int64_t sinks_ns);

 private:
    std::int64_t agent_cpu_ns(std::int64_t sinks_ns);

    std::atomic<std::int64_t>& excused_elsewhere_ns_;
    CounterTable& counters_;
    ThreadCpu supervisor_;
    std::int64_t begun_ns_;
    std::int64_t begun_cpu_ns_ = 0;
    double reads_ns_ = 0;
    std::int64_t excused_ns_ = 0;
};

}  // namespace remora
