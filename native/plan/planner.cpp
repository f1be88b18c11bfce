#include "plan/planner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "base/grow.h"
#include "base/limits.h"

namespace remora {
namespace {

constexpr std::int64_t kLateShare = 2;  // a round is still read when half of the next is over
// A first read finds no cache warm and the host's code not compiled yet.
constexpr float kCostUnknownNs = 5000.0F;
// The audit leaves alone what takes longer to read.
constexpr std::int64_t kAuditedNsMax = 500'000;
// A list is never handed out faster than this, however late it is.
constexpr std::int64_t kSpacingMinNs = kNanosPerMilli;

std::size_t padded(std::size_t bytes) {
    return (bytes + 7) & ~std::size_t{7};
}

// Spreads consecutive ids evenly over [0, 1): the golden ratio's multiples.
std::uint32_t spread(UnitId unit, std::uint32_t span) {
    const std::uint32_t fraction = unit * 2654435769U;
    return static_cast<std::uint32_t>((std::uint64_t{fraction} * span) >> 32);
}

PlanOptions sane(PlanOptions options) {
    options.base_interval_ns = std::max(options.base_interval_ns, kNanosPerMilli);
    if (options.quantum_ns <= 0 || options.quantum_ns > options.base_interval_ns) {
        options.quantum_ns = options.base_interval_ns;
    }
    // The next finer one that divides the base interval, in whole milliseconds where that is
    // possible.
    const std::int64_t parts =
        (options.base_interval_ns + options.quantum_ns - 1) / options.quantum_ns;
    options.quantum_ns = std::max(options.base_interval_ns / parts, kNanosPerMilli);
    options.slice_ns = std::max<std::int64_t>(options.slice_ns, 1);
    options.spacing_ns = std::max(options.spacing_ns, kSpacingMinNs);
    options.margin_ns = std::clamp<std::int64_t>(options.margin_ns, 0, options.quantum_ns / 4);
    options.lead_ns_max =
        std::clamp(options.lead_ns_max, options.margin_ns, options.quantum_ns / 2);
    options.units_per_plan_max = std::max(options.units_per_plan_max, 1U);
    return options;
}

RoundGrid grid_of(const PlanOptions& options) {
    return {options.start_ns, options.base_interval_ns, options.quantum_ns};
}

}  // namespace

Planner::Planner(const PlanOptions& options, const IntervalTable& intervals)
    : options_(sane(options)), grid_(grid_of(options_)), intervals_(intervals) {
    audits_.reserve(options_.audit_units);
}

std::int64_t Planner::quantum_ns_of(const PlanOptions& options) {
    return sane(options).quantum_ns;
}

void Planner::set_grid(const PlanOptions& options) {
    const std::int64_t old_ns = options_.quantum_ns;
    PlanOptions wanted = options_;
    wanted.base_interval_ns = options.base_interval_ns;
    wanted.quantum_ns = options.quantum_ns;
    wanted.slice_ns = options.slice_ns;
    wanted.lead_ns_max = options.lead_ns_max;
    wanted.margin_ns = options.margin_ns;
    wanted.audit_units = options.audit_units;
    options_ = sane(wanted);
    audits_.reserve(options_.audit_units);
    grid_ = grid_of(options_);
    if (options_.quantum_ns == old_ns) {
        return;
    }
    const auto old_round = static_cast<std::uint32_t>(round_);
    round_ = round_ * old_ns / options_.quantum_ns;
    read_round_ = read_round_ * old_ns / options_.quantum_ns;
    complete_round_ = complete_round_ * old_ns / options_.quantum_ns;
    for (UnitId unit = 0; unit < flags_.size(); ++unit) {
        // Rounded up: no value may get older because its age is now counted in longer rounds.
        const std::int64_t elapsed =
            (std::int64_t{old_round - last_[unit]} * old_ns + options_.quantum_ns - 1) /
            options_.quantum_ns;
        last_[unit] = static_cast<std::uint32_t>(round_) - static_cast<std::uint32_t>(elapsed);
        const std::int64_t armed = std::int64_t{armed_[unit]} * old_ns / options_.quantum_ns;
        armed_[unit] =
            static_cast<std::uint16_t>(std::clamp<std::int64_t>(armed, 1, RoundGrid::kQuantaMax));
    }
}

bool Planner::add(UnitId unit, FamilyId family) {
    if (unit >= kUnitsMax || family >= kFamiliesMax) {
        return false;
    }
    if (unit >= flags_.size()) {
        const std::size_t size = unit + 1UL;
        grow(last_, size);
        grow(armed_, size);
        grow(family_, size);
        grow(flags_, size);
        grow(is_audited_, size);
    }
    if (family >= cost_ns_.size()) {
        cost_ns_.resize(family + 1, kCostUnknownNs);
    }
    list_.reserve(unit, family);
    remove(unit);
    flags_[unit] = kActive | kUrgent;
    family_[unit] = static_cast<std::uint16_t>(family);
    last_[unit] = static_cast<std::uint32_t>(round_);
    armed_[unit] = 1;
    is_audited_[unit] = 1;
    ++active_;
    ++urgent_;
    return true;
}

void Planner::remove(UnitId unit) {
    if (unit >= flags_.size() || (flags_[unit] & kActive) == 0) {
        return;
    }
    if ((flags_[unit] & kUrgent) != 0) {
        REMORA_ASSERT(urgent_ > 0);
        --urgent_;
    }
    REMORA_ASSERT(active_ > 0);
    flags_[unit] = 0;
    --active_;
}

void Planner::wake(UnitId unit, bool at_once) {
    if (unit >= flags_.size() || (flags_[unit] & kActive) == 0) {
        return;
    }
    if (!at_once) {
        flags_[unit] |= kWoken;
    } else if (!intervals_.is_back_off(unit) && (flags_[unit] & (kUrgent | kListed)) == 0) {
        flags_[unit] |= kUrgent;
        ++urgent_;
    }
}

void Planner::set_audited(UnitId unit, bool audited) {
    if (unit < is_audited_.size()) {
        is_audited_[unit] = audited ? 1 : 0;
    }
}

void Planner::on_cost(FamilyId family, std::uint32_t units, std::int64_t nanos) {
    if (family >= cost_ns_.size() || units == 0 || nanos < 0) {
        return;
    }
    const float one = static_cast<float>(nanos) / static_cast<float>(units);
    // Slices protect the broker from a long burst, so a rise is believed sooner than a fall.
    const float step = one > cost_ns_[family] ? 0.5F : 0.2F;
    cost_ns_[family] += step * (one - cost_ns_[family]);
}

void Planner::on_blocked(UnitId unit) {
    if (unit < family_.size()) {
        float& cost = cost_ns_[family_[unit]];
        cost = std::max(cost, 2 * static_cast<float>(options_.slice_ns));
    }
}

std::int64_t Planner::expected_ns(FamilyId family) const {
    return family < cost_ns_.size() ? static_cast<std::int64_t>(cost_ns_[family]) : 0;
}

// False only for a unit that is not due. Told without a division or a call, since most are not.
inline bool Planner::may_be_due(UnitId unit, std::uint32_t round) const {
    const std::uint32_t elapsed = round - last_[unit];
    const std::uint32_t n = grid_.quanta(intervals_.get(unit));
    return elapsed + grid_.slack() >= n || n + grid_.slack() >= 2U * armed_[unit] ||
           (flags_[unit] & kWoken) != 0;
}

// Whether `round` has to read the unit.
//
// An example at base interval 10 s, with one round a tick. A new unit is read in rounds 1 and 2.
// Then its volatility is known, and the sampler sets its interval to 60 s: n is 6 quanta, 1 was
// armed. That is grown much, so the unit does not wait for round 8. It takes the place of its id in
// the new interval: the first round from 3 on for which (round + spread) % 6 is 0, say 5. From
// there on it is due when 6 rounds have elapsed: 11, 17 and so on.
//
// With four rounds a tick (a step of 2.5 s), n and armed are counted in steps. An interval below a
// tick is due by steps. Any other is counted in whole ticks and is due in rounds that end with one.
bool Planner::is_due(UnitId unit, std::uint32_t round) const {
    const std::uint32_t interval_ms = intervals_.get(unit);
    if (interval_ms == kIntervalNever) {
        return false;
    }
    if ((flags_[unit] & kWoken) != 0) {
        return true;
    }
    const std::uint32_t elapsed = round - last_[unit];
    const std::uint32_t n = grid_.quanta(interval_ms);
    const std::uint32_t per_tick = grid_.rounds_per_tick();
    // One that failed is not spread: its turn would come at any time, also at once.
    const bool spreads = !intervals_.is_back_off(unit);
    if (per_tick == 1) {
        return elapsed >= n ||
               (spreads && n >= 2U * armed_[unit] && (round + spread(unit, n)) % n == 0);
    }
    if (n < per_tick) {
        return elapsed >= n;
    }
    // Whole ticks: a read between two ticks would be old at the next one.
    if (round % per_tick != 0) {
        return false;
    }
    const std::uint32_t ticks_elapsed = (elapsed + per_tick - 1) / per_tick;
    const std::uint32_t ticks = n / per_tick;
    if (ticks_elapsed >= ticks || !spreads) {
        return ticks_elapsed >= ticks;
    }
    // Grown much since the last read: the unit takes its own place in the new interval, at most
    // that interval away.
    const std::uint32_t ticks_armed = std::max(1U, armed_[unit] / per_tick);
    return ticks >= 2 * ticks_armed && (round / per_tick + spread(unit, ticks)) % ticks == 0;
}

// Counts what is due by family, then puts every unit into its family's part of the list.
void Planner::build_list(std::int64_t round, bool urgent_only) {
    const auto now_round = static_cast<std::uint32_t>(round);
    const auto units = static_cast<UnitId>(flags_.size());
    list_.begin();
    for (UnitId unit = 0; unit < units; ++unit) {
        const std::uint8_t flags = flags_[unit];
        if ((flags & kActive) == 0) {
            continue;
        }
        const bool urgent = (flags & kUrgent) != 0 && intervals_.get(unit) != kIntervalNever;
        if (urgent || (!urgent_only && may_be_due(unit, now_round) && is_due(unit, now_round))) {
            const bool woken = (flags & (kWoken | kUrgent)) != 0;
            flags_[unit] = woken ? kActive | kListed | kWoken : kActive | kListed;
            list_.count(family_[unit]);
        } else {
            flags_[unit] = flags & static_cast<std::uint8_t>(~kUrgent);
        }
    }
    audits_.clear();
    if (!urgent_only && now_round % grid_.rounds_per_tick() == 0) {
        draw_audit();
    }
    urgent_ = 0;
    remaining_ns_ = 0;
    list_.place([this](FamilyId family, std::uint32_t here) {
        remaining_ns_ += here * expected_ns(family);
    });
    if (list_.left() == 0) {
        return;
    }
    UnitId unit = 0;
    for (; unit + 8 <= units; unit += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, &flags_[unit], sizeof(eight));
        eight &= 0x0202020202020202ULL;  // kListed
        while (eight != 0) {
            const UnitId one = unit + static_cast<UnitId>(std::countr_zero(eight)) / 8;
            list_.put(family_[one], one);
            eight &= eight - 1;
        }
    }
    for (; unit < units; ++unit) {
        if ((flags_[unit] & kListed) != 0) {
            list_.put(family_[unit], unit);
        }
    }
    list_.begin_turns([this](FamilyId family) { return expected_ns(family) > options_.slice_ns; });
}

// Adds units drawn by chance to those that are due, so that the file can be held against what the
// broker is. Each unit is as likely as any other, due or not; none is drawn twice.
void Planner::draw_audit() {
    const auto units = static_cast<std::uint32_t>(flags_.size());
    const std::uint32_t wanted = std::min(options_.audit_units, active_);
    for (std::uint32_t i = 0; i < wanted; ++i) {
        // Marsaglia, "Xorshift RNGs" (2003).
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        const auto unit = static_cast<UnitId>(((random_ >> 32) * units) >> 32);
        if ((flags_[unit] & (kActive | kAudited)) != kActive || is_audited_[unit] == 0 ||
            intervals_.get(unit) == kIntervalNever || intervals_.is_back_off(unit) ||
            expected_ns(family_[unit]) > kAuditedNsMax) {
            continue;
        }
        const bool is_due = (flags_[unit] & kListed) != 0;
        flags_[unit] |= kAudited | kListed;
        if (!is_due) {
            list_.count(family_[unit]);
        }
        audits_.push_back({unit, is_due});
    }
    for (const AuditSample& sample : audits_) {
        flags_[sample.unit] &= static_cast<std::uint8_t>(~kAudited);
    }
}

void Planner::begin_round(std::int64_t round) {
    round_ = round;
    build_list(round, false);
    deadline_ns_ = grid_.end_ns(round) - options_.margin_ns;
    recent_ns_ = std::max(remaining_ns_, recent_ns_ - recent_ns_ / 8);
}

void Planner::begin_urgent(std::int64_t now_ns) {
    build_list(round_, true);
    deadline_ns_ = now_ns + options_.lead_ns_max;
}

// How long before its end a round begins: time for the slices it is likely to need.
std::int64_t Planner::lead_ns() const {
    const std::int64_t slices = recent_ns_ / options_.slice_ns + 1;
    const std::int64_t lead = options_.margin_ns + options_.answer_wait_ns + 2 * recent_ns_ +
                              (slices - 1) * options_.spacing_ns;
    return std::min(lead, options_.lead_ns_max);
}

std::int64_t Planner::next_wake(std::int64_t now_ns) {
    if (list_.left() > 0) {
        const std::int64_t slices = remaining_ns_ / options_.slice_ns + 1;
        const std::int64_t gap = (deadline_ns_ - now_ns) / slices;
        return now_ns + std::clamp(gap, kSpacingMinNs, options_.spacing_ns);
    }
    if (urgent_ > 0) {
        return now_ns;
    }
    if (options_.answer_wait_ns > 0 && complete_round_ != round_ &&
        now_ns < grid_.end_ns(round_) + options_.quantum_ns / kLateShare) {
        return now_ns + options_.answer_wait_ns;
    }
    return std::max(grid_.end_ns(round_ + 1) - lead_ns(), now_ns + kSpacingMinNs);
}

// Notes that the unit is read. One that was woken, often with all its family, counts as grown, so
// that they part again: some of them are read in the very next rounds and show what goes on.
void Planner::arm(UnitId unit) {
    const auto round = static_cast<std::uint32_t>(round_);
    const bool woken = (flags_[unit] & kWoken) != 0;
    const std::uint32_t elapsed = woken ? 1 : std::max(round - last_[unit], 1U);
    armed_[unit] =
        static_cast<std::uint16_t>(std::min(grid_.quanta(intervals_.get(unit)), elapsed));
    last_[unit] = round;
}

void Planner::hand_out(std::span<std::byte> out, PlanResult& result) {
    std::size_t at = sizeof(wire::PlanHeader);
    std::int64_t slice_ns = 0;
    bool full = false;
    while (!full && list_.left() > 0 && at + sizeof(wire::PlanGroup) + 8 <= out.size()) {
        const FamilyId family = list_.next_family();
        const std::int64_t one_ns = expected_ns(family);
        const std::size_t head = at;
        at += sizeof(wire::PlanGroup);
        std::uint32_t in_group = 0;
        while (list_.turn_left() > 0 && in_group < wire::kGroupUnitsMax && at + 8 <= out.size()) {
            const UnitId unit = list_.front();
            const bool gone = (flags_[unit] & kListed) == 0;  // since the list was made
            full = !gone && (result.units >= options_.units_per_plan_max ||
                             (result.units > 0 && slice_ns + one_ns > options_.slice_ns));
            if (full) {
                break;
            }
            list_.pop();
            if (gone) {
                continue;
            }
            arm(unit);
            flags_[unit] &= static_cast<std::uint8_t>(~(kListed | kWoken));
            std::memcpy(out.data() + at, &unit, sizeof(unit));
            at += sizeof(unit);
            slice_ns += one_ns;
            ++in_group;
            ++result.units;
        }
        if (in_group == 0) {
            at = head;
            continue;
        }
        const wire::PlanGroup group{family, in_group};
        std::memcpy(out.data() + head, &group, sizeof(group));
        std::memset(out.data() + at, 0, padded(at) - at);
        at = padded(at);
        ++result.groups;
    }
    remaining_ns_ = std::max<std::int64_t>(remaining_ns_ - slice_ns, 0);
    result.bytes = static_cast<std::uint32_t>(at);
}

// A call means that what was handed out before has been read. What the core wakes in its answer is
// handed out by one call more; units that are registered all the time do not hold a round back.
void Planner::note_progress() {
    if (list_.left() > 0) {
        return;
    }
    read_round_ = round_;
    const bool is_answered =
        options_.answer_wait_ns == 0 || answered_until_ns_ >= grid_.end_ns(round_);
    if (complete_round_ == round_ || !is_answered) {
        return;
    }
    hands_out_woken_ = urgent_ > 0 && !hands_out_woken_;
    if (!hands_out_woken_) {
        complete_round_ = round_;
    }
}

PlanResult Planner::plan(std::int64_t now_ns, std::span<std::byte> out) {
    PlanResult result;
    if (out.size() < sizeof(wire::PlanHeader) + 16) {
        result.wake_ns = now_ns + options_.quantum_ns;
        return result;
    }
    note_progress();
    // The round that time has come for. One that a delay has missed (registrations, a thread that
    // hung, a busy machine) is read late; one long past (a pause of the host) is left out: its
    // units are due in the next.
    const std::int64_t begun = grid_.last_ended(now_ns + lead_ns());
    const bool in_time = grid_.end_ns(begun) + options_.quantum_ns / kLateShare >= now_ns;
    if (list_.left() == 0) {
        if (begun > round_ && in_time) {
            begin_round(begun);
        } else {
            if (begun > round_) {
                round_ = begun;
            }
            if (urgent_ > 0) {
                begin_urgent(now_ns);
            }
        }
    }
    hand_out(out, result);
    result.wake_ns = next_wake(now_ns);
    wire::PlanHeader header{};
    header.group_count = result.groups;
    header.unit_count = result.units;
    header.wake_ns = result.wake_ns;
    header.bytes = result.bytes;
    std::memcpy(out.data(), &header, sizeof(header));
    return result;
}

}  // namespace remora
