// What the last values mean: rates, shares and sums, by name; and how they went.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "watch/snapshot.h"

namespace remora {

// By the key of kafka/watched_values.h: a value as it is, or what it grows by a second when it
// counts. And "remora_cpu_percent", of one core; "remora_cached_percent", so far.
using Figures = std::map<std::string, double, std::less<>>;

// What is not known is not there.
Figures figures_of(const Snapshot& snapshot);

// Nothing when it is not known.
std::optional<double> figure(const Figures& figures, std::string_view name);

// Figures of the ticks that were seen, oldest first.
//
// Thread safety: one thread.
class History {
 public:
    static constexpr std::size_t kTicksMax = 360;

    // Does nothing for a tick that was noted already. What is not known at a tick is no number.
    void note(const Snapshot& snapshot, const Figures& figures);
    // Empty when it was never known.
    const std::deque<double>& of(std::string_view name) const;

 private:
    std::map<std::string, std::deque<double>, std::less<>> series_;
    std::int64_t last_wall_ms_ = 0;
    std::size_t ticks_ = 0;
};

}  // namespace remora
