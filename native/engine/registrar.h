// Registration: beans become units, once. Everything that is decided per unit is decided here,
// never per sample.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "config/config.h"
#include "engine/births.h"
#include "engine/channels.h"
#include "model/bean.h"
#include "model/intervals.h"
#include "name/namer.h"
#include "plan/planner.h"
#include "select/admission.h"
#include "select/selector.h"
#include "select/unmatched.h"

namespace remora {

// Thread safety: collector thread only.
//
// Invariants:
//  (1) A control buffer is handled whole or, with -kFull, not at all.
//  (2) A unit id is used again only after the core gave it back: no message of an old unit is taken
//  for a new one's.
class Registrar {
 public:
    struct Settings {
        LimitsConfig limits;
        std::uint32_t base_interval_ms = 10'000;
        std::shared_ptr<const Selector> selector;
        std::uint64_t generation = 0;  // of the configuration; told to the core with kSwept
        // What is said when beans have had time to match it; null: nothing, or said.
        std::shared_ptr<Unmatched> unmatched;
        bool needs_series = false;  // units that stay are named again, for an output that is new
    };

    Registrar(Settings settings, Channels& channels, Planner& planner, IntervalTable& intervals,
              CounterTable& counters, Log& log);

    // Handles control records; writes one answer for each bean into `answer`. Returns answer bytes
    // or a negative code.
    std::int32_t handle(std::span<const std::uint8_t> control, std::span<std::uint8_t> answer);

    // From now on `settings` decide. Every bean must be offered again (kPlanRediscover): one whose
    // values are the same keeps its unit, one that is not wanted any more loses it. Takes 16 bytes
    // a unit until that is through.
    void begin_sweep(Settings settings);

    // Whether the core can be told of an end of a sweep now.
    bool has_room_to_tell() const {
        return channels_.control.room() > 0 && channels_.samples.room() > 0;
    }
    // Nothing has to be decided anew: as if a sweep under `generation` had ended.
    void skip_sweep(std::uint64_t generation);

    // Says once, a minute after a sweep, what the configuration names and no bean has matched.
    void tell_unmatched(std::int64_t now_ns);

    // Whether a cap left something out, room has come since, and it is time to look: then
    // begin_sweep() again. Cheap.
    bool wants_refill(std::int64_t now_ns);
    void begin_refill();
    // Time passes; at each cycle.
    void pass(std::int64_t now_ns) { births_.pass(now_ns); }
    // A sweep that decides nothing anew and writes down what is offered (of an MBean what it
    // declares), a bean a line in the form that BeanList reads; at its end the text is handed to
    // Channels::listing. False while another sweep is under way.
    bool begin_listing();

 private:
    struct UnitFacts {
        std::uint64_t name_hash = 0;
        std::uint64_t shape = 0;  // of its slots
        FamilyId family = 0;
        UnitId aggregate = kNoUnit;  // what is made of it
        std::uint16_t series = 0;
        bool in_use = false;
        bool is_metric_object = false;
        bool is_known_before = false;  // registered before the sweep, not offered again yet
    };
    struct Known {
        std::uint64_t name_hash;
        UnitId unit;
    };
    // A unit that is made of others and lives as long as any of them.
    struct Made {
        UnitId unit = kNoUnit;
        std::uint32_t members = 0;
        // A cap leaves out what would be a member, or a sweep has not come to all of them: it has
        // no value. Only the end of a sweep knows that none is missing.
        bool is_incomplete = false;
        Aggregate how = Aggregate::kNone;
    };
    struct Whole;
    struct Family {
        std::string name;
        std::uint64_t series_refused = 0;  // left out by a cap since the last sweep began
        bool is_told = true;               // the core knows the number
        bool has_alert = false;            // a unit of it is of class alert
    };

    // What a cap leaves out since the last sweep began.
    struct Refusals {
        std::size_t count = 0;
        std::size_t told = 0;  // when the log was told
    };

    // Equal when a unit reads and names the same values in the same order and is part of an
    // aggregate or not. How that is made may change: it stays.
    static std::uint64_t shape_of(const Bean& bean, const Selection& selection);
    bool has_room(std::size_t records) const;
    bool handle_record(std::span<const std::uint8_t> record);
    void handle_undescribed(std::span<const std::uint8_t> record, wire::ReadStatus status);
    void forget_undescribed(std::string_view name);
    void publish_undescribed(std::string_view name, wire::ReadStatus status);
    void handle_bean(std::span<const std::uint8_t> record);
    void handle_ask(std::span<const std::uint8_t> record);
    void release(UnitId known);
    void not_selected(UnitId known, std::uint32_t token);
    void handle_unregister(UnitId unit);
    // The unit that is made of the bean and others, registered with the first of them; kNoUnit when
    // there is to be none. A cap when there is no room for it.
    Cap aggregate_of(const Bean& bean, const Selection& selection, UnitId& aggregate);
    Cap make_aggregate(std::uint64_t key, const Whole& whole, UnitId& aggregate);
    Cap keep_aggregate(UnitId unit, const Bean& bean, const Selection& selection);
    bool is_made(UnitId unit) const;
    bool has_started(std::int64_t now_ns);
    void leave_aggregate(UnitId unit);
    void lose_part(UnitId aggregate);
    void publish_made(const Made& made);
    void answer_bean(std::int32_t unit, std::uint32_t token, FamilyId family,
                     std::span<const Slot> slots);
    UnitId known_unit(std::uint64_t name_hash) const;
    // Whether `unit` goes on as it is. Otherwise it has been unregistered.
    bool keep(UnitId unit, const Bean& bean, const Selection& selection);
    void enter(UnitId unit, FamilyId family, const Bean& bean, const Selection& selection);
    Cap readmit(UnitId unit, Claim claim);
    void publish_unit(UnitId unit, const Bean& bean, const Selection& selection, bool is_kept,
                      Aggregate made_by = Aggregate::kNone);
    // Why there is no unit for it; kNone: there is, in `unit`.
    Cap admit(const Bean& bean, const Selection& selection, FamilyId& family, UnitId& unit);
    // Undoes admit() of a unit that the core was not told of.
    void take_back(UnitId unit, FamilyId family, const Selection& selection);
    void refuse(Cap cap, FamilyId family, const Bean& bean, const Selection& selection);
    void warn_of_window(const Bean& bean, const Selection& selection);
    void note_cut(FamilyId family, const Selection& selection);
    void lose_member(const Bean& bean, const Selection& selection);
    void tell_refused();
    void report_unanswered();
    void warn_of_cap(Refusals& refusals, const char* key, std::uint32_t cap, const char* what);
    Refusals& refusals_of(Cap cap) { return refusals_[static_cast<std::size_t>(cap)]; }
    void end_sweep();
    std::vector<UnitId> find_whole();
    void publish_swept(std::vector<UnitId> whole);
    void list_bean(const Bean& bean);
    void count_units();
    FamilyId family_of(const std::string& name);
    void order_families();
    bool take_id(UnitId& unit);
    void publish(std::unique_ptr<ControlItem> item);

    Settings settings_;
    Namer namer_;
    Channels& channels_;
    Planner& planner_;
    IntervalTable& intervals_;
    CounterTable& counters_;
    Log& log_;

    Admission admission_;
    Births births_;
    std::map<std::string, FamilyId, std::less<>> family_ids_;
    std::vector<Family> families_;
    bool is_order_stale_ = false;
    std::vector<UnitFacts> units_;
    std::unordered_map<std::uint64_t, Made> made_;  // by hash of name, shape and how
    std::vector<UnitId> free_ids_;
    std::uint32_t metric_objects_ = 0;

    std::vector<Known> known_before_;  // while a sweep is under way, ascending by hash
    bool is_sweeping_ = true;          // the first one comes by itself
    bool is_starting_ = true;
    std::size_t units_at_start_ = 0;
    std::int64_t started_ns_ = 0;
    bool readmits_ = false;  // under other caps: what is_known_before is not in admission_
    std::unordered_set<std::uint64_t> refused_;  // hashes of names that a cap left out
    std::array<Refusals, kCapCount> refusals_;   // of those, by cap
    Refusals values_cut_;                        // of beans that are collected
    // Keys of made_ (or of what would be there) of which a cap left out a member.
    std::unordered_set<std::uint64_t> incomplete_;
    bool has_freed_ = false;      // a unit left since the last sweep
    std::int64_t refill_ns_ = 0;  // not before
    std::int64_t refill_wait_ns_ = 0;
    std::int64_t refilled_ns_ = 0;
    std::int64_t unmatched_ns_ = 0;                   // when to tell; 0: a sweep has to end first
    std::unique_ptr<std::string> listing_;            // of the sweep under way
    std::set<std::string, std::less<>> undescribed_;  // what the core was told of

    std::span<std::uint8_t> answer_;
    std::size_t answered_ = 0;
};

}  // namespace remora
