// Tells the core of units, with their names.
#pragma once

#include <cstdint>

#include "engine/births.h"
#include "engine/control_sender.h"
#include "engine/sweep.h"
#include "engine/unit_table.h"
#include "model/bean.h"
#include "name/namer.h"
#include "plan/planner.h"
#include "select/selector.h"

namespace remora {

// Thread safety: collector thread only.
class UnitPublisher {
 public:
    // All outlive this.
    UnitPublisher(ControlSender& sender, const UnitTable& units, const Sweep& sweep, Births& births,
                  Planner& planner)
        : sender_(sender), units_(units), sweep_(sweep), births_(births), planner_(planner) {}

    // Whether units that stay are named again, for an output that is new.
    void set_names_kept(bool names_kept) { names_kept_ = names_kept; }

    // How a unit is made of others.
    struct Making {
        Aggregate how = Aggregate::kNone;  // kNone: it is read
        bool is_incomplete = false;        // it lacks some of them
    };
    // REQUIRES: the unit has been entered, and the sender has room.
    void send_new(UnitId unit, const Bean& bean, const Selection& selection, const Making& making) {
        send(unit, bean, selection, making, false);
    }
    // A unit that the core has already and that stays. REQUIRES: as above.
    void send_kept(UnitId unit, const Bean& bean, const Selection& selection,
                   const Making& making) {
        send(unit, bean, selection, making, true);
    }
    // An aggregate is made otherwise from now on. REQUIRES: as above.
    void send_making(UnitId aggregate, const Making& making);

 private:
    void send(UnitId unit, const Bean& bean, const Selection& selection, const Making& making,
              bool is_kept);

    ControlSender& sender_;
    const UnitTable& units_;
    const Sweep& sweep_;
    Births& births_;
    Planner& planner_;
    Namer namer_;
    bool names_kept_ = false;
};

}  // namespace remora
