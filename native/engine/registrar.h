// Registration: beans become units, once. Everything that is decided per unit is decided here,
// never per sample.
#pragma once

#include <remora/wire.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/counter_table.h"
#include "base/log.h"
#include "config/config.h"
#include "engine/aggregate_units.h"
#include "engine/answer_writer.h"
#include "engine/births.h"
#include "engine/cap_report.h"
#include "engine/channels.h"
#include "engine/control_sender.h"
#include "engine/family_table.h"
#include "engine/sweep.h"
#include "engine/undescribed_beans.h"
#include "engine/unit_publisher.h"
#include "engine/unit_table.h"
#include "model/bean.h"
#include "model/intervals.h"
#include "plan/planner.h"
#include "select/selector.h"
#include "select/unmatched.h"

namespace remora {

// Answers control records: what is selected of a bean, whether caps leave room for it, and whether
// it has a unit already.
//
// Thread safety: collector thread only.
//
// Invariants:
//  (1) A control buffer is handled whole or, with -kFull, not at all.
//  (2) The core hears of a unit before its first sample, and of its end after its last.
class Registrar {
 public:
    struct Settings {
        LimitsConfig limits;
        std::uint32_t base_interval_ms = 0;
        std::shared_ptr<const Selector> selector;
        std::uint64_t generation = 0;  // of the configuration; the core gets it with kSwept
        // What is reported when beans have had time to match it; null: nothing is.
        std::shared_ptr<Unmatched> unmatched;
        bool needs_series = false;  // units that stay are named again, for an output that is new
    };

    // All references outlive this.
    Registrar(Settings settings, Channels& channels, Planner& planner, IntervalTable& intervals,
              CounterTable& counters, Log& log);

    // Handles control records; writes one answer for each bean into `answer`. Returns answer bytes
    // or a negative code.
    std::int32_t handle(std::span<const std::uint8_t> control, std::span<std::uint8_t> answer);

    // From now on `settings` decide. Every bean must be offered again (kPlanRediscover): one whose
    // values are the same keeps its unit, one that is not wanted any more loses it. Takes 16 bytes
    // a unit until that is through.
    void begin_sweep(Settings settings);

    // Whether the core can hear of an end of a sweep now.
    bool has_room_to_report() const { return sender_.has_room(); }
    // Nothing has to be decided anew: as if a sweep under `generation` had ended.
    // REQUIRES: has_room_to_report().
    void skip_sweep(std::uint64_t generation);

    // Whether a cap left something out, room has come since, and it is time to look: then
    // begin_refill(). Cheap.
    bool wants_refill(std::int64_t now_ns);
    // A sweep under the same settings.
    void begin_refill();
    // A sweep that decides nothing anew and writes down what is offered (of an MBean what it
    // declares), a bean a line in the form that BeanList reads; at its end the text is handed to
    // Channels::listing. False while another sweep is under way.
    bool begin_listing();
    // Time passes; at each cycle. Cheap.
    void pass(std::int64_t now_ns);

 private:
    bool handle_record(std::span<const std::uint8_t> record);
    void handle_text(std::span<const std::uint8_t> record);
    void handle_bean(std::span<const std::uint8_t> record);
    void handle_undescribed(std::span<const std::uint8_t> record, wire::ReadStatus status);
    void handle_ask(std::span<const std::uint8_t> record);
    bool keep(UnitId unit, const Bean& bean, const Selection& selection);
    Cap add(const Bean& bean, const Selection& selection, FamilyId family, UnitId& unit);
    void refuse(Cap cap, FamilyId family, const Bean& bean, const Selection& selection);
    void not_selected(UnitId known, std::uint32_t token);
    void release(UnitId known);
    void unregister(UnitId unit);
    void note_oversized(std::span<const std::uint8_t> record, const Bean& bean);
    void note_cut(FamilyId family, const Selection& selection);
    void report_refused();
    void report_unanswered();
    void restart(bool is_new_selection);
    void end_sweep();

    Settings settings_;
    Channels& channels_;
    Planner& planner_;
    CounterTable& counters_;
    Log& log_;

    ControlSender sender_;
    FamilyTable families_;
    CapReport caps_;
    UnitTable units_;
    Sweep sweep_;
    Births births_;
    UnitPublisher publisher_;
    AggregateUnits aggregates_;
    UndescribedBeans undescribed_;
    AnswerWriter answers_;
};

}  // namespace remora
