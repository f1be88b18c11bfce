// The families that there are: their numbers, their order, and what a cap leaves out of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "engine/control_sender.h"
#include "model/ids.h"
#include "plan/planner.h"

namespace remora {

// Thread safety: collector thread only.
//
// Invariant: a family keeps its number for as long as the agent runs.
class FamilyTable {
 public:
    // `counters` outlives this.
    explicit FamilyTable(CounterTable& counters) : counters_(counters) {}

    // The family of that name, a new one when there is none. The last of kFamiliesMax is shared by
    // whatever comes late.
    FamilyId find_or_add(const std::string& name);

    // A unit of it is of class alert, which does not wait for reads that take long.
    void note_alert(FamilyId family);
    // Tells the planner in which order to read families, when that changed. Takes memory.
    void set_order(Planner& planner);

    // A cap leaves out so many more series of the family.
    void note_refused(FamilyId family, std::uint64_t series);
    // Everything is offered again: nothing is left out so far.
    void forget_refused();
    // Sends what is left out of families where that changed, as far as there is room: the next call
    // sends the rest.
    void send_refused(ControlSender& sender);

 private:
    struct Family {
        std::string name;
        std::uint64_t series_refused = 0;
        bool is_reported = true;  // the core knows series_refused
        bool has_alert = false;
    };

    CounterTable& counters_;
    std::map<std::string, FamilyId, std::less<>> ids_;
    std::vector<Family> families_;
    bool is_order_stale_ = false;
};

}  // namespace remora
