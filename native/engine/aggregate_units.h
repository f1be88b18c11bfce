// Units that are made of others: one for all partitions of a topic.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/family_table.h"
#include "engine/sweep.h"
#include "engine/unit_publisher.h"
#include "engine/unit_table.h"
#include "model/bean.h"
#include "model/ids.h"
#include "select/admission.h"
#include "select/selector.h"

namespace remora {

// Registers an aggregate with its first member, counts the members, and knows when it lacks one: a
// sum of some partitions must not look like the sum of all.
//
// Thread safety: collector thread only. What sends REQUIRES room in the control channel.
//
// Invariant: an aggregate has a member, but between join() and add_member().
class AggregateUnits {
 public:
    // All outlive this.
    AggregateUnits(UnitTable& units, FamilyTable& families, UnitPublisher& publisher,
                   const Sweep& sweep)
        : units_(units), families_(families), publisher_(publisher), sweep_(sweep) {}

    // Finds or registers what the bean's unit is to be part of; kNoUnit in `aggregate`: nothing.
    // Returns the cap that leaves the aggregate out, and the bean with it. add_member() next.
    Cap join(const Bean& bean, const Selection& selection, UnitId& aggregate);
    // A unit that was just entered is part of the aggregate.
    void add_member(UnitId unit, UnitId aggregate);
    // A unit that stays remains part of `aggregate` (kNoUnit: of none). The first member that a
    // sweep offers keeps the aggregate too, as what its selection makes of it: a sum or a maximum.
    // Returns the cap that now refuses it.
    Cap keep(UnitId aggregate, const Bean& bean, const Selection& selection);
    // A member leaves its aggregate. Returns the aggregate when that was its last one: it is to be
    // unregistered. kNoUnit otherwise.
    UnitId leave(UnitId unit);

    // A cap leaves out the bean, which would have been a member.
    void lose_member(const Bean& bean, const Selection& selection);
    // A member leaves because of another selection. `aggregate` (kNoUnit: none) is then incomplete
    // and no longer shown.
    void lose_part(UnitId aggregate);
    // Whether the unit is an aggregate, which the shim does not know.
    bool is_aggregate(UnitId unit) const;

    // Everything is offered again.
    void begin_sweep() { incomplete_.clear(); }
    // Everything has been offered: the aggregates that lacked a member before and do not now.
    std::vector<UnitId> end_sweep();

 private:
    struct Made {
        UnitId unit = kNoUnit;
        std::uint32_t members = 0;
        // A cap leaves out what would be a member, or a sweep has not come to all of them: it has
        // no value. Only the end of a sweep knows that none is missing.
        bool is_incomplete = false;
        Aggregate how = Aggregate::kNone;

        UnitPublisher::Making making() const { return {how, is_incomplete}; }
    };
    struct Whole;

    Cap make(std::uint64_t key, const Whole& whole, UnitId& aggregate);

    UnitTable& units_;
    FamilyTable& families_;
    UnitPublisher& publisher_;
    const Sweep& sweep_;
    std::unordered_map<std::uint64_t, Made> made_;  // by hash of name, shape and how
    // Keys of made_ (or of what would be there) of which a cap left out a member.
    std::unordered_set<std::uint64_t> incomplete_;
};

}  // namespace remora
