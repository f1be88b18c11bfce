// The units that the core has: their names, their families, and who hears when one comes or goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"
#include "cache/cache.h"
#include "engine/channels.h"
#include "engine/unit_part.h"
#include "model/ids.h"
#include "model/name_store.h"
#include "ring/spsc_channel.h"

namespace remora {

// The one way in which a unit enters the core and leaves it. The cache comes first and goes last,
// so every part may look at the unit there. Parts hear in their order, and of a removal in the
// opposite order.
//
// Thread safety: core thread only.
//
// Invariants:
//  (1) A unit has a name here, and every part knows it, exactly while the cache has it.
//  (2) The id of a unit that left goes back to the collector once, after the last part has removed
//  it.
class UnitDirectory {
 public:
    // All outlive the directory. `freed`: takes the ids of units that left.
    UnitDirectory(Cache& cache, SpscChannel<UnitId>& freed, std::vector<UnitPart*> parts, Log& log)
        : cache_(cache), freed_(freed), parts_(std::move(parts)), log_(log) {}

    // Takes the name unless the family has one.
    void name_family(FamilyId family, const std::string& name);

    // Takes in a new unit. One that the cache refuses is logged and nobody hears of it.
    // REQUIRES: not registration.is_kept.
    void add(const Registration& registration);
    // A unit that stays. REQUIRES: registration.is_kept, and the unit was added.
    void keep(const Registration& registration);
    // Lets go of a unit; does nothing when there is none.
    void remove(UnitId unit);

    // Hands ids of units that left to the collector, as many as the channel has room for.
    void give_back_ids();

    // The ObjectName; empty when there is no such unit.
    std::string name_of(UnitId unit) const;
    bool has_family(FamilyId family) const { return family < family_names_.size(); }
    std::size_t families() const { return family_names_.size(); }
    // REQUIRES: has_family(family). Valid until the next name_family() or add().
    const std::string& family_name(FamilyId family) const { return family_names_[family]; }

 private:
    Cache& cache_;
    SpscChannel<UnitId>& freed_;
    const std::vector<UnitPart*> parts_;
    Log& log_;

    NameStore names_;
    std::vector<std::uint16_t> families_;    // by unit
    std::vector<std::string> family_names_;  // by family
    std::vector<UnitId> freed_waiting_;      // ids that did not fit into the channel yet
};

}  // namespace remora
