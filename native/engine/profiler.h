// Measures what the agent's own collection costs and brings, once a minute.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "cache/cache.h"
#include "config/config.h"
#include "engine/output_pipe.h"
#include "engine/unit_directory.h"
#include "engine/unit_part.h"
#include "sample/audit.h"
#include "sample/ceiling.h"
#include "sample/sampler.h"
#include "tune/profile.h"

namespace remora {

// Adds up by family, in one pass over the units, what other rooms measure already. A profile takes
// memory, which is freed when the housekeeping thread has read it, or when the next profile
// replaces it.
//
// Thread safety: core thread only, except for the constructor.
class Profiler final : public UnitPart {
 public:
    static constexpr std::int64_t kEveryNs = 60 * kNanosPerSecond;
    // How long the growth of a family is followed before it is counted anew.
    static constexpr std::int64_t kGrowthNs = 3'600 * kNanosPerSecond;

    // What is measured. All outlive the profiler.
    struct Sources {
        const Cache& cache;
        const Sampler& sampler;
        const AccuracyAudit& accuracy;
        const CounterTable& counters;
    };

    // `config`: in force, also after a reload. `profiles`: gets each profile; one that nobody has
    // taken when the next is made is deleted.
    Profiler(const Sources& sources, const Config& config, std::int64_t start_ns,
             std::atomic<AgentProfile*>& profiles);

    void add(const Registration& registration) override;
    void keep(const Registration& registration) override;
    void remove(UnitId unit) override;

    // The configuration has changed, to number `generation`: what was measured before no longer
    // counts.
    void restart(std::int64_t now_ns, std::uint64_t generation);
    // What the agent used of the processors since the call before. To be called at each tick.
    void count(const CpuWindow& window) { held_cpu_ns_ += window.cpu_ns - window.excused_ns; }
    // Makes a profile when one is due. To be called at each tick, before the outputs begin theirs.
    // REQUIRES: `units` has every unit that was added here.
    void tick(std::int64_t now_ns, std::int64_t wall_ms, const UnitDirectory& units,
              const std::vector<std::unique_ptr<OutputPipe>>& outputs);

 private:
    struct Family {
        std::array<std::uint32_t, kUnitClasses> units{};  // by class
        std::uint32_t named = 0;                          // units that the operator asked for
        std::vector<std::string> statistics;              // of histograms: attributes by slot
        std::uint32_t series_before = 0;                  // when growth was last noted
        std::uint64_t reads_before = 0;                   // at the profile before
        double read_ns_before = 0;                        // at the profile before
    };
    struct Unit {
        std::uint16_t family = kNoFamily;
        UnitClass unit_class = UnitClass::kPartition;
        bool is_named = false;
    };
    static constexpr std::uint16_t kNoFamily = 0xFFFF;
    void enter(UnitId unit, const Unit& wanted);
    void leave(UnitId unit);
    void add_header(std::int64_t now_ns, AgentProfile& profile);
    void add_units(std::int64_t now_ns, AgentProfile& profile) const;
    void add_costs(const UnitDirectory& units, AgentProfile& profile);
    void add_classes(AgentProfile& profile);
    void note_growth(std::int64_t now_ns, AgentProfile& profile);
    void add_outputs(const std::vector<std::unique_ptr<OutputPipe>>& outputs,
                     AgentProfile& profile);
    void add_quarantined(std::int64_t now_ns, const UnitDirectory& units,
                         AgentProfile& profile) const;
    double repeated_share(const OutputPipe& output) const;
    double growth(const std::string& of, const CounterTable& counters, Counter counter);

    const Sources sources_;
    const Config& config_;
    std::atomic<AgentProfile*>& profiles_;
    std::vector<Unit> units_;
    std::vector<Family> families_;
    std::array<AccuracyAudit::Sums, kUnitClasses> errors_{};  // at the profile before
    // At the profile before: of each output by its name, and of the agent by "".
    std::map<std::pair<std::string, Counter>, std::uint64_t> counts_;
    std::int64_t held_cpu_ns_ = 0;      // since the last profile, without what is excused
    std::uint64_t generation_ = 0;      // of the configuration in force
    std::int64_t last_ns_;              // of the last profile
    std::int64_t known_since_ns_;       // the start, or the last change of the configuration
    std::int64_t growth_since_ns_ = 0;  // of Family::series_before; 0: not noted yet
};

}  // namespace remora
