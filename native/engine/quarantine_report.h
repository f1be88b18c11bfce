// What the agent cannot read at the moment, for its own metrics and the log.
#pragma once

#include <remora/wire.h>

#include <string>
#include <vector>

#include "base/log.h"
#include "engine/self_metrics.h"
#include "engine/unit_directory.h"
#include "model/ids.h"
#include "sample/health.h"

namespace remora {

// Units in quarantine, since their reads failed, and beans that could not even be looked at. A unit
// is logged when it gets into quarantine.
//
// Thread safety: core thread only.
class QuarantineReport {
 public:
    // All outlive this.
    QuarantineReport(const Health& health, const UnitDirectory& units, Log& log)
        : health_(health), units_(units), log_(log) {}

    // Lists what is in quarantine now and logs what was not at the last call. Once a tick.
    void list();
    // As of the last list(); valid until the next one.
    const std::vector<QuarantinedUnit>& units() const { return quarantined_; }

    // A bean could not be looked at, for `status`; kOk: it could, or it is gone.
    void set_undescribed(const std::string& name, wire::ReadStatus status);

 private:
    struct Undescribed {
        std::string name;
        wire::ReadStatus status;
    };

    const Health& health_;
    const UnitDirectory& units_;
    Log& log_;
    std::vector<QuarantinedUnit> quarantined_;
    std::vector<std::string> names_;  // that those view
    std::vector<UnitId> reported_;    // in the log, ascending
    std::vector<Undescribed> undescribed_;
};

}  // namespace remora
