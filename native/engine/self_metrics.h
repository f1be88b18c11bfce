// The agent's own metrics as samples that every encoder can render.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
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

// How true the values of a tick are.
struct TickTruth {
    std::int64_t wall_ms = 0;  // of the tick
    const Ages& ages;
    const AccuracyAudit& accuracy;
};

// Outputs know a sample by its place: a counter that moved would lose what it grew by meanwhile
// where growth is sent. So every counter keeps its place.
//
// Thread safety: core thread only. Rebuilds only what changed in shape; a tick with the same
// families and quarantined units allocates nothing.
class SelfMetrics {
 public:
    // `families_max`: so many families are reported, those whose reads took most so far. One that
    // was once reported stays, up to twice as many: its counters do not come and go.
    SelfMetrics(const CounterTable& counters, std::string version, std::size_t families_max);

    // The samples as of now. Valid until the next call.
    const std::vector<SelfSample>& collect(const TickTruth& truth,
                                           const std::vector<FamilyCost>& families,
                                           const std::vector<FamilySeries>& refusals,
                                           const std::vector<FamilySeries>& hidden,
                                           const std::vector<QuarantinedUnit>& quarantined);

 private:
    void choose(const std::vector<FamilyCost>& families);
    void add_always(const TickTruth& truth);
    void add_truth(const TickTruth& truth);
    void add_by_class(const char* name, MetricType type, const char* help, UnitClass unit_class,
                      double value);
    void add_family(const FamilyCost& cost);
    void add_left_out(const char* name, const char* help,
                      const std::vector<FamilySeries>& families);
    SelfSample& next(const char* name, MetricType type, const char* help);

    const CounterTable& counters_;
    std::string version_;
    std::size_t families_max_;
    std::vector<SelfSample> samples_;
    std::size_t used_ = 0;
    std::vector<std::string> shown_;  // families, in the order in which they came
    std::vector<FamilyCost> chosen_;
    std::vector<std::size_t> order_;
};

}  // namespace remora
