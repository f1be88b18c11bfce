#include "replay/bound.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace remora {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

// A unit that changes in the measured ticks. Stage 0: its last read that is not chosen (when it
// appeared, or the last tick that is not measured); stage s: s ticks later.
struct Course {
    double cost = 0;
    std::uint32_t stages = 0;  // measured ticks in which a read is chosen
    // [from * (stages + 2) + to], to > from; to = stages + 1: the end. Lost between a read at stage
    // `from` and the next at `to`.
    std::vector<double> loss;

    double& at(std::uint32_t from, std::uint32_t to) { return loss[from * (stages + 2) + to]; }
    double at(std::uint32_t from, std::uint32_t to) const { return loss[from * (stages + 2) + to]; }
};

struct Found {
    double loss = 0;
    double cost = 0;
};

// The reads of one unit that cost least, a read's price being `price`, no two further apart than
// `most` ticks.
Found best_reads(const Course& course, double price, std::uint32_t most) {
    std::vector<double> total(course.stages + 2, kNone);
    std::vector<std::uint32_t> reads(course.stages + 2, 0);
    total[0] = 0;
    for (std::uint32_t to = 1; to <= course.stages + 1; ++to) {
        const bool is_read = to <= course.stages;
        for (std::uint32_t from = to > most ? to - most : 0; from < to; ++from) {
            const double sum = total[from] + course.at(from, to) + (is_read ? price : 0);
            if (sum < total[to]) {
                total[to] = sum;
                reads[to] = reads[from] + (is_read ? 1 : 0);
            }
        }
    }
    const std::uint32_t n = reads[course.stages + 1];
    return {total[course.stages + 1] - price * n, course.cost * n};
}

class Relaxation {
 public:
    Relaxation(const Trace& trace, const Reference& reference, const FidelityOptions& options)
        : trace_(trace),
          reference_(reference),
          base_s_(options.base_interval_ms / 1000.0),
          warmup_(options.warmup_ticks),
          most_(static_cast<std::uint32_t>(
              std::max<std::int64_t>(options.max_interval_ms / options.base_interval_ms, 1))) {
        for (UnitId unit = 0; unit < trace.units.size(); ++unit) {
            if (reference.left_out[unit] == 0) {
                take(unit);
            }
        }
    }

    AccuracyMeans solve(double budget) const {
        return {least(errors_, budget) / std::max(emissions_, 1.0),
                least(delays_, budget) * base_s_ / std::max(changes_, 1.0)};
    }

 private:
    void take(UnitId unit) {
        const TraceUnit& info = trace_.units[unit];
        const double cost = reference_.cost_ns[info.family];
        const std::uint32_t first = std::max(reference_.born[unit], warmup_);
        const std::uint32_t gone = reference_.gone[unit];
        if (first >= gone) {
            return;
        }
        const double ticks = gone - first;
        full_ns_ += cost * ticks;
        emissions_ += info.slots == 0 ? 0 : ticks;
        // A unit that is older than the measured ticks was read just before them, for nothing.
        const bool is_old = reference_.born[unit] < first;
        const std::uint32_t start = is_old ? first - 1 : first;
        const std::uint32_t stages = gone - 1 - start;
        const std::uint32_t changes = changes_of(info, start, gone);
        changes_ += changes;
        given_ns_ += is_old ? 0 : cost;
        if (changes == 0) {
            const std::uint32_t reads = stages / most_;
            given_ns_ += cost * reads;
            return;
        }
        Course error{cost, stages, std::vector<double>((stages + 1UL) * (stages + 2), 0)};
        Course delay = error;
        for (std::uint32_t from = 0; from <= stages; ++from) {
            const double* emitted = reference_.at(start + from) + info.first_slot;
            double wrong = 0;
            double late = 0;
            double waiting = 0;
            for (std::uint32_t to = from + 1; to <= stages + 1; ++to) {
                late += waiting;
                error.at(from, to) = wrong;
                delay.at(from, to) = late;
                if (to <= stages) {
                    wrong += reference_.error(info, emitted, start + to);
                    waiting += reference_.differs(info, start + to, start + to - 1) ? 1 : 0;
                }
            }
        }
        errors_.push_back(std::move(error));
        delays_.push_back(std::move(delay));
    }

    std::uint32_t changes_of(const TraceUnit& info, std::uint32_t start, std::uint32_t gone) const {
        std::uint32_t changes = 0;
        for (std::uint32_t tick = start + 1; tick < gone; ++tick) {
            changes += reference_.differs(info, tick, tick - 1) ? 1 : 0;
        }
        return changes;
    }

    // Searches the price by halving; the bound is concave in it, and the reads cost less the higher
    // it is.
    double least(const std::vector<Course>& courses, double budget) const {
        const double left_ns = budget * full_ns_ - given_ns_;
        double low = -60;
        double high = 20;
        double highest = 0;
        for (int i = 0; i < 40; ++i) {
            const double exponent = (low + high) / 2;
            const double price = std::exp2(exponent);
            Found all;
            for (const Course& course : courses) {
                const Found found = best_reads(course, price * course.cost, most_);
                all.loss += found.loss;
                all.cost += found.cost;
            }
            highest = std::max(highest, all.loss + price * (all.cost - left_ns));
            (all.cost > left_ns ? low : high) = exponent;
        }
        return highest;
    }

    const Trace& trace_;
    const Reference& reference_;
    double base_s_;
    std::uint32_t warmup_;
    std::uint32_t most_;
    std::vector<Course> errors_;
    std::vector<Course> delays_;
    double full_ns_ = 0;
    double given_ns_ = 0;  // of reads that are not chosen
    double emissions_ = 0;
    double changes_ = 0;
};

}  // namespace

std::vector<AccuracyMeans> least_possible(const Trace& trace, const Reference& reference,
                                          const FidelityOptions& options,
                                          const std::vector<double>& budgets) {
    const Relaxation relaxation(trace, reference, options);
    std::vector<AccuracyMeans> bounds;
    bounds.reserve(budgets.size());
    for (const double budget : budgets) {
        bounds.push_back(relaxation.solve(budget));
    }
    return bounds;
}

}  // namespace remora
