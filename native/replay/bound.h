// How little accuracy any policy could lose at a budget: the figures that a policy is compared
// with.
#pragma once

#include <vector>

#include "replay/fidelity.h"

namespace remora {

// Lower bounds over every policy that spends at most a budget, a share of the full read cost in the
// measured ticks, even one that knows the whole trace beforehand and shifts its spending freely in
// time. Held to what the agent promises: a unit is read when it appears, alerts at every base
// interval, nothing later than the maximum interval (a budget that does not suffice for these has
// no bound: the figures mean nothing). Lagrangian relaxation: for a price of read time the best
// reads of each unit on its own are found exactly (dynamic programming over the ticks of its
// reads), and what they cost less the price of the budget bounds all policies from below at any
// price; the highest such bound is taken. (Everett, "Generalized Lagrange Multiplier Method",
// Operations Research 11, 1963.) Deterministic. One answer a budget; the reads of the delay are
// chosen for delay alone.
std::vector<AccuracyMeans> least_possible(const Trace& trace, const Reference& reference,
                                          const FidelityOptions& options,
                                          const std::vector<double>& budgets);

}  // namespace remora
