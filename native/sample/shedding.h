// What gives way when even the bounds cost more than the ceiling allows.
#pragma once

#include <array>
#include <cstdint>

#include "model/unit_class.h"
#include "sample/bounds.h"

namespace remora {

// Of the units of one class, nanoseconds of reads a second.
struct ClassCost {
    double at_base = 0;   // each at its base interval
    double at_bound = 0;  // each at its bound, not widened
    double ruled = 0;     // those whose bound is a rule's, at it: never widened, not in at_bound
};

struct ClassCosts : std::array<ClassCost, kUnitClasses> {
    // Of classes alert and broker, one read of each that is read at every tick of `base_ms`, ns.
    double each_tick_ns = 0;

    // Takes in reads of units of this kind that cost `ns` together.
    void add(const AgeBounds::Kind& kind, double ns, std::uint32_t base_ms) {
        ClassCost& sum = (*this)[static_cast<std::size_t>(kind.unit_class)];
        sum.at_base += ns * kind.base_per_s;
        (kind.rule_max_ms != 0 ? sum.ruled : sum.at_bound) += ns * 1e3 / kind.bound_ms;
        if (kind.unit_class <= UnitClass::kBroker && kind.bound_ms <= base_ms) {
            each_tick_ns += ns;
        }
    }
};

// The rule: the bounds of the least class are widened first, step by step:
//
//   step  partition  topic and client
//   0     as is      as is
//   1     x 2        as is
//   2     x 4        as is
//   3     x 4        x 2
//   4     x 4        x 4
//   5     not read   x 4
//   6     not read   not read
//
// Classes alert and broker are never touched. A step is taken as soon as the one before does not
// fit. When fewer would have fitted into four fifths of the budget three times in a row, it goes
// back to what fits then. Bounds that are an operator's rule are never widened. Values that are not
// read leave the output when they are five bounds old.
//
// Thread safety: core thread only.
class Shedding {
 public:
    static constexpr std::uint32_t kSteps = 7;
    static constexpr std::uint32_t kWidest = 4;  // the last step that reads every class

    // Chooses the step for reads of `budget_ns_per_s`. O(1). What classes alert and broker leave of
    // it is for the others. Those may take up to `others_ns_per_s` in any case, if that reads them
    // all at step 4: no class is given up because of what alerts and the broker cost.
    std::uint32_t choose(const ClassCosts& costs, double budget_ns_per_s, double others_ns_per_s);

    std::uint32_t step() const { return step_; }
    static Widening widening(std::uint32_t step);
    // What the bounds cost at a step, nanoseconds of reads a second.
    static double least_ns_per_s(const ClassCosts& costs, std::uint32_t step);

 private:
    std::uint32_t step_ = 0;
    std::uint32_t fits_ = 0;  // times in a row that the step before would have done with room
};

}  // namespace remora
