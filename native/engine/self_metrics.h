// The agent's own metrics as samples that every encoder can render.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
#include "config/config.h"
#include "encode/encoder.h"
#include "sample/audit.h"

namespace remora {

// What reading one family costs, as the sampler has learnt it.
struct FamilyCost {
    std::string_view family;
    double typical_ns = 0;  // a unit, typical
    double tail_ns = 0;     // a unit, the slow end: waiting for Kafka's locks, preemption
    std::uint64_t reads = 0;
    double total_ns = 0;  // all its reads so far
    CacheUse cached;
};

// Series of a family that are left out.
struct FamilySeries {
    std::string_view family;
    std::uint64_t series = 0;
};

struct QuarantinedUnit {
    std::string_view object_name;
    std::string_view reason;
};

// What an output has counted: a table of its own (CounterTable).
struct OutputCounts {
    std::string_view name;
    const CounterTable& counters;
};

// What the samples of a tick are made of. All but the first four are used at level full only.
struct SelfSources {
    std::int64_t wall_ms = 0;  // of the tick
    const Ages& ages;
    const AccuracyAudit& accuracy;
    const std::vector<OutputCounts>& outputs;
    const std::vector<FamilyCost>& families;
    const std::vector<FamilySeries>& refusals;
    const std::vector<FamilySeries>& hidden;
    const std::vector<QuarantinedUnit>& quarantined;
};

inline constexpr std::size_t kSelfLevels = 3;  // values of SelfLevel

// Level basic: whether the agent's values can be believed, some 30 series. Level full: every
// counter, what reading costs by family, and each unit in quarantine.
//
// Outputs know a sample by its place: a counter that moved would lose what it grew by meanwhile
// where growth is sent. So counters come first and keep their places; what comes and goes is last.
//
// Thread safety: core thread only. Rebuilds only what changed in shape; a tick with the same
// families and quarantined units allocates nothing.
class SelfMetrics {
 public:
    // `families_max`: so many families are reported, those whose reads took most so far. One that
    // was once reported stays, up to twice as many: its counters do not come and go.
    SelfMetrics(const CounterTable& counters, std::string version, std::size_t families_max);

    // The samples as of now, none at level off. Valid until the next call with the same level.
    const std::vector<SelfSample>& collect(SelfLevel level, const SelfSources& sources);

 private:
    // The samples of one level. Those beyond `used` are of an earlier tick.
    struct Page {
        std::vector<SelfSample> samples;
        std::size_t used = 0;
    };

    void choose(const std::vector<FamilyCost>& families);
    void add_agent(std::int64_t wall_ms);
    void add_outputs(const std::vector<OutputCounts>& outputs);
    void add_families(const SelfSources& sources);
    void add_audit(const AccuracyAudit& accuracy);
    void add_family(const FamilyCost& cost);
    void add_truth(const Ages& ages, const AccuracyAudit& accuracy);
    void add_ages(UnitClass unit_class, const Ages& ages);
    void add_left_out(const char* name, const char* help,
                      const std::vector<FamilySeries>& families);
    void add_quarantined(const std::vector<QuarantinedUnit>& quarantined);
    void add(const char* name, MetricType type, const char* help, double value);
    void add_by(const char* label, std::string_view label_value, const char* name, MetricType type,
                const char* help, double value);
    SelfSample& next(const char* name, MetricType type, const char* help, std::size_t labels);

    const CounterTable& counters_;
    std::string version_;
    std::size_t families_max_;
    std::array<Page, kSelfLevels> pages_;
    Page* page_ = nullptr;  // that is being filled
    bool is_full_ = false;
    std::vector<std::string> shown_;  // families, in the order in which they came
    std::vector<FamilyCost> chosen_;
    std::vector<std::size_t> order_;
};

}  // namespace remora
