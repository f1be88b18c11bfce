// What has to know of every unit that the core has.
#pragma once

#include <string>

#include "engine/channels.h"
#include "model/ids.h"

namespace remora {

// Hears from UnitDirectory of units that come, stay through a reload, or leave.
//
// Thread safety: core thread only. Called at registration, never per sample or tick.
class UnitPart {
 public:
    // A family gets its name, before the first unit of it is added. Once a family.
    virtual void name_family(FamilyId /*family*/, const std::string& /*name*/) {}
    // A unit that the cache has just taken in.
    virtual void add(const Registration& registration) = 0;
    // A unit that stays, under another policy or with outputs that are new. `registration.series`
    // is empty unless an output is new; the name is there only then and where its partition counts.
    virtual void keep(const Registration& /*registration*/) {}
    // REQUIRES: the unit was added. The cache still has it.
    virtual void remove(UnitId unit) = 0;

 protected:
    ~UnitPart() = default;
};

}  // namespace remora
