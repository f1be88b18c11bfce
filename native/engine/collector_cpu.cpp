#include "engine/collector_cpu.h"

#include <algorithm>
#include <cstddef>

namespace remora {

std::int64_t CollectorCpu::take_ns() {
    std::int64_t before_ns = 0;
    if (threads_.empty() || !threads_.back().cpu.is_of_this_thread()) {
        before_ns = thread_cpu_ns();
        threads_.emplace_back();
        total_ns_ += before_ns;
    }
    return before_ns + since(threads_.back());
}

std::int64_t CollectorCpu::take_abandoned_ns() {
    std::int64_t taken_ns = 0;
    for (std::size_t i = 0; i + 1 < threads_.size(); ++i) {
        taken_ns += since(threads_[i]);
    }
    if (!threads_.empty()) {
        const auto collector = threads_.end() - 1;
        threads_.erase(std::remove_if(threads_.begin(), collector,
                                      [](const Seen& thread) { return thread.cpu.has_ended(); }),
                       collector);
    }
    return taken_ns;
}

std::int64_t CollectorCpu::since(Seen& thread) {
    const std::int64_t now_ns = thread.cpu.ns();
    const std::int64_t since_ns = now_ns - thread.seen_ns;
    thread.seen_ns = now_ns;
    total_ns_ += since_ns;
    return since_ns;
}

}  // namespace remora
