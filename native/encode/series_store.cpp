#include "encode/series_store.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/grow.h"
#include "base/hash.h"

namespace remora::encode {
namespace {

// Equal labels stand at one place, so that the place stands for them.
std::uint64_t hash_of(const Variant& variant, std::uint32_t text_at) {
    const std::string_view place(reinterpret_cast<const char*>(&text_at), sizeof(text_at));
    return hash_64(place, hash_64(variant.quantile, hash_64(variant.name)));
}

// Of a claim: the top bits of the hash, the group's number, the place in its entries plus one.
constexpr unsigned kPlaceBits = 24;
constexpr unsigned kGroupBits = 20;
constexpr std::uint64_t kPlaceMax = (1U << kPlaceBits) - 1;
constexpr std::uint64_t kGroupMax = (1U << kGroupBits) - 1;

std::uint64_t make_claim(std::uint64_t hash, const Group& group, std::size_t place) {
    return (hash >> (kPlaceBits + kGroupBits) << (kPlaceBits + kGroupBits)) |
           (std::uint64_t{group.number} << kPlaceBits) | (place + 1);
}

bool same_variant(const Variant& a, const Variant& b) {
    return a.role == b.role && a.rule == b.rule && a.divide == b.divide &&
           std::bit_cast<std::uint64_t>(a.factor) == std::bit_cast<std::uint64_t>(b.factor) &&
           a.counter == b.counter && a.name == b.name && a.quantile == b.quantile;
}

}  // namespace

std::uint32_t& SeriesStore::stamp_of(std::uint32_t unit) {
    const bool self = (unit & kSelfBit) != 0;
    const std::size_t at = unit & ~kSelfBit;
    std::vector<std::uint32_t>& stamps = self ? self_stamps_ : stamps_;
    if (at >= stamps.size()) {
        grow(stamps, at + 1);
        grow(self ? self_counts_ : counts_, at + 1);
    }
    return stamps[at];
}

void SeriesStore::begin_unit(std::uint32_t unit) {
    remove_unit(unit);
    if (++last_stamp_ == 0) {
        ++last_stamp_;
    }
    stamp_of(unit) = last_stamp_;
}

void SeriesStore::remove_unit(std::uint32_t unit) {
    std::uint32_t& stamp = stamp_of(unit);
    if (stamp == 0) {
        return;
    }
    stamp = 0;
    std::uint16_t& count = ((unit & kSelfBit) != 0 ? self_counts_ : counts_)[unit & ~kSelfBit];
    dead_ += count;
    count = 0;
}

// Whether nothing lives in it.
bool SeriesStore::is_abandoned(const Group& group) const {
    return std::none_of(group.entries.begin(), group.entries.end(),
                        [this](const Entry& entry) { return alive(entry); });
}

// What is rendered once for the group is that of `rendered` from now on.
void SeriesStore::retype(Group& group, MetricType type, Rendered& rendered) {
    for (const std::string& name : group.owned) {
        owners_.erase(name);
    }
    group.owned.clear();
    group.type = type;
    group.header = std::move(rendered.header);
    group.is_fractional = rendered.is_fractional;
}

Group* SeriesStore::find_or_make(MetricType type, Rendered& rendered) {
    Group* group = nullptr;
    if (const auto found = owners_.find(rendered.metric_family); found != owners_.end()) {
        group = found->second;
        const auto differ = [&](MetricType one) { return (type == one) != (group->type == one); };
        const bool has_other_name = group->metric_family != rendered.metric_family;
        const bool is_other_kind =
            differ(MetricType::kSummary) || (rendered.one_type && differ(MetricType::kCounter));
        if (has_other_name || (is_other_kind && !is_abandoned(*group))) {
            return nullptr;
        }
        // A family of several types is of none.
        if (is_other_kind || (type == MetricType::kUntyped && differ(MetricType::kUntyped))) {
            retype(*group, type, rendered);
        }
    }
    for (const std::string& name : rendered.owned) {
        const auto found = owners_.find(name);
        if (found != owners_.end() && found->second != group) {
            return nullptr;
        }
    }
    if (group == nullptr) {
        groups_.push_back(std::make_unique<Group>());
        group = groups_.back().get();
        group->number = static_cast<std::uint32_t>(groups_.size() - 1);
        group->metric_family = rendered.metric_family;
        group->type = type;
        group->header = std::move(rendered.header);
        group->is_fractional = rendered.is_fractional;
        owners_.emplace(group->metric_family, group);
        order_dirty_ = true;
    }
    for (std::string& name : rendered.owned) {
        if (owners_.emplace(name, group).second) {
            group->owned.push_back(std::move(name));
        }
    }
    return group;
}

SeriesStore::Added SeriesStore::add(std::uint32_t unit, std::uint16_t slot, MetricType type,
                                    Rendered&& rendered, const Begin& begin) {
    const std::uint32_t stamp = stamp_of(unit);
    Group* group = find_or_make(type, rendered);
    if (group == nullptr) {
        return Added::kConflict;
    }
    Entry entry{unit, stamp, 0, 0, slot, kTooLong};
    Begin begun = begin;
    if (rendered.variant.name.size() + rendered.text.size() <= options_.text_bytes_max &&
        rendered.text.size() <= TextPool::kTextBytesMax && texts_.has_room(rendered.text)) {
        entry.text_at = texts_.place(rendered.text);
        entry.text_bytes = static_cast<std::uint16_t>(rendered.text.size());
        if (options_.unique && !claim(*group, rendered.variant, entry, begun)) {
            return Added::kDuplicate;
        }
        auto variant = std::find_if(
            group->variants.begin(), group->variants.end(),
            [&rendered](const Variant& other) { return same_variant(rendered.variant, other); });
        if (variant == group->variants.end()) {
            if (group->variants.size() >= kVariantsMax) {
                return Added::kConflict;
            }
            group->variants.push_back(std::move(rendered.variant));
            variants_due_ = variants_due_ || group->variants.size() >= kVariantsMax / 2;
            variant = group->variants.end() - 1;
        }
        entry.variant = static_cast<std::uint16_t>(variant - group->variants.begin());
    }
    append(group->entries, entry);
    if (options_.keep_previous) {
        append(group->previous, begun.previous);
        if (!group->beside.empty()) {
            append(group->beside, 0.0);
        }
        set_beside(*group, group->entries.size() - 1, begun.beside);
    }
    if (!group->numbers.empty()) {
        append(group->numbers, KeptNumber{});
    }
    ++entries_;
    ++((unit & kSelfBit) != 0 ? self_counts_ : counts_)[unit & ~kSelfBit];
    return Added::kOk;
}

// The entry that made the claim, when its name is that of `variant` and its labels are those of
// `added`; else null.
const Entry* SeriesStore::claimant(Claim claim, const Variant& variant, const Entry& added) const {
    const Group& group = *groups_[(claim >> kPlaceBits) & kGroupMax];
    const std::size_t place = (claim & kPlaceMax) - 1;
    if (place >= group.entries.size()) {
        return nullptr;
    }
    const Entry& entry = group.entries[place];
    const bool is_same = entry.variant != kTooLong && entry.text_at == added.text_at &&
                         entry.text_bytes == added.text_bytes &&
                         group.variants[entry.variant].name == variant.name &&
                         group.variants[entry.variant].quantile == variant.quantile;
    return is_same ? &entry : nullptr;
}

SeriesStore::Begin SeriesStore::left_by(Claim claim) const {
    const Group& group = *groups_[(claim >> kPlaceBits) & kGroupMax];
    const std::size_t place = (claim & kPlaceMax) - 1;
    return {group.previous[place], beside(group, place)};
}

// For the entry that is about to be added to the group. False: a live series has the name and the
// labels.
bool SeriesStore::claim(const Group& group, const Variant& variant, const Entry& added,
                        Begin& begin) {
    if (group.number > kGroupMax || group.entries.size() >= kPlaceMax) {
        return true;  // beyond all limits: what comes now is not distinguished
    }
    if ((claims_used_ + 1) * 5 > claims_.size() * 4) {
        renew_claims();
    }
    const std::uint64_t hash = hash_of(variant, added.text_at);
    const Claim made = make_claim(hash, group, group.entries.size());
    const std::size_t mask = claims_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        Claim& found = claims_[at];
        if (found == 0) {
            found = made;
            ++claims_used_;
            return true;
        }
        if ((found ^ made) >> (kPlaceBits + kGroupBits) != 0) {
            continue;
        }
        if (const Entry* entry = claimant(found, variant, added); entry != nullptr) {
            if (alive(*entry)) {
                return false;
            }
            if (options_.keep_previous) {
                begin = left_by(found);
            }
            found = made;
            return true;
        }
    }
}

// A table with room for twice as many, without the claims of what is gone.
void SeriesStore::renew_claims() {
    std::size_t size = 64;
    while (size * 3 < (entries_ - dead_ + 1) * 5) {
        size *= 2;
    }
    claims_ = std::vector<Claim>(size);
    claims_used_ = 0;
    for (const std::unique_ptr<Group>& group : groups_) {
        for (std::size_t place = 0; place < group->entries.size(); ++place) {
            const Entry& entry = group->entries[place];
            if (entry.variant == kTooLong || !alive(entry) || place >= kPlaceMax ||
                group->number > kGroupMax) {
                continue;
            }
            const std::uint64_t hash = hash_of(group->variants[entry.variant], entry.text_at);
            std::size_t at = hash & (size - 1);
            while (claims_[at] != 0) {
                at = (at + 1) & (size - 1);
            }
            claims_[at] = make_claim(hash, *group, place);
            ++claims_used_;
        }
    }
}

void SeriesStore::compact() {
    TextPool texts;
    for (const std::unique_ptr<Group>& group : groups_) {
        std::size_t kept = 0;
        std::vector<Variant> variants = std::exchange(group->variants, {});
        std::vector<std::uint16_t> moved(variants.size(), kTooLong);
        for (std::size_t i = 0; i < group->entries.size(); ++i) {
            Entry entry = group->entries[i];
            if (!alive(entry)) {
                continue;
            }
            if (entry.variant != kTooLong) {
                std::uint16_t& place = moved[entry.variant];
                if (place == kTooLong) {
                    place = static_cast<std::uint16_t>(group->variants.size());
                    group->variants.push_back(std::move(variants[entry.variant]));
                }
                entry.variant = place;
            }
            entry.text_at = texts.place(text_of(entry));
            group->entries[kept] = entry;
            if (options_.keep_previous) {
                group->previous[kept] = group->previous[i];
            }
            if (!group->beside.empty()) {
                group->beside[kept] = group->beside[i];
            }
            if (!group->numbers.empty()) {
                group->numbers[kept] = group->numbers[i];
            }
            ++kept;
        }
        group->entries.resize(kept);
        group->entries.shrink_to_fit();
        if (options_.keep_previous) {
            group->previous.resize(kept);
            group->previous.shrink_to_fit();
        }
        if (!group->beside.empty()) {
            group->beside.resize(kept);
            group->beside.shrink_to_fit();
        }
        if (!group->numbers.empty()) {
            group->numbers.resize(kept);
            group->numbers.shrink_to_fit();
        }
        if (kept == 0) {
            for (const std::string& name : group->owned) {
                owners_.erase(name);
            }
            owners_.erase(group->metric_family);
        }
    }
    std::erase_if(groups_,
                  [](const std::unique_ptr<Group>& group) { return group->entries.empty(); });
    for (std::uint32_t i = 0; i < groups_.size(); ++i) {
        groups_[i]->number = i;
    }
    texts_ = std::move(texts);
    entries_ -= dead_;
    dead_ = 0;
    order_dirty_ = true;
    if (options_.unique) {
        renew_claims();
    }
}

void SeriesStore::remember() {
    for (const std::unique_ptr<Group>& group : groups_) {
        group->remembered = group->previous;
        group->remembered_beside = group->beside;
    }
}

// What was added since was seen for the first time, and emitted nothing.
void SeriesStore::recall() {
    for (const std::unique_ptr<Group>& group : groups_) {
        std::copy(group->remembered.begin(), group->remembered.end(), group->previous.begin());
        for (std::size_t i = 0; i < group->beside.size() && i < group->remembered.size(); ++i) {
            group->beside[i] = group->remembered_beside.empty() ? 0 : group->remembered_beside[i];
        }
    }
}

void SeriesStore::tidy() {
    constexpr std::size_t kWorthIt = 256;
    if (dead_ > kWorthIt && (dead_ * 4 > entries_ || variants_due_)) {
        compact();
        variants_due_ = false;
    }
    if (numbers_due_) {
        numbers_due_ = false;
        for (const std::unique_ptr<Group>& group : groups_) {
            group->numbers.resize(group->wants_numbers ? group->entries.size() : 0);
        }
    }
    if (!order_dirty_) {
        return;
    }
    order_dirty_ = false;
    order_.clear();
    for (const std::unique_ptr<Group>& group : groups_) {
        order_.push_back(group.get());
    }
    std::sort(order_.begin(), order_.end(),
              [](const Group* a, const Group* b) { return a->metric_family < b->metric_family; });
}

std::size_t SeriesStore::memory_bytes() const {
    std::size_t bytes = texts_.memory_bytes() + claims_.capacity() * sizeof(Claim) +
                        (stamps_.capacity() + self_stamps_.capacity()) * sizeof(std::uint32_t) +
                        (counts_.capacity() + self_counts_.capacity()) * sizeof(std::uint16_t);
    for (const std::unique_ptr<Group>& group : groups_) {
        bytes +=
            sizeof(Group) + group->header.capacity() + group->entries.capacity() * sizeof(Entry) +
            group->variants.capacity() * sizeof(Variant) +
            (group->previous.capacity() + group->remembered.capacity()) * sizeof(std::uint64_t) +
            (group->beside.capacity() + group->remembered_beside.capacity()) * sizeof(double) +
            group->numbers.capacity() * sizeof(KeptNumber);
    }
    return bytes;
}

}  // namespace remora::encode
