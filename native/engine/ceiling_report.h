// Logs what the CPU ceiling takes from the file, and what is left out for its age.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/log.h"

namespace remora {

// What the ceiling takes at a tick.
struct CeilingState {
    std::uint32_t step = 0;  // of Shedding
    std::uint64_t units_shed = 0;
    std::uint64_t units = 0;
    std::uint32_t stride = 1;          // a tick comes every so many base intervals,
    std::int64_t interval_ns = 0;      // that is every so many nanoseconds
    double lacking_percent = 0;        // the ceiling that would take nothing; 0: not higher
    std::uint64_t series_expired = 0;  // left out of the outputs for their age
};

// One line when the ceiling begins to take something, when that changes, and when it ends; another
// one for series that leave the outputs for their age. Each at most once in kEveryNs. What changes
// more often is not lost: a later line has the state of then, so the last line stays true.
//
// Thread safety: core thread only.
class CeilingReport {
 public:
    // Longer than Log holds back lines with the same key.
    static constexpr std::int64_t kEveryNs = 65 * kNanosPerSecond;

    explicit CeilingReport(Log& log) : log_(log) {}

    // To be called once a tick. `now_ns`: monotonic.
    void tick(const CeilingState& state, std::int64_t now_ns);

 private:
    struct Pace {
        std::uint32_t step = 0;
        std::uint32_t stride = 1;
        bool operator==(const Pace&) const = default;
    };
    // What the last line said, and when.
    template <typename T>
    struct Reported {
        T last{};
        std::int64_t at_ns = -kEveryNs;
        // Whether a line is due; it is taken to be written.
        bool is_due(const T& now, std::int64_t now_ns) {
            if (now == last || now_ns - at_ns < kEveryNs) {
                return false;
            }
            last = now;
            at_ns = now_ns;
            return true;
        }
    };

    Log& log_;
    Reported<Pace> pace_;
    Reported<bool> has_expired_;
};

}  // namespace remora
