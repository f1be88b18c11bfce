// How little accuracy any policy could lose at a budget: the figures that a policy is compared
// with.
#pragma once

#include <vector>

#include "replay/fidelity.h"

namespace remora {

// Returns for each budget the error and the delay that no policy can go below.
//
// A budget is a share of the full read cost in the measured ticks. A policy here
//  - spends at most the budget;
//  - may know the whole trace beforehand, and shift its spending freely in time;
//  - keeps what the agent promises: it reads a unit when it appears, alerts at every base interval,
//    and nothing later than the maximum interval.
//
// REQUIRES: the budget suffices for these promises; otherwise the figures mean nothing.
//
// How (Lagrangian relaxation; Everett, "Generalized Lagrange Multiplier Method", Operations
// Research 11, 1963):
//  1. Read time gets a price. For it the best reads of each unit on its own are found exactly, by
//     dynamic programming over the ticks of its reads.
//  2. What they lose and cost, less the price of the budget, is a lower bound for all policies,
//     whatever the price is.
//  3. The highest of these bounds is taken.
//
// The reads for the delay are chosen for delay alone. Same arguments, same result.
std::vector<AccuracyMeans> least_possible(const Trace& trace, const Reference& reference,
                                          const FidelityOptions& options,
                                          const std::vector<double>& budgets);

}  // namespace remora
