// What to read now: units whose interval has run out, grouped by family, in bounded slices just
// before each tick.
#pragma once

#include <remora/wire.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "model/ids.h"
#include "model/intervals.h"
#include "plan/round_grid.h"
#include "plan/round_list.h"

namespace remora {

// A unit drawn by chance for the audit of a tick.
struct AuditSample {
    UnitId unit = kNoUnit;
    bool is_due = false;  // read for the tick anyway; otherwise it is read for the audit
};

struct PlanOptions {
    std::int64_t start_ns = 0;  // monotonic time of tick 0 of the emission grid
    std::int64_t base_interval_ns = SamplingConfig{}.base_interval_ms * kNanosPerMilli;
    // Rounds of reading end on multiples of this; it divides the base interval. 0: the base
    // interval.
    std::int64_t quantum_ns = 0;
    // Expected read time that one plan hands out.
    std::int64_t slice_ns = CollectorConfig{}.slice_ms * kNanosPerMilli;
    std::int64_t spacing_ns =
        10 * kNanosPerMilli;  // between two slices of a round, when there is time
    std::int64_t margin_ns = 50 * kNanosPerMilli;  // a round aims to end this long before its tick
    std::int64_t lead_ns_max =
        2 * kNanosPerSecond;  // a round begins at most this long before its tick
    // After the last slice of a round, plan() asks to be called again after this time, until the
    // core has looked at what was read. Units that it wakes then are still read. 0: it does not
    // wait.
    std::int64_t answer_wait_ns = 10 * kNanosPerMilli;
    std::uint32_t units_per_plan_max = 8192;
    // Units drawn for the audit of each tick, all alike likely; 0: none.
    std::uint32_t audit_units = 0;
};

struct PlanResult {
    std::uint32_t units = 0;
    std::uint32_t groups = 0;
    std::uint32_t bytes = 0;   // of the buffer, PlanHeader included
    std::int64_t wake_ns = 0;  // when plan() wants to be called again
};

// Time is cut into rounds, one a quantum; round k collects what must be fresh at start + k *
// quantum and is read just before that. Once a round the flat arrays of all units are scanned
// (about 2 ns a unit): unlike linked lists of timers this follows every change of the interval
// table by itself, and costs no more.
//
// A unit whose interval grew much (a new one whose volatility became known) has its next read
// spread evenly over that interval, so that rounds cost about the same.
//
// Thread safety: collector thread only; the interval table is written by the core.
//
// Invariants:
//  (1) A unit is in the list of a round at most once, and is handed out at most once a round,
//      unless it is woken.
//  (2) With a constant interval of n quanta it is handed out every n rounds exactly.
class Planner {
 public:
    Planner(const PlanOptions& options, const IntervalTable& intervals);

    // A new unit: handed out by the next plan() and again for the next tick. Takes memory (13 bytes
    // a unit). False when `unit` or `family` is out of range.
    bool add(UnitId unit, FamilyId family);
    void remove(UnitId unit);

    // Whether the audit may draw the unit; a new unit may be drawn. Not one whose interval a rule
    // sets.
    void set_audited(UnitId unit, bool audited);

    // The order in which families are read within a round: those of the same objects side by side
    // find them in the processor's caches. For that, families of many units are read in turns, a
    // part of each: the units of a family are expected to have ids in the order of those objects.
    // Families that are not named follow. Those of which one read is expected to take longer than a
    // slice come last: one that hangs costs the others nothing of their tick. Takes memory.
    void set_order(std::span<const FamilyId> families) { list_.set_order(families); }

    // The unit is due whatever its interval (never when it is shed): in the next round, or with
    // `at_once` in the next plan(), but for one that is left alone because it failed.
    void wake(UnitId unit, bool at_once = false);

    // Another grid from now on: base interval, quantum and slice of `options`; the start stays.
    // Units keep the time of their last read as nearly as the new grid can say it.
    void set_grid(const PlanOptions& options);

    // What reading `units` units of `family` took (wall time), for the slices. Ignores families
    // that are out of range.
    void on_cost(FamilyId family, std::uint32_t units, std::int64_t nanos);
    // A read of the unit hung. Its family is read last until its reads are short again. Ignores
    // units that are out of range.
    void on_blocked(UnitId unit);
    // Wall time of reading one unit; 0 for a family that add() does not know.
    std::int64_t expected_ns(FamilyId family) const;

    // Fills `out` (at least sizeof(wire::PlanHeader) + 16 bytes, aligned to 8) with what is to be
    // read at `now_ns`.
    PlanResult plan(std::int64_t now_ns, std::span<std::byte> out);

    // What was drawn for the tick of the round last begun. Valid until the next plan().
    std::span<const AuditSample> audits() const { return audits_; }
    void forget_audits() { audits_.clear(); }

    // Until when all that was due has been read: the end of a round, monotonic. What was handed out
    // has been read when plan() is called again.
    std::int64_t read_until_ns() const { return grid_.end_ns(read_round_); }
    // The core has looked at what was read until `until_ns`, and has named the units that it wakes.
    void note_answered(std::int64_t until_ns) { answered_until_ns_ = until_ns; }
    // Until when all that was due and all that was woken by it has been read.
    std::int64_t complete_until_ns() const { return grid_.end_ns(complete_round_); }

    // Monotonic time of the first emission tick after `now_ns`.
    std::int64_t next_tick_ns(std::int64_t now_ns) const { return grid_.next_tick_ns(now_ns); }

    std::uint32_t units() const { return active_; }
    std::int64_t quantum_ns() const { return options_.quantum_ns; }
    // The quantum that a planner with these options has: one that divides the base interval.
    static std::int64_t quantum_ns_of(const PlanOptions& options);

 private:
    // | flag     | of a unit                      | set by                 | cleared by         |
    // | -------- | ------------------------------ | ---------------------- | ------------------ |
    // | kActive  | there is such a unit           | add                    | remove             |
    // | kUrgent  | due in the next plan           | add, wake with at_once | the next list      |
    // | kWoken   | due whatever its interval      | wake, a list of urgent | hand_out           |
    // | kListed  | in the list of this round      | build_list, draw_audit | hand_out           |
    // | kAudited | drawn already for this audit   | draw_audit             | the end of it      |
    //
    // remove clears all of them; what is in the list without kListed has gone since.
    enum Flag : std::uint8_t { kActive = 1, kListed = 2, kWoken = 4, kUrgent = 8, kAudited = 16 };

    void begin_round(std::int64_t round);
    void begin_urgent(std::int64_t now_ns);
    void build_list(std::int64_t round, bool urgent_only);
    void draw_audit();
    void note_progress();
    bool may_be_due(UnitId unit, std::uint32_t round) const;
    bool is_due(UnitId unit, std::uint32_t round) const;
    void arm(UnitId unit);
    void hand_out(std::span<std::byte> out, PlanResult& result);
    std::int64_t lead_ns() const;
    std::int64_t next_wake(std::int64_t now_ns);

    PlanOptions options_;
    RoundGrid grid_;  // of options_
    const IntervalTable& intervals_;

    // By unit.
    std::vector<std::uint32_t> last_;   // round of the last read, or the one before the first
    std::vector<std::uint16_t> armed_;  // quanta that its last interval had
    std::vector<std::uint16_t> family_;
    std::vector<std::uint8_t> flags_;
    std::vector<float> cost_ns_;  // by family
    RoundList list_;
    std::vector<std::uint8_t> is_audited_;  // by unit
    std::vector<AuditSample> audits_;
    std::uint64_t random_ = 0x9E3779B97F4A7C15ULL;

    std::int64_t round_ = 0;           // the last round begun
    std::int64_t read_round_ = 0;      // the last round read
    std::int64_t complete_round_ = 0;  // the last round read with what it woke
    std::int64_t answered_until_ns_ = 0;
    bool hands_out_woken_ = false;   // the call after the answer did
    std::int64_t deadline_ns_ = 0;   // when the list should have been read
    std::int64_t remaining_ns_ = 0;  // expected read time of what is left of the list
    std::int64_t recent_ns_ = 0;     // expected read time of a round: a maximum that decays
    std::uint32_t active_ = 0;
    std::uint32_t urgent_ = 0;
};

}  // namespace remora
