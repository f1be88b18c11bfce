// How old a value of each class may get, and between which intervals a unit may be read.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "config/config.h"
#include "model/ids.h"
#include "model/unit_class.h"

namespace remora {

// What is known of a unit when it is registered. Zero intervals: not set by a rule.
struct UnitTraits {
    FamilyId family = 0;
    UnitClass unit_class = UnitClass::kPartition;
    float importance = 1.0F;   // > 0; 2: its error counts double
    std::uint16_t values = 1;  // that a read of it brings
    std::uint32_t min_interval_ms = 0;
    std::uint32_t base_interval_ms = 0;
    std::uint32_t max_interval_ms = 0;
};

// How far the bounds of a class are widened: by a factor, or the class is not read.
struct Widening {
    std::uint32_t partition = 1;  // 0: not read
    std::uint32_t topic = 1;      // of topics and clients; 0: not read
    bool operator==(const Widening&) const = default;
};

// The intervals between which a kind of unit may be read. A kind is a class, an expense and the
// intervals of a rule; there are few, so units share them.
//
// AgeBounds by class: alert and broker the base interval; topic, client and partition as
// configured, or the base interval if that is longer. A unit of class broker whose read is
// expensive has a bound of its own (see Expense). An interval of a rule wins over all of that; it
// is rounded down to whole rounds of the planner, at least one.
//
// Thread safety: core thread only.
class AgeBounds {
 public:
    // Of a read of one unit of class broker.
    enum class Expense : std::uint8_t {
        kNone,
        kHigh,      // above 0.5 ms: bound 10 s
        kVeryHigh,  // above 5 ms: bound 30 s
    };
    static constexpr std::size_t kExpenses = 3;

    struct Kind {
        UnitClass unit_class = UnitClass::kPartition;
        std::uint32_t rule_min_ms = 0;  // as the traits say, 0: not set
        std::uint32_t rule_base_ms = 0;
        std::uint32_t rule_max_ms = 0;
        std::uint32_t min_ms = 0;
        std::uint32_t base_ms = 0;
        std::uint32_t bound_ms = 0;  // nothing may get older, but when the ceiling binds
        std::uint32_t max_ms = 0;    // the bound, widened, on the grid
        bool is_read = true;         // false: widening gave the class up
        double base_per_s = 0;       // reads a second at base and at max
        double max_per_s = 0;
        float square_max = 0;  // squared interval, seconds, from which on it is the maximum
    };

    AgeBounds(const SamplingConfig& sampling, std::uint32_t quantum_ms);

    // Other intervals from now on. Kinds stay.
    void configure(const SamplingConfig& sampling, std::uint32_t quantum_ms);
    // True when it changed something.
    bool widen(const Widening& widening);

    // The kind of a unit with these traits; the one of its class without a rule when there are too
    // many.
    std::uint16_t kind_of(const UnitTraits& traits);
    const Kind& kind(std::uint16_t kind, Expense expense) const {
        return kinds_[kind][static_cast<std::size_t>(expense)];
    }
    UnitClass class_of(std::uint16_t kind) const { return kinds_[kind][0].unit_class; }
    std::size_t kinds() const { return kinds_.size(); }
    // `used[kind]`: whether a unit has it. Returns the new number of each that is kept: those, and
    // the one of each class without a rule, whose number is that of the class.
    std::vector<std::uint16_t> keep_used(const std::vector<bool>& used);

    // What reading one unit at `cost_ns` is, if it was `before`: a level is left a third below
    // where it begins.
    static Expense expense_of(double cost_ns, Expense before);

    // The interval on the grid for the squared interval `square` (seconds squared): n base
    // intervals, where going from n to n + 1 pays when n (n + 1) <= square / base^2.
    std::uint32_t on_grid(float square, const Kind& kind) const;

    std::uint32_t base_ms() const { return base_ms_; }

 private:
    using Expenses = std::array<Kind, kExpenses>;

    void add_kind(const Kind& wanted);
    void fill_in(Kind& kind, Expense expense) const;
    std::uint32_t whole(std::uint32_t interval_ms) const;

    SamplingConfig sampling_;
    std::uint32_t base_ms_ = 1;
    std::uint32_t quantum_ms_ = 1;
    float per_base_square_ = 0;  // 1 / base interval squared, seconds
    Widening widening_;
    std::vector<Expenses> kinds_;
};

}  // namespace remora
