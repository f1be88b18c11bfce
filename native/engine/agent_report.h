// Reports about the agent itself: its own metrics at each tick, and a log line when the ceiling
// makes it read less.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "base/log.h"
#include "cache/cache.h"
#include "engine/ceiling_report.h"
#include "engine/output_pipe.h"
#include "engine/quarantine_report.h"
#include "engine/self_metrics.h"
#include "engine/unit_directory.h"
#include "sample/audit.h"
#include "sample/sampler.h"
#include "visibility/visibility.h"

namespace remora {

// Collects from the rooms what SelfMetrics renders.
//
// Thread safety: core thread only, but for the constructor.
class AgentReport {
 public:
    // What is reported on. All outlive the report.
    struct Sources {
        const Cache& cache;
        const Sampler& sampler;
        const Visibility& visibility;
        const AccuracyAudit& accuracy;
        const UnitDirectory& units;
    };

    AgentReport(const Sources& sources, std::string version, CounterTable& counters, Log& log);

    // A cap leaves out so many series of the family now.
    // REQUIRES: the directory has the family.
    void set_refused(FamilyId family, std::uint64_t series);
    // See QuarantineReport.
    void set_undescribed(const std::string& name, wire::ReadStatus status) {
        quarantine_.set_undescribed(name, status);
    }

    // A tick is about to be handed to the outputs: lists what is in quarantine.
    void begin_tick() { quarantine_.list(); }
    // Samples of the agent itself for outputs of that level. Valid until the next call with the
    // same level. REQUIRES: begin_tick() was called for this tick.
    const std::vector<SelfSample>& samples(SelfLevel level, std::int64_t wall_ms,
                                           const std::vector<std::unique_ptr<OutputPipe>>& outputs);
    // The tick was handed to the outputs. Logs once how much is read, when the broker is up as a
    // rule.
    void end_tick();

    // Logs values that the cache has lost count of. Once a tick, after Cache::close_tick().
    void report_conservation();
    // See CeilingReport. `solved`: of this tick; `lacking_percent`: what that needs; a tick comes
    // every `stride` base intervals, that is every `interval_ns`, from now on.
    void report_ceiling(const SolveResult& solved, double lacking_percent, std::uint32_t stride,
                        std::int64_t interval_ns, std::int64_t now_ns);

 private:
    void collect_family_costs();
    void collect_left_out(const std::vector<std::uint64_t>& series,
                          std::vector<FamilySeries>& out) const;

    const Sources sources_;
    CounterTable& counters_;
    Log& log_;
    SelfMetrics self_;
    QuarantineReport quarantine_;
    CeilingReport ceiling_;
    std::vector<FamilyCost> family_costs_;
    std::vector<OutputCounts> output_counts_;
    std::vector<std::uint64_t> refused_;  // series, by family
    std::vector<FamilySeries> refusals_;
    std::vector<FamilySeries> hidden_;
    std::uint64_t ticks_ = 0;
};

}  // namespace remora
