// Spreads the datagrams of a frame over time, so that a receiver's buffer is not overrun. Internal
// to the room.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace remora {

// A receiver with the default 212,992 byte buffer holds about 90 datagrams of 1,432 bytes (the
// kernel charges each with 2,304). So at most kBurst leave at once, and the rest of the frame
// evenly over `spread_ns`; how many they will be is known from the frames before. A frame that
// takes longer than that (it has grown) goes on at kQuickGapNs.
class Pacer {
 public:
    explicit Pacer(std::int64_t spread_ns) : spread_ns_(spread_ns) {}

    void begin_frame(std::int64_t now_ns) {
        begin_ns_ = now_ns;
        sent_ = 0;
        const std::int64_t expected = std::max<std::int64_t>(expected_ - kBurst, 1);
        gap_ns_ = std::clamp(spread_ns_ / expected, kQuickGapNs, kSlowGapNs);
        late_ = false;
    }

    // Nanoseconds until the next datagram may leave, 0 for now.
    std::int64_t wait_ns(std::int64_t now_ns) {
        if (spread_ns_ == 0) {
            return 0;
        }
        if (!late_ && now_ns - begin_ns_ > spread_ns_) {
            late_ = true;
            begin_ns_ = now_ns;
            paced_before_ = sent_;
            gap_ns_ = std::min(gap_ns_, kQuickGapNs);
        }
        const std::int64_t since = late_ ? sent_ - paced_before_ : sent_;
        std::int64_t allowed = kBurst + (now_ns - begin_ns_) / gap_ns_;
        if (allowed - since > 2 * kBurst) {
            // This thread was delayed: what it missed is not sent in one burst.
            begin_ns_ += (allowed - since - 2 * kBurst) * gap_ns_;
            allowed = since + 2 * kBurst;
        }
        if (since < allowed) {
            return 0;
        }
        // Sleep for several, for every wake-up costs.
        return (since + kWakeBurst - allowed) * gap_ns_;
    }

    void sent() { ++sent_; }

    void end_frame() { expected_ = std::max(sent_, expected_ - expected_ / 8); }

    static constexpr std::int64_t kBurst = 16;
    static constexpr std::int64_t kWakeBurst = 8;
    static constexpr std::int64_t kQuickGapNs = 250'000;
    static constexpr std::int64_t kSlowGapNs = 20'000'000;

 private:
    const std::int64_t spread_ns_;
    std::int64_t begin_ns_ = 0;
    std::int64_t gap_ns_ = kQuickGapNs;
    std::int64_t sent_ = 0;
    std::int64_t paced_before_ = 0;
    std::int64_t expected_ = 256;
    bool late_ = false;
};

}  // namespace remora
