// A bound on the CPU time of a thread whose work others ask for. Internal to the room.
#pragma once

#include <algorithm>
#include <cstdint>

namespace remora {

// The thread may use `share` of one core in the long run, and `burst_ns` at once.
//
// Thread safety: that thread.
class CpuAllowance {
 public:
    CpuAllowance(double share, std::int64_t burst_ns)
        : share_(share), burst_ns_(burst_ns), left_ns_(burst_ns) {}

    // Takes in what a turn used, at monotonic time `now_ns`. Returns for how long to rest, 0: not
    // at all.
    std::int64_t spend(std::int64_t used_ns, std::int64_t now_ns) {
        const auto since_ns = static_cast<double>(std::max<std::int64_t>(now_ns - last_ns_, 0));
        last_ns_ = now_ns;
        const double left = std::min(static_cast<double>(left_ns_) + share_ * since_ns,
                                     static_cast<double>(burst_ns_));
        left_ns_ = static_cast<std::int64_t>(left) - used_ns;
        return left_ns_ >= 0 ? 0
                             : static_cast<std::int64_t>(static_cast<double>(-left_ns_) / share_);
    }

 private:
    const double share_;
    const std::int64_t burst_ns_;
    std::int64_t left_ns_;
    std::int64_t last_ns_ = 0;
};

}  // namespace remora
