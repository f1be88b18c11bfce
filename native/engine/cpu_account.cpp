#include "engine/cpu_account.h"

namespace remora {

CpuWindow CpuAccount::close_window(std::int64_t now_ns, std::int64_t sinks_ns) {
    const std::int64_t cpu_ns = agent_cpu_ns(sinks_ns);
    CpuWindow window;
    window.elapsed_ns = now_ns - begun_ns_;
    window.cpu_ns = cpu_ns - begun_cpu_ns_;
    window.excused_ns = excused_ns_ + excused_elsewhere_ns_.exchange(0, std::memory_order_relaxed);
    window.read_ns = static_cast<std::int64_t>(reads_ns_);
    begun_ns_ = now_ns;
    begun_cpu_ns_ = cpu_ns;
    reads_ns_ = 0;
    excused_ns_ = 0;
    return window;
}

std::int64_t CpuAccount::agent_cpu_ns(std::int64_t sinks_ns) {
    const std::int64_t core_ns = thread_cpu_ns();
    const std::int64_t supervisor_ns = supervisor_.ns();
    counters_.set(Counter::kCoreCpuNanos, static_cast<std::uint64_t>(core_ns));
    counters_.set(Counter::kSinkCpuNanos, static_cast<std::uint64_t>(sinks_ns));
    counters_.set(Counter::kSupervisorCpuNanos, static_cast<std::uint64_t>(supervisor_ns));
    return core_ns + sinks_ns + supervisor_ns +
           static_cast<std::int64_t>(counters_.get(Counter::kCollectorCpuNanos) +
                                     counters_.get(Counter::kHouseCpuNanos));
}

}  // namespace remora
