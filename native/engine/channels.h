// The channels between the collector thread and the core thread.
#pragma once

#include <remora/wire.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/limits.h"
#include "config/config.h"
#include "model/bean.h"
#include "model/ids.h"
#include "model/message.h"
#include "model/object_name.h"
#include "model/series.h"
#include "plan/planner.h"
#include "ring/spsc_channel.h"
#include "select/unit_policy.h"

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

struct Reload;

// Who has the reload under way (engine/reload.h).
enum class ReloadStage : std::uint8_t { kIdle, kForCore, kForCollector, kFilling, kSwapped };

// Whatever one control call may carry fits the empty channels: three items and five messages a
// record, for its unit and the aggregates that this may come to and leave, and what a call adds.
inline constexpr std::size_t kControlSlots = 4 * wire::kControlRecordsMax;
static_assert(kRingSlots >= 6 * wire::kControlRecordsMax);

struct Channels {
    SpscChannel<Message> samples{kRingSlots};  // collector -> core: ring 1
    // collector -> core, owned by whoever holds the pointer
    SpscChannel<ControlItem*> control{kControlSlots};
    SpscChannel<UnitId> freed{kRingSlots};  // core -> collector: ids that may be used again
    SpscChannel<UnitId> wakes{32'768};      // core -> collector: read these at the next tick
    SpscChannel<AuditSample> audits{1024};  // collector -> core, before the reads they are about
    // collector -> core: all that was due until then has been read and submitted; monotonic
    std::atomic<std::int64_t> read_until_ns{0};
    // core -> collector: all of that was looked at, and what it wakes is in `wakes`
    std::atomic<std::int64_t> answered_until_ns{0};
    // collector -> core: what it woke has been read too; a tick waits for this
    std::atomic<std::int64_t> settled_until_ns{0};
    // core -> collector: a tick comes every so many base intervals
    std::atomic<std::uint32_t> stride{1};
    std::atomic<bool> off{false};  // a fault switched the agent off
    std::atomic<ReloadStage> reload_stage{ReloadStage::kIdle};
    Reload* reload = nullptr;  // whoever the stage names may touch it; owned by the Reloader
    std::atomic<bool> list_beans{false};         // house -> collector: somebody asked for a list
    std::atomic<std::string*> listing{nullptr};  // collector -> house: the list; the taker's
    std::atomic<std::string*> facts{nullptr};    // shim -> house: more is known; the taker's
    // CPU of the collector and the house that no budget is held to, since the core last looked:
    // describing and registering beans, reloads.
    std::atomic<std::int64_t> excused_cpu_ns{0};

    ~Channels() {
        delete listing.load();
        delete facts.load();
        ControlItem* item = nullptr;
        while (control.try_pop(item)) {
            delete item;
        }
    }
};

}  // namespace remora
