// What is constant of an output's series, rendered once and kept compactly, grouped by metric
// family.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "encode/number.inline.h"
#include "encode/text_pool.h"
#include "model/ids.h"
#include "model/series.h"

namespace remora::encode {

// What a sample is to its family.
enum class Role : std::uint8_t { kPlain, kQuantile, kCount, kSum };

// What samples of a family may have in common: rendered once a family, not once a series.
struct Variant {
    std::string name;      // rendered sample name, as the format writes it
    std::string quantile;  // of Role::kQuantile, where a format writes it apart from the labels
    Role role = Role::kPlain;
    bool counter = false;  // only ever grows
    ValueRule rule = ValueRule::kAsIs;
    bool divide = false;  // value / factor instead of value * factor: exact where the scale is 1/n
    double factor = 1.0;

    double apply(double value) const {
        if (rule != ValueRule::kScaled) {
            return value;
        }
        return divide ? value / factor : value * factor;
    }
    // What stands for the slot's value.
    double source(double value) const { return rule == ValueRule::kFixed ? factor : value; }
};

// A series as a dialect renders it.
struct Rendered {
    std::string metric_family;       // key of the group, as the format writes it
    std::vector<std::string> owned;  // sample and family names that the group lays claim to
    bool one_type = false;           // counters and others may not share a family
    bool is_fractional = false;      // see Group
    std::string header;              // what precedes the group's first sample of a tick
    Variant variant;
    std::string text;  // the series' own part: labels
};

struct Entry {
    std::uint32_t unit;     // UnitId, or kSelfBit + index of a self sample
    std::uint32_t stamp;    // equal to the unit's stamp while the series is registered
    std::uint32_t text_at;  // of the store's texts
    std::uint16_t text_bytes;
    std::uint16_t slot;
    std::uint16_t variant;  // index into Group::variants, or kTooLong
};

inline constexpr std::uint32_t kSelfBit = 0x80000000;
inline constexpr std::uint16_t kTooLong =
    0xFFFF;  // known at registration: counted at each tick, never written
inline constexpr std::size_t kVariantsMax = 4096;  // of one group
// NaNs that no value has. They stand for "nothing emitted yet": of a series that existed before it
// was seen, and of one that began when it was added.
inline constexpr std::uint64_t kUnseen = 0x7FF8DEADDEADDEAD;
inline constexpr std::uint64_t kBegun = 0x7FF8DEADDEADBE60;

struct Group {
    std::uint32_t number = 0;  // which of the store's groups
    std::string metric_family;
    std::vector<std::string> owned;
    MetricType type = MetricType::kGauge;
    std::string header;
    std::vector<Variant> variants;
    std::vector<Entry> entries;
    // Bits of what was last emitted; only when the store keeps them.
    std::vector<std::uint64_t> previous;
    // A number beside it that few series need, 0 for the others; empty until one does. A format of
    // growth (StatsD) keeps what is left over: growth that made no whole number yet. OTLP keeps
    // since when a counter counts, in milliseconds.
    std::vector<double> beside;
    // Both at the last remember().
    std::vector<std::uint64_t> remembered;
    std::vector<double> remembered_beside;
    std::vector<KeptNumber> numbers;  // by entry, empty until a fraction was seen
    bool wants_numbers = false;
    // Of a format that writes whole numbers otherwise than fractions: the family has fractions.
    bool is_fractional = false;
};

// Thread safety: core thread only.
//
// Invariants:
//  (1) An entry lives while its stamp is its unit's: unregistering a unit is one store, whatever
//      its families' size.
//  (2) Entries and groups move in tidy() only, never within a tick, so a position in them survives
//      add and remove.
//  (3) Entries of one unit in one group follow each other.
class SeriesStore {
 public:
    struct Options {
        bool keep_previous = false;  // a word a series for deltas and for "changed"
        bool keep_numbers = false;   // the text of fractions, where unchanged values go out again
        bool unique = true;          // the format identifies a series by name and labels
        std::size_t text_bytes_max = kLineBytesMax;  // more can never become a line
    };

    explicit SeriesStore(const Options& options) : options_(options) {}

    // Begins the registration of `unit` (kSelfBit set for self samples). Its earlier series are
    // dropped.
    void begin_unit(std::uint32_t unit);
    void remove_unit(std::uint32_t unit);

    // What a new series begins with. One whose name and labels were there before and left continues
    // from that one's values instead.
    struct Begin {
        std::uint64_t previous = kUnseen;
        double beside = 0;
    };
    enum class Added { kOk, kDuplicate, kConflict };
    // Adds a series of `unit`. kDuplicate: a live series has this name and these labels. kConflict:
    // a family of another kind owns the name.
    Added add(std::uint32_t unit, std::uint16_t slot, MetricType type, Rendered&& rendered,
              const Begin& begin);

    std::string_view text_of(const Entry& entry) const {
        return texts_.at(entry.text_at, entry.text_bytes);
    }

    bool alive(const Entry& entry) const {
        const std::vector<std::uint32_t>& stamps =
            (entry.unit & kSelfBit) != 0 ? self_stamps_ : stamps_;
        return stamps[entry.unit & ~kSelfBit] == entry.stamp;
    }

    // A fraction was seen: from the next tidy() on the group keeps the text of its numbers, if the
    // store does. Families of whole numbers never pay for it.
    void want_numbers(Group& group) {
        group.wants_numbers = true;
        numbers_due_ = options_.keep_numbers;
    }

    // The number beside what was last emitted of the entry at `place`.
    static double beside(const Group& group, std::size_t place) {
        return group.beside.empty() ? 0 : group.beside[place];
    }
    // Takes memory when it is the group's first.
    static void set_beside(Group& group, std::size_t place, double number) {
        if (group.beside.empty() && number != 0) {
            group.beside.resize(group.entries.size());
        }
        if (!group.beside.empty()) {
            group.beside[place] = number;
        }
    }

    // Remembers what was emitted so far; recall() goes back to it, in the same tick or before the
    // next tidy().
    void remember();
    void recall();

    // Drops dead entries when they are many and sorts the groups by family when there are new ones.
    // Between ticks.
    void tidy();

    std::size_t group_count() const { return order_.size(); }
    // Groups in order of family name, as of the last tidy().
    Group& group(std::size_t at) { return *order_[at]; }

    // Bytes held, for tests and benchmarks.
    std::size_t memory_bytes() const;

 private:
    // Where a series stands that has a name and labels: some bits of their hash, its group, its
    // place in the group plus one. 0: free.
    using Claim = std::uint64_t;

    std::uint32_t& stamp_of(std::uint32_t unit);
    Group* find_or_make(MetricType type, Rendered& rendered);
    bool is_abandoned(const Group& group) const;
    void retype(Group& group, MetricType type, Rendered& rendered);
    // What the one that had the name and the labels before leaves behind goes to `begin`.
    bool claim(const Group& group, const Variant& variant, const Entry& added, Begin& begin);
    const Entry* claimant(Claim claim, const Variant& variant, const Entry& added) const;
    Begin left_by(Claim claim) const;
    void renew_claims();
    void compact();

    const Options options_;
    TextPool texts_;
    std::vector<std::unique_ptr<Group>> groups_;
    std::vector<Group*> order_;
    bool order_dirty_ = false;
    bool numbers_due_ = false;
    bool variants_due_ = false;                       // a group has many, of which most may be dead
    std::unordered_map<std::string, Group*> owners_;  // family and sample names
    std::vector<std::uint32_t> stamps_;
    std::vector<std::uint32_t> self_stamps_;
    std::vector<std::uint16_t> counts_;  // entries of a unit, to know how many die with it
    std::vector<std::uint16_t> self_counts_;
    std::uint32_t last_stamp_ = 0;
    std::size_t entries_ = 0;
    std::size_t dead_ = 0;
    std::vector<Claim> claims_;  // by name and labels, hashed: a flat table with linear probing
    std::size_t claims_used_ = 0;
};

}  // namespace remora::encode
