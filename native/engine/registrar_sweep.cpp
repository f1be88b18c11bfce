// Everything is offered once more: under another configuration, when a cap has room again, for a
// list of the broker's beans.
#include <algorithm>
#include <utility>

#include "engine/control_records.h"
#include "engine/registrar.h"

namespace remora {
namespace {

constexpr std::size_t kListingBytesMax = 64U << 20;
// When a cap has room again, all beans are offered again after this. The wait doubles while that
// keeps happening, because it costs CPU.
constexpr std::int64_t kRefillNsMin = 30 * kNanosPerSecond;
constexpr std::int64_t kRefillNsMax = 600 * kNanosPerSecond;
// What a broker registers with its first topics and requests has come by then.
constexpr std::int64_t kUnmatchedNs = 60 * kNanosPerSecond;

}  // namespace

void Registrar::begin_sweep(Settings settings) {
    // Other caps are filled anew in the order of the sweep, as after a start.
    readmits_ = readmits_ || !(settings.limits == settings_.limits);
    settings_ = std::move(settings);
    if (readmits_) {
        admission_ = Admission(settings_.limits);
        refusals_ = {};
        values_cut_ = {};
    }
    known_before_.clear();
    for (UnitId unit = 0; unit < units_.size(); ++unit) {
        units_[unit].is_known_before = units_[unit].in_use;
        if (units_[unit].in_use) {
            known_before_.push_back({units_[unit].name_hash, unit});
        }
    }
    std::sort(known_before_.begin(), known_before_.end(),
              [](const Known& a, const Known& b) { return a.name_hash < b.name_hash; });
    refused_.clear();
    for (Refusals& refusals : refusals_) {
        refusals.count = 0;
    }
    values_cut_.count = 0;
    incomplete_.clear();
    for (Family& family : families_) {
        family.is_reported = family.is_reported && family.series_refused == 0;
        family.series_refused = 0;
    }
    has_freed_ = false;
    unmatched_ns_ = 0;
    is_sweeping_ = true;
    if (listing_ != nullptr) {
        listing_->clear();  // everything will be offered once more
    }
}

void Registrar::report_unmatched(std::int64_t now_ns) {
    if (settings_.unmatched == nullptr || is_sweeping_) {
        return;
    }
    if (unmatched_ns_ == 0) {
        unmatched_ns_ = now_ns + kUnmatchedNs;
    }
    if (now_ns >= unmatched_ns_) {
        const std::string sentence = settings_.unmatched->sentence();
        if (!sentence.empty()) {
            log_.warn("unmatched", sentence);
        }
        settings_.unmatched.reset();
    }
}

// A node that starts registers its beans in any order, and caps would be filled by luck: once
// nothing has come for a while they are filled anew, in the order of a sweep.
bool Registrar::has_started(std::int64_t now_ns) {
    const std::size_t units = units_.size() - free_ids_.size();
    if (units != units_at_start_ || started_ns_ == 0) {
        units_at_start_ = units;
        started_ns_ = now_ns + kRefillNsMin;
    }
    return now_ns >= started_ns_;
}

bool Registrar::wants_refill(std::int64_t now_ns) {
    if (is_starting_ && !is_sweeping_ && has_started(now_ns)) {
        is_starting_ = false;
        readmits_ = !refused_.empty();
        return readmits_;
    }
    if (!has_freed_ || is_sweeping_ || refused_.empty()) {
        return false;
    }
    if (refill_ns_ == 0) {
        const bool again = now_ns - refilled_ns_ < kRefillNsMax;
        refill_wait_ns_ = again && refill_wait_ns_ > 0 ? std::min(2 * refill_wait_ns_, kRefillNsMax)
                                                       : kRefillNsMin;
        refill_ns_ = now_ns + refill_wait_ns_;  // what leaves often leaves with others
    }
    if (now_ns < refill_ns_) {
        return false;
    }
    refilled_ns_ = now_ns;
    return true;
}

void Registrar::begin_refill() {
    Settings same = settings_;
    same.needs_series = false;
    begin_sweep(std::move(same));
}

bool Registrar::begin_listing() {
    if (is_sweeping_) {
        return false;
    }
    begin_refill();
    listing_ = std::make_unique<std::string>();
    return true;
}

// An MBean with all that it declares, since what nobody selects has not been looked into.
void Registrar::list_bean(const Bean& bean) {
    if (listing_ != nullptr && listing_->size() <= kListingBytesMax) {
        append_bean_line(bean, *listing_);
    }
}

void Registrar::skip_sweep(std::uint64_t generation) {
    settings_.generation = generation;
    if (!is_sweeping_) {
        publish_swept({});
    }
}

// Everything has been offered: what lacked a member before and does not now.
std::vector<UnitId> Registrar::find_whole() {
    std::vector<UnitId> whole;
    for (auto& [key, made] : made_) {
        if (made.is_incomplete && incomplete_.count(key) == 0) {
            made.is_incomplete = false;
            whole.push_back(made.unit);
        }
    }
    return whole;
}

void Registrar::publish_swept(std::vector<UnitId> whole) {
    auto item = std::make_unique<ControlItem>();
    item->kind = ControlItem::Kind::kSwept;
    item->generation = settings_.generation;
    item->whole = std::move(whole);
    publish(std::move(item));
}

void Registrar::end_sweep() {
    is_sweeping_ = false;
    readmits_ = false;
    refill_ns_ = 0;
    known_before_ = {};
    count_units();
    settings_.needs_series = false;
    if (listing_ != nullptr) {
        delete channels_.listing.exchange(listing_.release(), std::memory_order_acq_rel);
    }
    report_refused();
    publish_swept(find_whole());
}

UnitId Registrar::known_unit(std::uint64_t name_hash) const {
    auto found = std::lower_bound(
        known_before_.begin(), known_before_.end(), name_hash,
        [](const Known& known, std::uint64_t hash) { return known.name_hash < hash; });
    for (; found != known_before_.end() && found->name_hash == name_hash; ++found) {
        const UnitFacts& facts = units_[found->unit];
        // The id may have gone to another bean meanwhile.
        if (facts.in_use && facts.is_known_before && facts.name_hash == name_hash) {
            return found->unit;
        }
    }
    return kNoUnit;
}

}  // namespace remora
