#include "engine/audit_draw.h"

#include "base/grow.h"

namespace remora {
namespace {

constexpr std::size_t kDrawnMax = 1024;  // at one tick

}  // namespace

AuditDraw::AuditDraw(SpscChannel<AuditSample>& drawn, const Cache& cache, const Sampler& sampler,
                     const IntervalTable& intervals)
    : channel_(drawn), cache_(cache), sampler_(sampler), intervals_(intervals) {
    findings_.reserve(kDrawnMax);
    drawn_.reserve(kDrawnMax);
    last_drawn_.reserve(kDrawnMax);
}

void AuditDraw::add(const Registration& registration) {
    if (registration.unit >= states_.size()) {
        grow(states_, registration.unit + 1UL);
    }
}

void AuditDraw::take() {
    AuditSample sample;
    while (channel_.try_pop(sample)) {
        if (!sampler_.has(sample.unit) || !cache_.has(sample.unit) ||
            !cache_.is_emitted(sample.unit)) {
            continue;
        }
        if (drawn_.size() < drawn_.capacity() && states_[sample.unit] == State::kNotDrawn) {
            states_[sample.unit] = sample.is_due ? State::kDue : State::kResting;
            drawn_.push_back(sample.unit);
        }
    }
}

bool AuditDraw::end_read(UnitId unit, wire::ReadStatus status, const Applied& applied) {
    const State drawn = states_[unit];
    const bool is_resting = drawn == State::kResting;
    // A read that failed brought nothing: the old value goes out, and the next read judges it.
    if (status != wire::ReadStatus::kOk && !is_resting) {
        return false;
    }
    states_[unit] = State::kNotDrawn;
    if (status != wire::ReadStatus::kOk || applied.first) {
        return is_resting;
    }
    if (is_resting && findings_.size() < findings_.capacity()) {
        findings_.push_back({unit, intervals_.get(unit), static_cast<float>(applied.deviation)});
    } else if (!is_resting && sampler_.has(unit)) {
        accuracy_.add(sampler_.class_of(unit), drawn == State::kDue ? 0 : applied.deviation);
    }
    return is_resting;
}

void AuditDraw::judge() {
    for (const Finding& found : findings_) {
        if (sampler_.has(found.unit)) {
            const bool is_woken = sampler_.would_wake(found.unit, found.interval_ms);
            accuracy_.add(sampler_.class_of(found.unit),
                          is_woken ? 0.0 : static_cast<double>(found.deviation));
        }
    }
    findings_.clear();
}

void AuditDraw::end_tick(std::int64_t now_ns, bool is_unfinished) {
    judge();
    accuracy_.tick(now_ns);
    // What was drawn for the tick and has not been read by now.
    for (const UnitId unit : drawn_) {
        if (states_[unit] == State::kDue) {
            states_[unit] = State::kMissed;
        } else if (states_[unit] == State::kResting) {
            states_[unit] = State::kNotDrawn;
        }
    }
    // Nothing was drawn because nothing is planned, a read hangs: what is read for every tick was
    // missed too, and those of the last draw stand for it.
    if (is_unfinished && drawn_.empty()) {
        for (const UnitId unit : last_drawn_) {
            if (sampler_.has(unit) && sampler_.class_of(unit) <= UnitClass::kBroker) {
                states_[unit] = State::kMissed;
            }
        }
        return;
    }
    last_drawn_.swap(drawn_);
    drawn_.clear();
}

}  // namespace remora
