// The units that were drawn by chance for the audit of a tick, and what reading them found.
#pragma once

#include <cstdint>
#include <vector>

#include <remora/wire.h>

#include "cache/cache.h"
#include "engine/unit_part.h"
#include "model/intervals.h"
#include "plan/planner.h"
#include "ring/spsc_channel.h"
#include "sample/audit.h"
#include "sample/sampler.h"

namespace remora {

// Example: a unit that is read once a minute is drawn for a tick between two of its reads. It is
// read for the audit; how far the read lies from the cached value is the error that this tick
// would have emitted. A unit that is due for the tick anyway has no error when its read comes in
// time, and the error that its next read finds when it does not.
//
// The order within a tick: take() for what was drawn, end_read() as reads come, judge() when all
// that is due has been read, end_tick() when the tick goes out.
//
// Thread safety: core thread only.
class AuditDraw final : public UnitPart {
 public:
    // All outlive this. `drawn`: filled by the collector, before the reads that it is about.
    AuditDraw(SpscChannel<AuditSample>& drawn, const Cache& cache, const Sampler& sampler,
              const IntervalTable& intervals);

    void add(const Registration& registration) override;
    void remove(UnitId unit) override { states_[unit] = State::kNotDrawn; }

    // Takes what was drawn since the last call. Units of which the last tick emitted nothing are
    // not audited.
    void take();

    // Whether the next read of `unit` is for end_read(). Called for every read: cheap.
    // REQUIRES: the unit was added.
    bool is_drawn(UnitId unit) const { return states_[unit] != State::kNotDrawn; }
    // A unit that was drawn has been read. Returns whether it was read for the audit alone.
    // REQUIRES: is_drawn(unit).
    bool end_read(UnitId unit, wire::ReadStatus status, const Applied& applied);

    // Decides about the reads for the audit alone: a unit that would have been woken for this tick
    // would not have been emitted wrong.
    void judge();
    // The tick goes out. `is_unfinished`: it did not wait for all its reads.
    void end_tick(std::int64_t now_ns, bool is_unfinished);

    const AccuracyAudit& accuracy() const { return accuracy_; }

 private:
    enum class State : std::uint8_t {
        kNotDrawn,
        kResting,  // not due: read for the audit alone
        kDue,      // read for the tick anyway: no error, when that read comes in time
        kMissed,   // that read did not come in time: the next one shows the error of the tick
    };
    struct Finding {
        UnitId unit = kNoUnit;
        std::uint32_t interval_ms = 0;  // before the read
        float deviation = 0;
    };

    SpscChannel<AuditSample>& channel_;
    const Cache& cache_;
    const Sampler& sampler_;
    const IntervalTable& intervals_;
    AccuracyAudit accuracy_;
    std::vector<State> states_;       // by unit
    std::vector<UnitId> drawn_;       // kResting or kDue
    std::vector<UnitId> last_drawn_;  // for the last tick that any were drawn for
    std::vector<Finding> findings_;   // of the reads for the audit alone, for the next tick
};

}  // namespace remora
