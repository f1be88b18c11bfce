// The channels between the collector thread and the core thread.
#pragma once

#include <remora/wire.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/limits.h"
#include "config/config.h"
#include "engine/reload_handover.h"
#include "model/bean.h"
#include "model/ids.h"
#include "model/last_values.h"
#include "model/message.h"
#include "model/object_name.h"
#include "model/series.h"
#include "plan/planner.h"
#include "ring/spsc_channel.h"
#include "select/unit_policy.h"
#include "tune/profile.h"

namespace remora {

// A unit on its way from registration to the core, which takes it over.
struct Registration {
    UnitId unit = kNoUnit;
    FamilyId family = 0;
    std::string family_name;
    OwnedObjectName name;  // of a unit that stays only where the core needs it
    BeanKind kind = BeanKind::kMBean;
    std::vector<Series> series;  // one for each slot
    UnitPolicy policy;
    UnitId aggregate = kNoUnit;  // the unit that is made of this one and others
    // Not kNone: this unit is made of others and never read.
    Aggregate made_by = Aggregate::kNone;
    // Made of others, and a cap leaves out some of them.
    bool is_incomplete = false;
    // The bean came while the agent ran: its counters began at 0.
    bool is_new = false;
    // A unit that the core has already and that stays: `series` is empty unless an output is new.
    bool is_kept = false;
};

// What travels beside ring 1 because it is not of fixed size. A message kControl in ring 1 says
// when to take it.
struct ControlItem {
    enum class Kind : std::uint8_t { kUnit, kText, kUndescribed, kRefused, kSwept };
    Kind kind = Kind::kUnit;
    Registration registration;  // kUnit
    std::uint32_t text_id = 0;  // kText
    std::string text;           // kText; kUndescribed: name of the bean
    // kUndescribed: why the bean could not be looked at; kOk: it could, or is gone.
    wire::ReadStatus status = wire::ReadStatus::kOk;
    // kRefused: registration.family and family_name, and how many of its series a cap leaves out.
    std::uint64_t series_refused = 0;
    std::uint64_t generation = 0;  // kSwept: of the configuration that everything was offered under
    std::vector<UnitId> whole;     // kSwept: units made of others that lack none of those any more
};

// Whatever one control call may carry fits the empty channels: three items and five messages a
// record, for its unit and the aggregates that this may come to and leave, and what a call adds.
inline constexpr std::size_t kControlSlots = 4 * wire::kControlRecordsMax;
static_assert(kRingSlots >= 6 * wire::kControlRecordsMax);

// All channels between two threads of the engine, except ring 2, of which each output has its own.
// Each comment names the one writer and the one reader. Whoever holds a pointer owns it.
struct Channels {
    // --- collector to core

    // Ring 1: samples, and what says when to take the next item of `control`.
    // Writer: the collector (SampleDecoder, ControlSender). Reader: the core (Core::drain).
    SpscChannel<Message> samples{kRingSlots};
    // Registrations, texts and the like; the reader deletes an item.
    // Writer: the collector (ControlSender). Reader: the core (Core::handle_control).
    SpscChannel<ControlItem*> control{kControlSlots};
    // Units drawn for the audit, before the reads that they are about.
    // Writer: the collector (CollectorSide). Reader: the core (AuditDraw).
    SpscChannel<AuditSample> audits{1024};
    // Until when all that was due has been read and submitted; monotonic.
    // Writer: the collector (CollectorSide). Reader: the core (Core).
    std::atomic<std::int64_t> read_until_ns{0};
    // Until when what the core woke has been read too; a tick waits for this. Monotonic.
    // Writer: the collector (CollectorSide). Reader: the core (Core).
    std::atomic<std::int64_t> complete_until_ns{0};

    // --- core to collector

    // Ids that may be used again.
    // Writer: the core (UnitDirectory). Reader: the collector (UnitTable).
    SpscChannel<UnitId> freed{kRingSlots};
    // Units to be read before the next tick.
    // Writer: the core (WakeList). Reader: the collector (CollectorSide).
    SpscChannel<UnitId> wakes{32'768};
    // Until when the core has looked at what was read, and put into `wakes` what that wakes.
    // Writer: the core (Core). Reader: the collector (CollectorSide).
    std::atomic<std::int64_t> answered_until_ns{0};
    // A tick comes every so many base intervals.
    // Writer: the core (CeilingControl). Reader: the collector (CollectorSide).
    std::atomic<std::uint32_t> stride{1};

    // --- the housekeeping thread and others

    // Somebody asked for a list of beans; the reader clears it.
    // Writer: the housekeeping thread (Housekeeper). Reader: the collector (CollectorSide).
    std::atomic<bool> list_beans{false};
    // That list.
    // Writer: the collector (Registrar). Reader: the housekeeping thread (Housekeeper).
    std::atomic<std::string*> listing{nullptr};
    // All facts of the host, when more is known.
    // Writer: the shim's thread (Engine::learn). Reader: the housekeeping thread (Housekeeper).
    std::atomic<std::string*> facts{nullptr};
    // What the agent's own collection costs, once a minute. The reader deletes it.
    // Writer: the core (Profiler). Reader: the housekeeping thread (Housekeeper).
    std::atomic<AgentProfile*> profile{nullptr};
    // What the agent knew at a tick. The reader deletes it.
    // Writer: the core (ValueWatch). Reader: the housekeeping thread (Housekeeper).
    std::atomic<LastValues*> values{nullptr};
    // The reload under way. It goes round the threads, so each writes and reads it in its turn.
    ReloadHandover reload;

    // --- of many writers, since each only adds

    // A fault switched the agent off: set, never cleared.
    // Writer: any thread (Engine::fault). Reader: the collector (CollectorSide).
    std::atomic<bool> off{false};
    // CPU that no budget is held to, since the reader last took it: describing and registering
    // beans, reloads.
    // Writer: the collector and the housekeeping thread. Reader: the core (CpuAccount).
    std::atomic<std::int64_t> excused_cpu_ns{0};
    // Somebody asked for the configuration to be read now; the reader clears it.
    // Writer: threads of the shim (Engine::reload). Reader: the house thread (Housekeeper).
    std::atomic<bool> reread{false};

    ~Channels() {
        delete listing.load();
        delete facts.load();
        delete profile.load();
        delete values.load();
        ControlItem* item = nullptr;
        while (control.try_pop(item)) {
            delete item;
        }
    }
};

}  // namespace remora
